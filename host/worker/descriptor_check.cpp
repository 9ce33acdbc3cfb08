// SPDX-License-Identifier: Apache-2.0
#include "worker/descriptor_check.h"

#include <array>
#include <cstring>
#include <string>

#include "base/text.h"
#include "domain/stage.h"
#include "worker/plugin_library.h"

namespace orc::worker {

namespace {

constexpr std::uint64_t k_most_stages = 64;

Error broken(std::string text) {
  return Error{ErrorKind::malformed, std::move(text)};
}

Status check_texts(const orch_descriptor& descriptor, const Ident& ident) {
  struct Text {
    const char* name;
    orch_str orch_descriptor::*member;
  };
  constexpr std::array k_texts{Text{"id", &orch_descriptor::id},
                               Text{"name", &orch_descriptor::name},
                               Text{"version", &orch_descriptor::version},
                               Text{"license", &orch_descriptor::license},
                               Text{"description", &orch_descriptor::description},
                               Text{"settings_schema", &orch_descriptor::settings_schema}};
  for (const Text& text : k_texts) {
    const orch_str value = descriptor.*text.member;
    if (value.size > 0 && value.data == nullptr) return broken(std::string(text.name) + " is null");
    if (!is_utf8(view(value))) return broken(std::string(text.name) + " is not UTF-8");
  }
  if (view(descriptor.id) != ident.id || view(descriptor.version) != ident.version) {
    return broken("its identity says " + ident.id + " " + ident.version + ", its descriptor " +
                  std::string(view(descriptor.id)) + " " + std::string(view(descriptor.version)));
  }
  return Done{};
}

Status check_functions(const orch_descriptor& descriptor) {
  const bool complete = descriptor.create != nullptr && descriptor.configure != nullptr &&
                        descriptor.accepts != nullptr && descriptor.produce != nullptr &&
                        descriptor.destroy != nullptr;
  if (!complete) return broken("a function is missing in its descriptor");
  const bool says_preflight = (descriptor.capabilities & ORCH_CAP_PREFLIGHT) != 0;
  const bool says_cancel = (descriptor.capabilities & ORCH_CAP_CANCEL) != 0;
  if (says_preflight != (descriptor.preflight != nullptr) ||
      says_cancel != (descriptor.cancel != nullptr)) {
    return broken("a capability and its function do not match");
  }
  return Done{};
}

Status check_claim(const orch_stage_claim& claim) {
  const std::string_view name = view(claim.stage);
  if (name == "*") {
    if (!view(claim.verdict_key).empty()) return broken("a verdict key for every stage");
    return Done{};
  }
  const std::optional<Stage> stage = parse_stage(name);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (rule == nullptr) return broken("stage \"" + std::string(name) + "\" does not exist");
  if (view(claim.verdict_key) != rule->verdict_key) {
    return broken("verdict key \"" + std::string(view(claim.verdict_key)) + "\" is not that of " +
                  std::string(name) + ", \"" + std::string(rule->verdict_key) + "\"");
  }
  return Done{};
}

}  // namespace

std::vector<orch_stage_claim> stage_claims(const orch_descriptor& descriptor) {
  std::vector<orch_stage_claim> claims;
  const auto* at = reinterpret_cast<const unsigned char*>(descriptor.stages);
  for (std::uint64_t i = 0; i < descriptor.stage_count; ++i, at += descriptor.stage_stride) {
    orch_stage_claim claim{};
    std::memcpy(&claim, at, sizeof(claim));
    claims.push_back(claim);
  }
  return claims;
}

Status check_descriptor(const orch_descriptor& descriptor, const Ident& ident) {
  if (descriptor.struct_size < sizeof(orch_descriptor)) {
    return broken("its descriptor is shorter than that of ABI 1.0");
  }
  ORC_CHECK_OK(check_texts(descriptor, ident));
  ORC_CHECK_OK(check_functions(descriptor));
  if (descriptor.stage_count == 0 || descriptor.stage_count > k_most_stages) {
    return broken("it names no stage, or too many");
  }
  if (descriptor.stages == nullptr || descriptor.stage_stride < sizeof(orch_stage_claim)) {
    return broken("its stages are shorter than those of ABI 1.0");
  }
  for (const orch_stage_claim& claim : stage_claims(descriptor)) ORC_CHECK_OK(check_claim(claim));
  return Done{};
}

}  // namespace orc::worker
