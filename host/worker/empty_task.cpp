// SPDX-License-Identifier: Apache-2.0
#include "worker/empty_task.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/result.h"
#include "domain/outcome.h"
#include "worker/plugin_library.h"

namespace orc::worker {

using nlohmann::json;

namespace {

constexpr std::string_view k_work_item = "EMPTY-1";

json in_words(const PluginAnswer& answer) {
  return std::visit(overloaded{[](const Accepts&) {
                                 return json{{"accepted", true}};
                               },
                               [](const Declines& no) {
                                 const auto reason = reason_code_from_abi(no.why);
                                 return json{{"accepted", false},
                                             {"reason", reason ? to_string(*reason) : "unnamed"},
                                             {"text", no.text}};
                               },
                               [](const StepFault& fault) {
                                 return json{{"fault", fault.text}};
                               }},
                    answer);
}

}  // namespace

json ask_about_nothing(Plugin& plugin, const StageRule& rule) {
  std::vector<orch_str> tokens;
  for (const VerdictToken& token : rule.tokens) tokens.push_back(to_abi(token.token));
  orch_request request{};
  request.struct_size = sizeof(request);
  request.attempt = 1;
  request.work_item = to_abi(k_work_item);
  request.stage = to_abi(to_string(rule.stage));
  request.role = to_abi(to_string(rule.role));
  request.contract = to_abi("{}");
  request.verdict_key = to_abi(rule.verdict_key);
  request.tokens = tokens.data();
  request.token_count = tokens.size();
  request.artifact_stride = sizeof(orch_artifact);
  return in_words(plugin.accepts(request));
}

}  // namespace orc::worker
