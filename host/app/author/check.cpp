// SPDX-License-Identifier: Apache-2.0
// `plugin check`: what a host would find out about a library, and whether it keeps its promises,
// each in a child process.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/author/author.h"
#include "app/author/job.h"
#include "app/failure.h"
#include "app/scratch_folder.h"
#include "app/serve.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "config/plugin_assessment.h"
#include "config/plugin_description.h"
#include "config/schema_lint.h"
#include "process/process.h"

namespace orc::app {

namespace {

using cli::ExitCode;

constexpr Millis k_cancel_limit{5000};
constexpr const char* k_entry = "orch_plugin_query";
// Looked for where none is named: beside a project that `plugin new` wrote.
constexpr const char* k_usual_fixture = "tests/fixtures/task.yaml";

enum class State : std::uint8_t { ok, warn, fail };

std::string_view to_string(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warn:
      return "warn";
    case State::fail:
      return "fail";
  }
  return "";
}

std::string in_ms(Millis time) {
  return std::to_string(time.count()) + " ms";
}

class Examination {
 public:
  Examination(const cli::PluginCheckOptions& options, std::filesystem::path scratch)
      : options_(options), scratch_(std::move(scratch)) {}

  // Each step needs what the one before found out.
  void run(Candidate candidate) {
    candidate_ = std::move(candidate);
    if (!candidate_.distrust.empty())
      say(State::warn, "file", candidate_.distrust + ": a host would not load it from there");
    if (look_at_identity() && look_at_schema() && try_settings()) {
      ask_about_empty_tasks();
      cancel_a_job();
      count_what_is_left();
    }
  }

  bool passed() const { return passed_; }
  Json answer() const {
    return {{"schema", "orchestrator.plugin_check/1"},
            {"file", options_.file.string()},
            {"passed", passed_},
            {"checks", checks_}};
  }

 private:
  // The copy's name says nothing to the file's author.
  std::string by_its_name(std::string text) const {
    const std::string copy = candidate_.library.copy.filename().string();
    const std::size_t at = copy.empty() ? std::string::npos : text.find(copy);
    if (at != std::string::npos) text.replace(at, copy.size(), options_.file.filename().string());
    return text;
  }

  bool say(State state, const char* check, std::string text) {
    text = by_its_name(std::move(text));
    checks_.push_back({{"check", check}, {"state", to_string(state)}, {"text", text}});
    passed_ = passed_ && state != State::fail;
    return state != State::fail;
  }

  bool look_at_identity() {
    auto described = config::describe_plugin(worker_path(), candidate_.library, std::nullopt);
    if (!described.ok()) return say(State::fail, "load", described.error().message);
    about_ = std::move(described).value();
    if (about_.id != candidate_.type) {
      return say(State::fail, "load",
                 "it calls itself " + about_.id + ", so its file has to be " + about_.id +
                     ".so, not " + candidate_.type + ".so");
    }
    return say(State::ok, "load",
               "ABI " + about_.abi + ", entry " + k_entry + ", name " + about_.id + ", version " +
                   about_.version);
  }

  bool look_at_schema() {
    const auto schema = nlohmann::json::parse(about_.settings_schema, nullptr, false);
    const config::SchemaLint lint = config::lint_schema(schema);
    for (const config::Violation& fault : lint.faults) {
      say(State::fail, "schema",
          "settings schema" + fault.key + ": " + fault.problem +
              (fault.fix.empty() ? "" : "; " + fault.fix));
    }
    if (!lint.faults.empty()) return false;
    return say(State::ok, "schema",
               "its settings schema is draft-07; its " + std::to_string(lint.tried) +
                   " defaults and examples validate");
  }

  // Its own defaults; where they do not suffice, its first example.
  bool try_settings() {
    const auto schema = nlohmann::json::parse(about_.settings_schema, nullptr, false);
    nlohmann::json settings = nlohmann::json::object();
    config::fill_defaults(schema, settings);
    const auto missing = config::find_violations(schema, settings);
    const bool suffices = missing.ok() && missing.value().empty();
    if (!suffices && schema.value("examples", nlohmann::json::array()).empty()) {
      return say(State::fail, "settings",
                 "its defaults do not suffice, and the schema gives no "
                 "example to try: add \"examples\": [{…}]");
    }
    if (!suffices) {
      settings = schema["examples"][0];
      config::fill_defaults(schema, settings);
    }
    settings_ = settings.dump();
    const auto tried = config::describe_plugin(worker_path(), candidate_.library, settings_);
    if (!tried.ok()) return say(State::fail, "settings", tried.error().message);
    const auto& refused = tried.value().refused_settings;
    const std::string which = suffices ? "its default settings" : "the example settings";
    if (refused) return say(State::fail, "settings", "it refuses " + which + ": " + *refused);
    return say(State::ok, "settings", "it takes " + which);
  }

