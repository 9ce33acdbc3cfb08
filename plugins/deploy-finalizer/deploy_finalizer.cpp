// SPDX-License-Identifier: Apache-2.0
#include "deploy_finalizer.h"

#include <unistd.h>

#include "attempt.h"
#include "text.h"

namespace deploy_finalizer {

namespace sdk = orchestrator::plugin;

namespace {

struct Tool {
  const char* program;
  const char* package;
};

std::optional<std::string> look_for(const Tool& tool, const Settings& settings, sdk::Host& host) {
  sdk::Process look;
  look.argv = {tool.program, "--version"};
  look.cwd = settings.cwd;
  look.env = settings.env;
  look.timeout = std::chrono::seconds(10);
  const sdk::ProcessResult result = host.run(look);
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return std::nullopt;
  return std::string(tool.program) + " (" + tool.package + ") cannot be run in " + settings.cwd;
}

}  // namespace

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
  std::vector<Tool> tools{{"flock", "util-linux"}, {"timeout", "coreutils"}};
  if (!settings_.revision_url.empty()) tools.push_back({"curl", "curl"});
  for (const Tool& tool : tools) {
    if (auto problem = look_for(tool, settings_, host)) return problem;
  }
  const std::string& program = settings_.command.front();
  if (program.front() != '/' || ::access(program.c_str(), X_OK) == 0) return std::nullopt;
  return "the program " + printable(program, 200) + " is not there or not executable";
}

}  // namespace deploy_finalizer
