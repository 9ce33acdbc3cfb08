// SPDX-License-Identifier: Apache-2.0
// `plugin run`: one job of a fixture, carried out by the real worker, and what the host would make
// of it.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/author/author.h"
#include "app/author/job.h"
#include "app/author/transition.h"
#include "app/failure.h"
#include "app/interrupt.h"
#include "app/scratch_folder.h"
#include "app/serve.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "config/plugin_assessment.h"
#include "http/views/views.h"
#include "process/process.h"

namespace orc::app {

namespace {

using cli::ExitCode;

Json decision_of(const Tried& tried) {
  if (tried.report.decisions.empty()) return nullptr;
  const ChainDecision& last = tried.report.decisions.back();
  return {{"decision", to_string(last.decision)}, {"reason", last.reason}, {"text", last.text}};
}

Json artifacts_of(const Tried& tried) {
  Json rows = Json::array();
  for (const Evidence& each : tried.evidence) {
    Json fields = Json::object();
    for (const GateField& field : each.fields) fields[field.key] = field.value;
    rows.push_back({{"name", each.name}, {"frontmatter", fields}, {"unreadable", each.unreadable}});
  }
  return rows;
}

Json outcome_of(const Tried& tried) {
  const JobOutcome& outcome = tried.report.outcome;
  const ReasonCode reason = reason_of(outcome);
  return {{"outcome", http::views::outcome_word(name_of(outcome))},
          {"reason", reason == ReasonCode::none ? "" : to_string(reason)},
          {"text", text_of(outcome)},
          {"duration_seconds", static_cast<double>(tried.report.duration.count()) / 1000.0}};
}

std::string verdict_of(const Tried& tried) {
  const auto* verdict = std::get_if<Verdict>(&tried.report.outcome);
  return verdict == nullptr ? "" : verdict->token;
}

// What came of it against what the fixture says; null where it says nothing.
Json judge(const Expectation& expected, const Json& answer, const Tried& tried) {
  if (!expected.any()) return nullptr;
  Json misses = Json::array();
  const auto compare = [&](const char* what, const std::string& wanted, const std::string& found) {
    if (!wanted.empty() && wanted != found)
      misses.push_back(std::string(what) + ": wanted " + wanted + ", found " +
                       (found.empty() ? "none" : found));
  };
  compare("decision", expected.decision, cli::text_field(answer["decision"], "decision"));
  compare("outcome", expected.outcome, cli::text_field(answer["outcome"], "outcome"));
  compare("verdict", expected.verdict, verdict_of(tried));
  compare("gate", expected.gate, cli::text_field(answer["gate"], "result"));
  return {{"met", misses.empty()}, {"misses", misses}};
}

Json answer_of(const Tried& tried, const Fixture& fixture, const config::LoadedPlugin& plugin,
               const StageRule& rule) {
  Json answer{{"schema", "orchestrator.plugin_run/1"},
              {"plugin", plugin.name},
              {"version", plugin.version},
              {"stage", to_string(rule.stage)},
              {"decision", decision_of(tried)},
              {"outcome", outcome_of(tried)},
              {"artifacts", artifacts_of(tried)},
              {"gate", nullptr}};
  if (tried.gate)
    answer["gate"] = {
        {"name", rule.gate}, {"result", name_of(*tried.gate)}, {"text", text_of(*tried.gate)}};
  answer["transition"] = tried.gate ? transition_after(*tried.gate, rule)
                                    : transition_after(tried.report.outcome, rule);
  answer["expected"] = judge(fixture.expect, answer, tried);
  return answer;
}

ExitCode exit_code_of(const Tried& tried, const Json& expected) {
  if (!expected.is_null()) return expected["met"].get<bool>() ? ExitCode::done : ExitCode::no;
  if (std::holds_alternative<Deferred>(tried.report.outcome)) return ExitCode::try_later;
  const bool goes_on = tried.gate && (std::holds_alternative<GatePassed>(*tried.gate) ||
                                      std::holds_alternative<GateWaits>(*tried.gate));
  return goes_on ? ExitCode::done : ExitCode::no;
}

// "plugins.lint-gate.settings.most" → "settings.most": in a fixture there is but one plugin.
std::string key_in_fixture(const std::string& key, const std::string& plugin) {
  const std::string prefix = "plugins." + plugin + ".";
  return key.starts_with(prefix) ? key.substr(prefix.size()) : key;
}

int refuse(const cli::PluginRunOptions& options, const std::vector<config::Fault>& faults,
           const std::string& plugin) {
  for (const config::Fault& fault : faults) {
    const bool of_settings = fault.key.find(".settings") != std::string::npos;
    const config::Finding finding{
        .where = of_settings ? options.fixture.string() : options.file.string(),
        .key = key_in_fixture(fault.key, plugin),
        .problem = fault.problem,
        .fix = fault.fix};
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
  }
  return to_int(ExitCode::no);
}

// The worker was killed and could not sweep what it had started.
int end_interrupted() {
  constexpr Millis k_limit{5000};
  (void)process::sweep_descendants(Millis{0}, k_limit);
  return fail(ExitCode::no, "interrupted; nothing is left behind");
}

// A folder that is not there would be tried as an empty repository.
std::optional<std::string> wrong_use(const cli::PluginRunOptions& options) {
  std::error_code error;
  if (options.worktree && !std::filesystem::is_directory(*options.worktree, error))
    return "--worktree: " + options.worktree->string() + " is no folder";
  const auto ms = parse_duration_ms(options.timeout);
  if (!options.timeout.empty() && (!ms || *ms <= 0)) return "--timeout: not a duration such as 15m";
  return std::nullopt;
}

}  // namespace

int plugin_run(const cli::PluginRunOptions& options) {
  // Or what the plugin leaves behind would be out of reach once its worker has ended.
  (void)process::become_subreaper();
  if (const auto wrong = wrong_use(options)) return fail(ExitCode::usage, *wrong);
  const ReadFixture read = read_fixture(options.fixture);
  for (const config::Finding& finding : read.findings)
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
  if (!read.fixture) return to_int(ExitCode::usage);
  Interrupt interrupt;
  const ScratchFolder scratch;
  const auto candidate = take_candidate(options.file, scratch.path());
  if (!candidate.ok()) return fail(ExitCode::usage, candidate.error().message);
  const config::Assessment assessed =
      config::assess_plugin({.name = candidate.value().type,
                             .type = candidate.value().type,
                             .settings = read.fixture->settings},
                            candidate.value().library, worker_path());
  if (!assessed.faults.empty()) return refuse(options, assessed.faults, candidate.value().type);
  const Result<Stage> stage = stage_of(*read.fixture, assessed.loaded.stages);
  if (!stage.ok())
    return fail(ExitCode::usage, options.fixture.string() + ": " + stage.error().message);

  TrialWish wish{.stage = stage.value(), .settings = assessed.settings};
  if (options.worktree) wish.worktree = std::filesystem::absolute(*options.worktree);
  if (const auto ms = parse_duration_ms(options.timeout)) wish.timeout = Millis{*ms};
  Trials trials(worker_path(), scratch.path() / "trial", [&] { return interrupt.came(); });
  const auto request = make_job(trials, *read.fixture, assessed.loaded, wish);
  if (!request.ok()) return fail(ExitCode::unusable, request.error().message);
  const Result<Tried> tried = trials.carry_out(request.value());
  if (interrupt.came()) return end_interrupted();
  if (!tried.ok()) return fail(ExitCode::unusable, tried.error().message);
  if (options.log) std::fputs(printable(to_utf8(tried.value().log)).c_str(), stderr);
  const Json answer =
      answer_of(tried.value(), *read.fixture, assessed.loaded, *find_rule(stage.value()));
  print_answer(answer, nullptr, options.output, cli::plugin_run_text);
  return to_int(exit_code_of(tried.value(), answer["expected"]));
}

}  // namespace orc::app