  void ask_about_empty_tasks() {
    for (const config::StageClaim& claim : about_.stages) {
      const std::string stage = claim.stage == "*"
                                    ? std::string(to_string(STAGE_TRANSITIONS.front().stage))
                                    : claim.stage;
      const auto answer =
          config::ask_about_empty_task(worker_path(), candidate_.library, settings_, stage);
      if (!answer.ok()) {
        say(State::fail, "empty task", answer.error().message);
        continue;
      }
      left_ += answer.value().left_running;
      judge_empty_answer(stage, answer.value());
    }
  }

  void judge_empty_answer(const std::string& stage, const config::EmptyAnswer& answer) {
    const std::string task = "an empty task at " + stage;
    if (answer.faulted) {
      say(State::fail, "empty task", "it fails over " + task + ": " + answer.text);
    } else if (answer.accepted) {
      say(State::fail, "empty task",
          "it accepts " + task +
              ", which has no repository, contract or text; decline "
              "what cannot be decided");
    } else {
      say(State::ok, "empty task", "it declines " + task + ": " + answer.text);
    }
  }

  std::filesystem::path fixture_file() const {
    if (options_.fixture) return *options_.fixture;
    std::error_code error;
    return std::filesystem::exists(k_usual_fixture, error) ? k_usual_fixture : "";
  }

  // A real job, asked to end as soon as it produces, as an operator's cancel does.
  void cancel_a_job() {
    const std::filesystem::path file = fixture_file();
    if (file.empty()) {
      say(State::warn, "cancel",
          "not tried: --fixture FILE names a job that it accepts (see plugin new)");
      return;
    }
    const ReadFixture read = read_fixture(file);
    for (const config::Finding& finding : read.findings)
      say(State::fail, "cancel", to_text(finding));
    if (!read.fixture) return;
    const Result<Tried> tried = cancelled_job(*read.fixture);
    if (!tried.ok()) {
      say(State::fail, "cancel", file.string() + ": " + tried.error().message);
      return;
    }
    swept_ = swept_ || tried.value().log.find(k_swept) != std::string::npos;
    judge_cancel(tried.value(), file.string());
  }

  Result<Tried> cancelled_job(const Fixture& fixture) const {
    const auto assessed = config::assess_plugin(
        {.name = about_.id, .type = candidate_.type, .settings = fixture.settings},
        candidate_.library, worker_path());
    if (!assessed.faults.empty())
      return Error{ErrorKind::refused,
                   assessed.faults.front().key + ": " + assessed.faults.front().problem};
    ORC_TRY(const Stage stage, stage_of(fixture, assessed.loaded.stages));
    Trials trials(worker_path(), scratch_ / "trial");
    ORC_TRY(
        const jobs::JobRequest request,
        make_job(trials, fixture, assessed.loaded,
                 {.stage = stage, .settings = assessed.settings, .kill_grace = k_cancel_limit}));
    return trials.carry_out(request, Trials::Ending::once_it_produces);
  }

  void judge_cancel(const Tried& tried, const std::string& file) {
    const std::string limit = std::to_string(k_cancel_limit.count() / 1000) + " s";
    if (!tried.ended_after) {
      const bool accepted = !tried.report.producer.empty();
      say(accepted ? State::ok : State::warn, "cancel",
          accepted ? "it was done with " + file + " before it could be cancelled"
                   : "not tried: it does not accept " + file + ": " + text_of(tried));
    } else if (*tried.ended_after > k_cancel_limit) {
      say(State::fail, "cancel",
          "it does not answer cancel within " + limit +
              ": the worker was "
              "gone after " +
              in_ms(*tried.ended_after) +
              "; look at "
              "host.cancelled(), or override cancel()");
    } else {
      say(State::ok, "cancel",
          "it answers cancel within " + limit + " (" + in_ms(*tried.ended_after) + ", " + file +
              ")");
    }
  }

  static std::string text_of(const Tried& tried) {
    const auto& decisions = tried.report.decisions;
    return decisions.empty() ? orc::text_of(tried.report.outcome) : decisions.back().text;
  }

  void count_what_is_left() {
    if (left_ == 0 && !swept_) {
      say(State::ok, "processes", "it leaves no process behind");
    } else {
      say(State::fail, "processes",
          "it leaves processes behind; they were ended. Start programs with host.run(), and join "
          "every thread that starts one");
    }
  }

  static constexpr std::string_view k_swept = "worker.swept";

  const cli::PluginCheckOptions& options_;
  const std::filesystem::path scratch_;
  Candidate candidate_;
  config::Description about_;
  std::string settings_;
  int left_ = 0;
  bool swept_ = false;
  bool passed_ = true;
  Json checks_ = Json::array();
};

}  // namespace

int plugin_check(const cli::PluginCheckOptions& options) {
  // Or what the plugin leaves behind would be out of reach once its worker has ended.
  (void)process::become_subreaper();
  const ScratchFolder scratch;
  auto candidate = take_candidate(options.file, scratch.path());
  if (!candidate.ok()) return fail(ExitCode::usage, candidate.error().message);
  Examination examination(options, scratch.path());
  examination.run(std::move(candidate).value());
  print_answer(examination.answer(), "checks", options.output, cli::plugin_check_text);
  return to_int(examination.passed() ? ExitCode::done : ExitCode::no);
}

}  // namespace orc::app
