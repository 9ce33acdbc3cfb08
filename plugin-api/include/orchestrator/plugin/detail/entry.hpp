// SPDX-License-Identifier: Apache-2.0
// A producer as the C functions of abi.h. Included by sdk.hpp; authors need not read it.
// Everything that a producer throws, returns too long or out of range becomes an ORCH_E_ status
// here.
#ifndef ORCHESTRATOR_PLUGIN_DETAIL_ENTRY_HPP
#define ORCHESTRATOR_PLUGIN_DETAIL_ENTRY_HPP

#include <array>
#include <new>
#include <type_traits>

#include "orchestrator/plugin/detail/abi_host.hpp"

#define ORCHESTRATOR_PLUGIN_EXPORT __attribute__((visibility("default")))

namespace orchestrator::plugin::line {

constexpr std::size_t k_body_limit = std::size_t{1} << 20;
constexpr std::size_t k_resume_token_limit = 4096;

template <typename Class>
struct Instance {
  explicit Instance(const orch_host& raw) : host(raw) {}
  AbiHost host;
  Class producer;
  std::string text;  // of the last answer; the host may read it until the next call
};

template <typename Class>
Instance<Class>& instance_of(orch_plugin* plugin) {
  return *reinterpret_cast<Instance<Class>*>(plugin);
}

inline void log_quietly(AbiHost& host, std::string_view what, std::string_view text) noexcept {
  try {
    host.log(Level::error, std::string(what).append(": ").append(text));
  } catch (...) {  // nothing more can be said
  }
}

// No exception crosses the line.
template <typename Body>
orch_status barrier(AbiHost& host, std::string_view what, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return ORCH_E_MEMORY;
  } catch (const std::exception& e) {
    log_quietly(host, what, e.what());
  } catch (...) {
    log_quietly(host, what, "unknown exception");
  }
  return ORCH_E_EXCEPTION;
}

template <typename Class>
orch_status create(const orch_host* host, orch_plugin** instance) {
  AbiHost services(*host);
  return barrier(services, "create", [&] {
    *instance = reinterpret_cast<orch_plugin*>(new Instance<Class>(*host));
    return orch_status{ORCH_OK};
  });
}

template <typename Class>
orch_status configure(orch_plugin* plugin, orch_str settings) {
  auto& self = instance_of<Class>(plugin);
  return barrier(self.host, "configure", [&]() -> orch_status {
    const std::optional<std::string> refusal =
        self.producer.configure({settings.data, settings.size});
    if (!refusal) return ORCH_OK;
    self.host.log(Level::error, *refusal);
    return ORCH_E_CONFIG;
  });
}

constexpr bool in_range(Why why, std::int32_t first) {
  return static_cast<std::int32_t>(why) >= first && static_cast<std::int32_t>(why) < first + 10;
}

template <typename Class>
orch_status accepts(orch_plugin* plugin, const orch_request* request, std::int32_t* accepted,
                    std::int32_t* why, orch_str* text) {
  auto& self = instance_of<Class>(plugin);
  return barrier(self.host, "accepts", [&]() -> orch_status {
    Answer answer = self.producer.accepts(Request(*request));
    *accepted = std::holds_alternative<Accept>(answer) ? 1 : 0;
    *why = ORCH_WHY_NONE;
    *text = orch_str{};
    if (auto* decline = std::get_if<Decline>(&answer)) {
      if (!in_range(decline->why, ORCH_WHY_OUT_OF_SCOPE)) return ORCH_E_ARGUMENT;
      self.text = std::move(decline->text);
      *why = static_cast<std::int32_t>(decline->why);
      *text = to_abi(self.text);
    }
    return ORCH_OK;
  });
}

inline orch_outcome to_abi(const Verdict& verdict) {
  orch_outcome raw = sized<orch_outcome>();
  raw.kind = ORCH_OUTCOME_VERDICT;
  raw.text = to_abi(verdict.summary);
  raw.token = to_abi(verdict.token);
  raw.body = to_abi(verdict.body);
  return raw;
}
inline orch_outcome to_abi(const Defer& defer) {
  orch_outcome raw = sized<orch_outcome>();
  raw.kind = ORCH_OUTCOME_DEFER;
  raw.why = static_cast<std::int32_t>(defer.why);
  raw.text = to_abi(defer.text);
  raw.retry_after_ms =
      static_cast<std::uint64_t>(std::max<Milliseconds::rep>(defer.retry_after.count(), 0));
  raw.resume_token = to_abi(defer.resume_token);
  return raw;
}
inline orch_outcome to_abi(const Hold& hold) {
  orch_outcome raw = sized<orch_outcome>();
  raw.kind = ORCH_OUTCOME_HOLD;
  raw.why = static_cast<std::int32_t>(hold.why);
  raw.text = to_abi(hold.text);
  return raw;
}

