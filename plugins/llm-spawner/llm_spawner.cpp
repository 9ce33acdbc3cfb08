// SPDX-License-Identifier: Apache-2.0
#include "llm_spawner.h"

#include <variant>

#include "artifacts.h"
#include "classify.h"
#include "launch.h"
#include "mask.h"
#include "output.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

// A look that must not hold up a run.
constexpr sdk::Milliseconds k_look_timeout = std::chrono::seconds(10);

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The same look-up that starting it makes, in the environment that a child gets.
sdk::Process look_for(const std::string& program) {
  sdk::Process look;
  look.argv = {"/bin/sh", "-c", "command -v \"$1\" >/dev/null", "sh", program};
  look.cwd = "/";
  look.timeout = k_look_timeout;
  return look;
}

// Asked once before the run where the output does not tell it; unknown stays empty.
std::string ask_version(const sdk::Process& launch, sdk::Host& host) {
  sdk::Process ask;
  ask.argv = {launch.argv.front(), "--version"};
  ask.cwd = "/";
  ask.env = launch.env;
  ask.timeout = k_look_timeout;
  const sdk::ProcessResult result = host.run(ask);
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  return exited != nullptr && exited->code == 0 ? last_line(result.out, 60) : std::string();
}

bool was_started(AgentEnd end) {
  return end != AgentEnd::tool_missing && end != AgentEnd::no_resources &&
         end != AgentEnd::bad_command;
}

sdk::AgentRun make_record(const sdk::Request& request, const AgentReport& report, AgentEnd end) {
  sdk::AgentRun record;
  record.program_version = printable(report.program_version, 60);
  record.model = std::string(request.model());
  record.effort = std::string(request.effort());
  record.result = std::string(rule_of(end).result);
  record.input_tokens = report.usage.input;
  record.output_tokens = report.usage.output;
  record.cache_read_tokens = report.usage.cache_read;
  record.cache_write_tokens = report.usage.cache_write;
  record.turns = report.usage.turns;
  record.cost_usd = report.usage.cost_usd;
  record.complete = report.closed;
  return record;
}

// An error outranks a file; only after a clean end the stage's own files are asked for.
void demand_artifacts(const sdk::Request& request, const Snapshot& before, int denied,
                      Ending& ending) {
  if (ending.end != AgentEnd::ok) return;
  const std::vector<std::string> missing = missing_artifacts(request, before);
  if (missing.empty()) return;
  ending.end = AgentEnd::bad_artifact;
  ending.detail = joined(missing);
  if (denied > 0) ending.detail += " (" + std::to_string(denied) + " tool calls were denied)";
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
  auto& launch = std::get<sdk::Process>(prepared);
  const std::string program = program_name(settings_);

  std::string version;
  if (!settings_.preset->tells_version) version = ask_version(launch, host);
  host.progress(program + " works as " + std::string(request.role()));

  const SecretMask mask(settings_.env);
  AgentOutput output(host, settings_.preset->dialect, mask);
  launch.on_output = [&](sdk::Stream stream, std::string_view bytes) {
    output.take(stream, bytes);
  };
  const Snapshot before = artifact_snapshot(request);
  const sdk::ProcessResult result = host.run(launch);
  RunEvidence evidence = output.finish();
  if (evidence.report.program_version.empty()) evidence.report.program_version = version;

  Ending ending = classify(result.end, evidence);
  demand_artifacts(request, before, evidence.report.denied, ending);
  ending.detail = mask.apply(ending.detail);
  if (was_started(ending.end)) {
    sdk::AgentRun record = make_record(request, evidence.report, ending.end);
    record.program = program;
    record.wall = result.duration;
    if (!host.record_agent_run(record)) {
      host.log(sdk::Level::warning, "the agent run could not be recorded");
    }
  }
  return outcome_of(ending, program);
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
