// SPDX-License-Identifier: Apache-2.0
#include "worker/describe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "worker/descriptor_check.h"
#include "worker/plugin.h"
#include "worker/secrets.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr std::size_t k_settings_limit = 4 << 20;
constexpr std::size_t k_most_messages = 100;

struct CapabilityName {
  std::uint32_t bit;
  std::string_view name;
};
constexpr std::array k_capabilities{
    CapabilityName{ORCH_CAP_PREFLIGHT, "preflight"}, CapabilityName{ORCH_CAP_CANCEL, "cancel"},
    CapabilityName{ORCH_CAP_SIDE_EFFECTS, "side_effects"},
    CapabilityName{ORCH_CAP_RESUMABLE, "resumable"}, CapabilityName{ORCH_CAP_LLM, "llm"}};

// A host that only listens: while a configuration is looked at, nothing else is open to a plugin.
struct Listener {
  std::vector<std::string> messages;

  static void log(void* context, std::int32_t level, orch_str message) {
    auto& messages = static_cast<Listener*>(context)->messages;
    if (level < ORCH_LOG_WARNING || messages.size() >= k_most_messages) return;
    messages.push_back(printable(to_utf8(view(message).substr(0, 4096))));
  }
  orch_host table() {
    orch_host host{};
    host.struct_size = sizeof(host);
    host.abi_minor = ORCH_ABI_MINOR;
    host.context = this;
    host.log = &log;
    host.cancelled = [](void*) -> std::int32_t { return 0; };
    host.now_ms = [](void*) -> std::uint64_t { return 0; };
    host.remaining_ms = [](void*) -> std::uint64_t { return 0; };
    host.run_process = [](void*, const orch_process*, orch_process_result*) -> orch_status {
      return ORCH_E_STATE;
    };
    host.submit = [](void*, const orch_outcome*) -> orch_status { return ORCH_E_STATE; };
    host.get_extension = [](void*, orch_str) -> const void* { return nullptr; };
    return host;
  }
};

// Takes the standard output for the answer and leaves the plugin the standard error.
UniqueFd take_stdout() {
  UniqueFd answer(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return answer;
}

int print(const UniqueFd& answer, const json& object, int exit_code) {
  const std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(answer.get(), left.data(), left.size());
    if (written <= 0) ::_exit(1);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  // No destructor of the plugin runs.
  ::_exit(exit_code);
}

Result<json> describe(const PluginLibrary& library) {
  const orch_descriptor& raw = library.descriptor();
  json schema = json::parse(view(raw.settings_schema), nullptr, false);
  if (!schema.is_object()) {
    return Error{ErrorKind::malformed,
                 library.ident().id + ": its settings schema is not a JSON object"};
  }
  json object{{"id", view(raw.id)},
              {"name", view(raw.name)},
              {"version", view(raw.version)},
              {"abi", std::to_string(library.ident().abi_major) + "." +
                          std::to_string(library.ident().abi_minor)},
              {"sdk", library.ident().sdk_version},
              {"toolchain", library.ident().toolchain},
              {"license", view(raw.license)},
              {"description", view(raw.description)},
              {"capabilities", json::array()},
              {"stages", json::array()},
              {"default_timeout_ms", raw.default_timeout_ms},
              {"settings_schema", std::move(schema)}};
  for (const CapabilityName& capability : k_capabilities) {
    if ((raw.capabilities & capability.bit) != 0) object["capabilities"].push_back(capability.name);
  }
  for (const orch_stage_claim& claim : stage_claims(raw)) {
    object["stages"].push_back(
        {{"stage", view(claim.stage)}, {"verdict_key", view(claim.verdict_key)}});
  }
  return object;
}

Result<std::string> read_settings(const std::filesystem::path& path) {
  if (path != "-") return read_file(path, k_settings_limit);
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > k_settings_limit)
      return Error{ErrorKind::refused, "the settings are too large"};
  }
  return text;
}

Status configure(const PluginLibrary& library, const std::filesystem::path& settings,
                 int secrets_fd, Listener& listener) {
  ORC_TRY(const std::string text, read_settings(settings));
  Secrets secrets;
  if (secrets_fd >= 0) {
    ORC_TRY(secrets, read_secrets(secrets_fd));
  }
  ORC_TRY(const std::string filled, fill_in(text, secrets, MissingSecret::placeholder));
  // Both live to the end of the process, as threads of the plugin may.
  auto* plugin = new Plugin(library);
  auto* host = new orch_host(listener.table());
  ORC_CHECK_OK(plugin->create(*host));
  return plugin->configure(filled);
}

json verdict_on(const Status& configured, const Listener& listener) {
  json messages = listener.messages;
  if (!configured.ok() && messages.empty()) messages.push_back(configured.error().message);
  return {{"ok", configured.ok()}, {"messages", std::move(messages)}};
}

}  // namespace

int describe(const std::filesystem::path& library_path,
             const std::optional<std::filesystem::path>& settings, int secrets_fd) {
  const UniqueFd answer = take_stdout();
  const Result<PluginLibrary> library = PluginLibrary::load(library_path);
  if (!library.ok()) return print(answer, {{"refused", library.error().message}}, 1);
  Result<json> object = describe(library.value());
  if (!object.ok()) return print(answer, {{"refused", object.error().message}}, 1);
  if (settings) {
    auto* listener = new Listener;
    const Status configured = configure(library.value(), *settings, secrets_fd, *listener);
    object.value()["configure"] = verdict_on(configured, *listener);
  }
  return print(answer, object.value(), 0);
}

}  // namespace orc::worker