// What is wrong with an answer; empty: nothing.
inline std::string_view fault_of(const Verdict& verdict) {
  return verdict.body.size() > k_body_limit ? "the body is larger than 1 MiB" : "";
}
inline std::string_view fault_of(const Defer& defer) {
  if (!in_range(defer.why, ORCH_WHY_TIMEOUT)) return "the reason of a defer is outside 20–29";
  return defer.resume_token.size() > k_resume_token_limit ? "the resume token is larger than 4 KiB"
                                                          : "";
}
inline std::string_view fault_of(const Hold& hold) {
  return in_range(hold.why, ORCH_WHY_TOOL_MISSING) ? "" : "the reason of a hold is outside 30–39";
}

template <typename Class>
orch_status produce(orch_plugin* plugin, const orch_request* request) {
  auto& self = instance_of<Class>(plugin);
  return barrier(self.host, "produce", [&]() -> orch_status {
    const Outcome outcome = self.producer.produce(Request(*request), self.host);
    const std::string_view fault =
        std::visit([](const auto& arm) { return fault_of(arm); }, outcome);
    if (!fault.empty()) {
      self.host.log(Level::error, fault);
      return ORCH_E_ARGUMENT;
    }
    return self.host.submit(std::visit([](const auto& arm) { return to_abi(arm); }, outcome));
  });
}

template <typename Class>
orch_status preflight(orch_plugin* plugin, orch_str* text) {
  auto& self = instance_of<Class>(plugin);
  return barrier(self.host, "preflight", [&]() -> orch_status {
    std::optional<std::string> wrong = self.producer.preflight(self.host);
    self.text = std::move(wrong).value_or("");
    *text = to_abi(self.text);
    return wrong ? ORCH_E_FAILED : ORCH_OK;
  });
}

template <typename Class>
void cancel(orch_plugin* plugin) {
  instance_of<Class>(plugin).producer.cancel();
}

template <typename Class>
void destroy(orch_plugin* plugin) {
  auto* self = &instance_of<Class>(plugin);
  try {
    delete self;
  } catch (...) {  // a destructor that throws loses its memory, nothing else
  }
}

// --- identity and descriptor, all constant ---

constexpr bool equal(std::string_view a, std::string_view b) {
  return a == b;
}

template <std::size_t Size>
constexpr void fill(char (&field)[Size], std::string_view text) {
  for (std::size_t i = 0; i < text.size() && i + 1 < Size; ++i) field[i] = text[i];
}

#define ORCHESTRATOR_TEXT_(x) #x
#define ORCHESTRATOR_TEXT(x) ORCHESTRATOR_TEXT_(x)
#ifdef _GLIBCXX_USE_CXX11_ABI
#define ORCHESTRATOR_CXX11_ABI " cxx11abi=" ORCHESTRATOR_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#define ORCHESTRATOR_CXX11_ABI ""
#endif
#ifdef __clang__
#define ORCHESTRATOR_COMPILER ""
#else
#define ORCHESTRATOR_COMPILER "gcc "
#endif
constexpr std::string_view k_toolchain =
    ORCHESTRATOR_COMPILER __VERSION__ ORCHESTRATOR_CXX11_ABI " c++=" ORCHESTRATOR_TEXT(__cplusplus);

