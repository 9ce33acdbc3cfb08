// SPDX-License-Identifier: Apache-2.0
#include "production.h"

#include <variant>
#include <vector>

#include "artifacts.h"
#include "launch.h"
#include "output.h"
#include "placeholders.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

constexpr sdk::Milliseconds k_version_timeout = std::chrono::seconds(10);
// Less than this left of the job, and a repair would only end in a time-out.
constexpr sdk::Milliseconds k_repair_least = std::chrono::minutes(2);

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

bool was_started(AgentEnd end) {
  return end != AgentEnd::tool_missing && end != AgentEnd::no_resources &&
         end != AgentEnd::bad_command;
}

// Not the role's prompt: the work is done, only its form is to be mended.
std::string repair_prompt(const sdk::Request& request, const std::string& problem) {
  std::vector<std::string> tokens;
  for (const std::string_view token : request.tokens()) tokens.emplace_back(token);
  return "An artifact in " + std::string(request.artifact_dir()) +
         " cannot be read by the program that has to read it.\n\nWhat is wrong: " + problem +
         ".\n\nRead the file and write it again with the same statements and the same decision. At "
         "its "
         "first byte stands a block of plain `key: value` lines between two lines `---`, with "
         "work_item, stage, author, status, date, model and `" +
         std::string(request.verdict_key()) + "`, whose value is exactly one of " +
         joined(tokens, ", ") +
         ". If the text below the block does not support a decision, take the one that does not "
         "let "
         "the work pass. Change no other file.\n";
}

}  // namespace

Production::Production(const sdk::Request& request, const Settings& settings, sdk::Host& host)
    : request_(request),
      settings_(settings),
      host_(host),
      program_(program_name(settings)),
      mask_(settings.env) {}

sdk::Outcome Production::run(sdk::Process first) {
  const auto moved = move_artifacts_away(request_, set_aside_folder(), "older");
  if (!moved) {
    return sdk::Defer{sdk::Why::resource, "an older artifact of this stage cannot be moved away"};
  }
  host_.progress(program_ + " works as " + std::string(request_.role()));
  Ending ending = run_agent(std::move(first));
  if (!malformed_.empty() && settings_.repair) {
    if (auto repaired = repair()) ending = std::move(*repaired);
  }
  // An error outranks a file; the next attempt must not pass on it.
  if (ending.end != AgentEnd::ok && ending.end != AgentEnd::bad_artifact) {
    const auto left = move_artifacts_away(request_, set_aside_folder(), "failed");
    if (left.value_or(0) > 0)
      host_.log(sdk::Level::warning, "the artifact of a failed run was set aside");
  }
  return outcome_of(ending, program_);
}

Ending Production::run_agent(sdk::Process process) {
  AgentOutput output(host_, settings_, mask_);
  process.on_output = [&](sdk::Stream stream, std::string_view bytes) {
    output.take(stream, bytes);
  };
  const sdk::ProcessResult result = host_.run(process);
  RunEvidence evidence = output.finish();
  Ending ending = classify(result.end, evidence);
  malformed_.clear();
  judge_artifacts(evidence.report, ending);
  ending.detail = mask_.apply(ending.detail);
  if (!was_started(ending.end)) return ending;
  if (evidence.report.program_version.empty() && !settings_.preset->tells_version) {
    evidence.report.program_version = ask_version(process);
  }
  record(evidence, ending, result.duration);
  return ending;
}

// Only after a clean end the stage's own files are asked for; its own words do not make a file.
void Production::judge_artifacts(const AgentReport& report, Ending& ending) {
  if (ending.end != AgentEnd::ok) return;
  const std::vector<std::string> missing = missing_artifacts(request_);
  if (!missing.empty()) {
    ending.end = AgentEnd::bad_artifact;
    ending.detail = "missing " + joined(missing, ", ");
    if (!report.denied.empty()) {
      ending.detail += "; its permissions refused: " + printable(joined(report.denied, "; "), 300);
    }
  } else if (const auto problem = verdict_problem(request_)) {
    ending.end = AgentEnd::bad_artifact;
    ending.detail = malformed_ = *problem;
  }
}

std::optional<Ending> Production::repair() {
  if (host_.cancelled() || host_.remaining() < k_repair_least) return std::nullopt;
  auto prepared = prepare_repair(request_, settings_, repair_prompt(request_, malformed_));
  auto* process = std::get_if<sdk::Process>(&prepared);
  if (process == nullptr) return std::nullopt;
  host_.log(sdk::Level::warning, "asks for a repair: " + malformed_);
  host_.progress(program_ + " repairs the form of its artifact");
  return run_agent(std::move(*process));
}

void Production::record(const RunEvidence& evidence, const Ending& ending,
                        sdk::Milliseconds wall) const {
  const AgentReport& report = evidence.report;
  sdk::AgentRun run;
  run.program = program_;
  run.program_version = printable(report.program_version, 60);
  run.model = std::string(request_.model());
  // What the command line does not pass on was not in force.
  if (uses(settings_.argv, "role.effort")) run.effort = std::string(request_.effort());
  run.result = std::string(rule_of(ending.end).name);
  run.input_tokens = report.usage.input;
  run.output_tokens = report.usage.output;
  run.cache_read_tokens = report.usage.cache_read;
  run.cache_write_tokens = report.usage.cache_write;
  run.turns = report.usage.turns;
  run.cost_usd = report.usage.cost_usd;
  run.complete = report.closed;
  run.wall = wall;
  if (!host_.record_agent_run(run)) {
    host_.log(sdk::Level::warning, "the agent run could not be recorded");
  }
}

std::string Production::ask_version(const sdk::Process& launch) const {
  sdk::Process ask;
  ask.argv = {launch.argv.front(), "--version"};
  ask.cwd = "/";
  ask.env = launch.env;
  ask.timeout = k_version_timeout;
  const sdk::ProcessResult result = host_.run(ask);
  const auto* exited = std::get_if<sdk::Exited>(&result.end);
  return exited != nullptr && exited->code == 0 ? last_line(result.out, 60) : std::string();
}

std::string Production::set_aside_folder() const {
  const std::string kept = host_.state_dir();
  return (kept.empty() ? std::string(request_.scratch()) : kept) + "/set-aside/" +
         std::string(request_.job()) + "-" + std::to_string(request_.attempt());
}

}  // namespace llm_spawner
