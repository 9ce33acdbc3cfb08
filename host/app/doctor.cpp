// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/answer.h"
#include "app/preflights.h"
#include "app/scratch_folder.h"
#include "app/selftest/selftest.h"
#include "app/serve.h"
#include "cli/text_views.h"
#include "git/repository.h"
#include "jobs/worker_client.h"

namespace orc::app {

namespace {

using config::PreflightRow;
using config::PreflightState;
using Findings = std::vector<Finding>;
using State = Finding::State;

// What the checks look at; each is made once, on first use.
class Patient {
 public:
  explicit Patient(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& file() const { return file_; }
  const std::filesystem::path& folder() const { return scratch_.path(); }
  const config::Built& built() {
    if (!built_) {
      built_ = config::build_generation({.file = file_,
                                         .environment = config::orch_environment(),
                                         .set = {"daemon.state_dir=" + folder().string()}},
                                        worker_path(), nullptr);
    }
    return *built_;
  }
  // Null if the configuration is refused.
  const config::Generation* generation() { return built().generation.get(); }
  const config::PreflightRound& preflights() {
    if (!round_) {
      round_ = run_preflights(*generation(), {}, worker_path(), folder() / "repos",
                              folder() / "verify", {});
    }
    return *round_;
  }

 private:
  const std::filesystem::path file_;
  const ScratchFolder scratch_;
  std::optional<config::Built> built_;
  std::optional<config::PreflightRound> round_;
};

// --- the checks ---

Findings look_at_configuration(Patient& patient) {
  Findings found;
  for (const config::Finding& each : patient.built().findings) {
    const bool is_error = each.severity == config::Finding::Severity::error;
    found.push_back({.state = is_error ? State::fault : State::warning,
                     .check = "",
                     .subject = each.where,
                     .text = each.key + ": " + each.problem,
                     .fix = each.fix.empty() ? "correct " + each.key : each.fix});
  }
  if (patient.generation() != nullptr) {
    found.push_back(
        {.check = "", .subject = patient.file().string(), .text = "accepted", .fix = ""});
  }
  return found;
}

// The tip of every configured repository, which the checks after this one look at.
Findings look_at_repositories(Patient& patient) {
  Findings found;
  for (const auto& [name, repo] : patient.generation()->config.repos) {
    if (repo.clone.empty()) continue;
    auto repository = git::Repository::open(patient.folder() / "repos" / (name + ".git"),
                                            jobs::worker_environment("doctor"));
    const Status fetched = repository.ok()
                               ? repository.value().fetch_tip(repo.clone, repo.default_branch)
                               : Status(repository.error());
    Finding row{
        .check = "", .subject = name, .text = repo.default_branch + " of " + repo.clone, .fix = ""};
    if (!fetched.ok()) {
      row.state = State::fault;
      row.text += ": " + fetched.error().message;
      row.fix = "correct repos." + name + ".clone or default_branch, or the credentials of git";
    }
    found.push_back(std::move(row));
  }
  return found;
}

State state_of(PreflightState state) {
  switch (state) {
    case PreflightState::passed:
      return State::ok;
    case PreflightState::failed:
      return State::fault;
    case PreflightState::unknown:
      return State::warning;
  }
  return State::warning;
}

Findings look_at_plugins(Patient& patient) {
  Findings found;
  for (const PreflightRow& row : patient.preflights().rows) {
    if (!row.repo.empty()) continue;
    const State state = state_of(row.state);
    found.push_back({.state = state,
                     .check = "",
                     .subject = row.plugin,
                     .text = row.text.empty() ? "its surroundings are in order" : row.text,
                     .fix = state == State::ok
                                ? ""
                                : "mend that, or set plugins." + row.plugin + ".enabled: false"});
  }
  return found;
}

// What a producer would run for each repository, known before a task gets there.
Findings look_at_contracts(Patient& patient) {
  Findings found;
  for (const PreflightRow& row : patient.preflights().rows) {
    if (row.repo.empty()) continue;
    const bool is_declined = row.text.starts_with("declined");
    const State state = is_declined ? State::warning : state_of(row.state);
    std::string fix;
    if (is_declined) fix = "set repos." + row.repo + ".test, or leave it to the next producer";
    if (state == State::fault) fix = "install it for the user of the service";
    found.push_back({.state = state,
                     .check = "",
                     .subject = row.repo,
                     .text = row.plugin + ": " + row.text,
                     .fix = std::move(fix)});
  }
  return found;
}

// What judges, judged itself.
Findings look_at_judges(Patient& patient) {
  std::vector<engine::SelftestRow> rows = try_gates();
  for (engine::SelftestRow& row :
       try_plugins(*patient.generation(), {}, worker_path(), patient.folder(), {}))
    rows.push_back(std::move(row));
  Findings found;
  for (const engine::SelftestRow& row : rows) {
    found.push_back(
        {.state = row.passed ? State::ok : State::fault,
         .check = "",
         .subject = row.subject,
         .text = row.passed ? std::to_string(row.cases) + " cases as they should be" : row.text,
         .fix = row.passed ? "" : "install the plugins of this version"});
  }
  return found;
}

// One row a check, in the order of the output. A check finds `check` filled in for it.
struct Check {
  std::string_view name;
  bool needs_configuration;
  Findings (*look)(Patient& patient);
};
constexpr std::array k_checks{
    Check{"configuration", false, look_at_configuration}, Check{"selftest", true, look_at_judges},
    Check{"repository", true, look_at_repositories}, Check{"plugin", true, look_at_plugins},
    Check{"test contract", true, look_at_contracts}};

const char* to_string(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::warning:
      return "warn";
    case State::fault:
      return "fail";
  }
  return "";
}

}  // namespace

std::vector<Finding> examine(const std::filesystem::path& config_file) {
  Patient patient(config_file);
  Findings all;
  for (const Check& check : k_checks) {
    if (check.needs_configuration && patient.generation() == nullptr) continue;
    for (Finding& finding : check.look(patient)) {
      finding.check = check.name;
      all.push_back(std::move(finding));
    }
  }
  return all;
}

bool has_faults(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.state == State::fault; });
}

namespace {

std::string in_lines(const Json& answer) {
  std::string text;
  for (const Json& each : answer["findings"]) {
    std::string state = cli::text_field(each, "state");
    state.resize(6, ' ');
    const std::string fix = cli::text_field(each, "fix");
    text += state + cli::text_field(each, "check") + " " + cli::text_field(each, "subject") + ": " +
            cli::text_field(each, "text") + (fix.empty() ? "" : "    fix: " + fix) + "\n";
  }
  return text;
}

}  // namespace

void print(const std::vector<Finding>& findings, cli::OutputFormat format) {
  Json rows = Json::array();
  for (const Finding& each : findings) {
    rows.push_back({{"state", to_string(each.state)},
                    {"check", each.check},
                    {"subject", each.subject},
                    {"text", each.text},
                    {"fix", each.fix}});
  }
  print_answer({{"schema", "orchestrator.doctor/1"}, {"findings", std::move(rows)}}, "findings",
               format, in_lines);
}

}  // namespace orc::app