template <std::size_t IdSize, std::size_t VersionSize>
constexpr orch_ident make_ident(const char (&id)[IdSize], const char (&version)[VersionSize]) {
  static_assert(IdSize <= sizeof(orch_ident::id), "the id has at most 63 characters");
  static_assert(VersionSize <= sizeof(orch_ident::version),
                "the version has at most 31 characters");
  orch_ident ident{};
  constexpr std::string_view magic = ORCH_IDENT_MAGIC;
  for (std::size_t i = 0; i < sizeof(ident.magic); ++i) ident.magic[i] = magic[i];
  ident.struct_size = sizeof(orch_ident);
  ident.abi_major = ORCH_ABI_MAJOR;
  ident.abi_minor = ORCH_ABI_MINOR;
  ident.pointer_size = sizeof(void*);
  fill(ident.id, id);
  fill(ident.version, version);
  fill(ident.sdk_version, ORCHESTRATOR_SDK_VERSION);
  fill(ident.toolchain, k_toolchain);
  return ident;
}
static_assert(sizeof(orch_ident) == ORCH_IDENT_SIZE, "");

using Claims = std::array<orch_stage_claim, StageClaims::k_limit>;

constexpr Claims make_claims(const Meta& meta) {
  Claims claims{};
  for (std::size_t i = 0; i < meta.stages.size(); ++i) {
    claims[i].struct_size = sizeof(orch_stage_claim);
    claims[i].stage = to_abi(std::string_view(meta.stages[i].stage));
    claims[i].verdict_key = to_abi(std::string_view(meta.stages[i].verdict_key));
  }
  return claims;
}

// `&Class::f` has the base's type as long as nobody on the way to Class overrides f.
template <typename Class>
constexpr bool overrides_preflight =
    !std::is_same_v<decltype(&Class::preflight), decltype(&Producer::preflight)>;
template <typename Class>
constexpr bool overrides_cancel =
    !std::is_same_v<decltype(&Class::cancel), decltype(&Producer::cancel)>;

template <typename Class>
constexpr orch_descriptor make_descriptor(const Meta& meta, const Claims& claims) {
  static_assert(std::is_base_of_v<Producer, Class>,
                "a producer derives from orchestrator::plugin::Producer");
  orch_descriptor descriptor{};
  descriptor.struct_size = sizeof(orch_descriptor);
  descriptor.capabilities =
      (meta.capabilities & ~(std::uint32_t{ORCH_CAP_PREFLIGHT} | std::uint32_t{ORCH_CAP_CANCEL})) |
      (overrides_preflight<Class> ? std::uint32_t{ORCH_CAP_PREFLIGHT} : 0u) |
      (overrides_cancel<Class> ? std::uint32_t{ORCH_CAP_CANCEL} : 0u);
  descriptor.id = to_abi(std::string_view(meta.id));
  descriptor.name = to_abi(std::string_view(meta.name));
  descriptor.version = to_abi(std::string_view(meta.version));
  descriptor.license = to_abi(std::string_view(meta.license));
  descriptor.description = to_abi(std::string_view(meta.description));
  descriptor.settings_schema = to_abi(std::string_view(meta.settings_schema));
  descriptor.stages = claims.data();
  descriptor.stage_count = meta.stages.size();
  descriptor.stage_stride = sizeof(orch_stage_claim);
  descriptor.default_timeout_ms = static_cast<std::uint64_t>(meta.default_timeout.count());
  descriptor.create = &create<Class>;
  descriptor.configure = &configure<Class>;
  descriptor.accepts = &accepts<Class>;
  descriptor.produce = &produce<Class>;
  descriptor.preflight = overrides_preflight<Class> ? &preflight<Class> : nullptr;
  descriptor.cancel = overrides_cancel<Class> ? &cancel<Class> : nullptr;
  descriptor.destroy = &destroy<Class>;
  return descriptor;
}

}  // namespace orchestrator::plugin::line

namespace orchestrator::plugin {

inline Request::Request(const orch_request& raw) : raw_(line::known_part(raw)) {}

inline std::vector<std::string_view> Request::tokens() const {
  std::vector<std::string_view> tokens;
  for (std::uint64_t i = 0; i < raw_.token_count; ++i) tokens.push_back(view(raw_.tokens[i]));
  return tokens;
}

inline std::vector<ArtifactRule> Request::artifacts() const {
  std::vector<ArtifactRule> rules;
  const auto* at = reinterpret_cast<const unsigned char*>(raw_.artifacts);
  for (std::uint64_t i = 0; i < raw_.artifact_count; ++i, at += raw_.artifact_stride) {
    const auto rule = line::known_part(*reinterpret_cast<const orch_artifact*>(at));
    rules.push_back({view(rule.file), rule.required != 0});
  }
  return rules;
}

}  // namespace orchestrator::plugin

#endif
