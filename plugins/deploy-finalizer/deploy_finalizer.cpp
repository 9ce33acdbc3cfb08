// SPDX-License-Identifier: Apache-2.0
#include "deploy_finalizer.h"

#include "attempt.h"
#include "text.h"

namespace deploy_finalizer {

namespace sdk = orchestrator::plugin;

std::optional<std::string> DeployFinalizer::configure(std::string_view settings_json) {
  auto parsed = parse_settings(settings_json);
  if (auto* problem = std::get_if<std::string>(&parsed)) return std::move(*problem);
  settings_ = std::get<Settings>(std::move(parsed));
  return std::nullopt;
}

sdk::Answer DeployFinalizer::accepts(const sdk::Request& request) {
  if (request.stage() != "deploy") {
    return sdk::Decline{sdk::Why::out_of_scope, "makes the stage deploy only"};
  }
  if (settings_.command.empty()) {
    return sdk::Decline{sdk::Why::no_contract, "no deploy command is configured"};
  }
  return sdk::Accept{};
}

sdk::Outcome DeployFinalizer::produce(const sdk::Request& request, sdk::Host& host) {
  if (host.state_dir().empty()) {
    // Without a memory a deploy could not be told from no deploy.
    return sdk::Hold{sdk::Why::config, "the host gives no folder that outlives the job"};
  }
  return Attempt(settings_, request, host).run();
}

std::optional<std::string> DeployFinalizer::preflight(sdk::Host& host) {
  if (settings_.command.empty()) return std::nullopt;
  sdk::Process look;
  look.argv = {"/bin/sh", "-c",
               "command -v flock >/dev/null || exit 3; command -v \"$1\" >/dev/null", "sh",
               settings_.command.front()};
  look.cwd = settings_.cwd;
  look.env = settings_.env;
  look.timeout = std::chrono::seconds(10);
  const sdk::ProcessResult result = host.run(look);
  if (const auto* failure = std::get_if<sdk::NotStarted>(&result.end)) {
    return "cannot run in " + settings_.cwd + ": " + printable(failure->text, 200);
  }
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return std::nullopt;
  if (exited != nullptr && exited->code == 3) return "the program flock (util-linux) is missing";
  return "the program " + printable(settings_.command.front(), 200) + " is not there";
}

}  // namespace deploy_finalizer
