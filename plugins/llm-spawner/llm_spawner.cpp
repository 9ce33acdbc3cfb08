// SPDX-License-Identifier: Apache-2.0
#include "llm_spawner.h"

#include <variant>

#include "launch.h"
#include "production.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

// A look that must not hold up a run.
constexpr sdk::Milliseconds k_look_timeout = std::chrono::seconds(10);

// The same look-up that starting it makes, in the environment that a child gets.
sdk::Process look_for(const std::string& program) {
  sdk::Process look;
  look.argv = {"/bin/sh", "-c", "command -v \"$1\" >/dev/null", "sh", program};
  look.cwd = "/";
  look.timeout = k_look_timeout;
  return look;
}

}  // namespace

std::optional<std::string> LlmSpawner::configure(std::string_view settings_json) {
  auto parsed = parse_settings(settings_json);
  if (auto* problem = std::get_if<std::string>(&parsed)) return std::move(*problem);
  settings_ = std::get<Settings>(std::move(parsed));
  return std::nullopt;
}

sdk::Answer LlmSpawner::accepts(const sdk::Request& request) {
  (void)request;
  if (settings_.argv.empty()) {
    return sdk::Decline{sdk::Why::no_contract, "no agent is configured: set preset or argv"};
  }
  return sdk::Accept{};
}

sdk::Outcome LlmSpawner::produce(const sdk::Request& request, sdk::Host& host) {
  auto prepared = prepare_launch(request, settings_);
  if (auto* none = std::get_if<NoLaunch>(&prepared)) return std::move(none->outcome);
  Production production(request, settings_, host);
  return production.run(std::get<sdk::Process>(std::move(prepared)));
}

std::optional<std::string> LlmSpawner::preflight(sdk::Host& host) {
  if (settings_.argv.empty()) return std::nullopt;
  const std::string& program = settings_.argv.front();
  const sdk::ProcessResult result = host.run(look_for(program));
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return std::nullopt;
  return "the agent program " + program + " is not there or not executable";
}

}  // namespace llm_spawner
