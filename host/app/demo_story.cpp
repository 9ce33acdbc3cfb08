// SPDX-License-Identifier: Apache-2.0
#include "app/demo_story.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "process/process.h"

namespace orc::app {

namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t k_largest_revision = 256;
constexpr Millis k_git_limit{10'000};
// Stands in the second try alone, which the agent makes only if the feedback named the failing
// test.
constexpr std::string_view k_mended = "a_debt_keeps_its_sign";
constexpr std::size_t k_largest_source = 64 * 1024;

std::string path_of(const Chapter& chapter) {
  return "/api/v1/tasks/" + std::string(chapter.work_item);
}

const Json* find_artifact(const Json& task, std::string_view name) {
  for (const Json& row : task.at("artifacts")) {
    if (row.at("name") == name) return &row;
  }
  return nullptr;
}

// Every artifact that a task owes on its way to done is on record.
Problem check_artifacts(const Json& task) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    for (const ArtifactRule& owed : rule.artifacts) {
      if (owed.presence != Presence::required || owed.file.find('*') != std::string_view::npos)
        continue;
      if (find_artifact(task, owed.file) == nullptr) return std::string(owed.file) + " is missing";
    }
  }
  return std::nullopt;
}

// Asks git, not the host, whether two commits hold the same but for what the pipeline wrote about
// them.
bool same_code(const std::filesystem::path& bare, const std::string& one,
               const std::string& other) {
  process::RunSpec spec;
  spec.spawn.argv = {"git", "--git-dir=" + bare.string(), "diff", "--quiet", one, other, "--",
                     ".",   ":(exclude)docs/work-items"};
  spec.spawn.env = process::base_environment();
  spec.timeout = k_git_limit;
  const auto result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  return exited != nullptr && exited->code == 0;
}

// What runs in production is what the branch holds, and the deploy's own report says so.
Problem check_deployed(const Chapter& chapter, const DemoHost& host, const Json& task) {
  const std::string repo(chapter.repo);
  const auto deployed = read_file(host.folder().production(repo) / "REVISION", k_largest_revision);
  if (!deployed.ok()) return deployed.error().message;
  const std::string revision(trim(deployed.value()));
  if (!same_code(host.folder().bare(repo), revision, task.at("head_commit").get<std::string>())) {
    return "production runs " + revision + ", which is not what the branch holds";
  }
  const std::filesystem::path current = host.folder().production(repo) / "current";
  if (std::filesystem::read_symlink(current).filename() != revision)
    return current.string() + " is another release";
  return std::nullopt;
}

// What runs in production is what upstream's base branch holds, exactly.
Problem check_merged(const Chapter& chapter, const DemoHost& host) {
  const std::string repo(chapter.repo);
  const auto deployed = read_file(host.folder().production(repo) / "REVISION", k_largest_revision);
  if (!deployed.ok()) return deployed.error().message;
  const std::string revision(trim(deployed.value()));
  process::RunSpec spec;
  spec.spawn.argv = {"git", "--git-dir=" + host.folder().upstream(repo).string(), "merge-base",
                     "--is-ancestor", revision, "refs/heads/main"};
  spec.spawn.env = process::base_environment();
  spec.timeout = k_git_limit;
  const auto result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  if (exited != nullptr && exited->code == 0) return std::nullopt;
  return "main of " + repo + " does not hold " + revision + ", which runs in production";
}

std::vector<Json> transitions(const DemoHost& host, const Chapter& chapter, std::string_view from,
                              std::string_view to) {
  std::vector<Json> found;
  const auto events = host.get("/api/v1/events?limit=1000");
  if (!events.ok()) return found;
  for (const Json& event : events.value().at("events")) {
    if (event.at("kind") != "stage.transition" || event.at("task") != chapter.work_item) continue;
    const Json& data = event.at("data");
    if (data.value("from", "") == from && data.value("to", "") == to) found.push_back(event);
  }
  return found;
}

Problem verify_delivered(const Chapter& chapter, const DemoHost& host, const Json& task) {
  if (auto problem = check_artifacts(task)) return problem;
  if (task.at("counters").at("code_fail") != 0) return "it was rolled back on the way";
  if (auto problem = check_merged(chapter, host)) return problem;
  return check_deployed(chapter, host, task);
}

Problem verify_mended(const Chapter& chapter, const DemoHost& host, const Json& task) {
  if (auto problem = check_artifacts(task)) return problem;
  const auto back = transitions(host, chapter, "testing", "development");
  if (back.size() != 1)
    return "went back to development " + std::to_string(back.size()) + " times, not once";
  if (task.at("counters").at("code_fail") != 1) return "the rollback was not counted";
  const auto cases =
      read_file(host.folder().production("ledger") / "current/tests/cases.txt", k_largest_source);
  if (!cases.ok() || cases.value().find(k_mended) == std::string::npos) {
    return "the second try is not what was deployed";
  }
  if (auto problem = check_merged(chapter, host)) return problem;
  return check_deployed(chapter, host, task);
}

Problem verify_held(const Chapter&, const DemoHost&, const Json& task) {
  static const std::set<std::string> environment{"infra_budget", "environment"};
  const Json& hold = task.at("hold");
  if (!hold.is_object() || !environment.contains(hold.value("class", "")))
    return "held as " + hold.dump();
  if (task.at("counters").at("code_fail") != 0)
    return "the refused connection was counted against the code";
  if (task.at("counters").at("infra_fail").get<int>() < 1)
    return "no infrastructure fault was counted";
  return std::nullopt;
}

Problem verify_waiting(const Chapter&, const DemoHost&, const Json& task) {
  if (find_artifact(task, "01-brd.md") == nullptr)
    return "there is nothing to approve: 01-brd.md is missing";
  return std::nullopt;
}

constexpr std::array k_chapters{
    Chapter{.work_item = "DEMO-1",
            .repo = "shop",
            .title = "Ten items cost ten percent less",
            .request = "A cart with ten items or more is ten percent cheaper.",
            .promise = "passes every gate, is merged and deployed",
            .state = "done",
            .stage = Stage::done,
            .verify = verify_delivered},
    Chapter{
        .work_item = "DEMO-2",
        .repo = "ledger",
        .title = "Print balances with two decimals",
        .request = "1205 cents are printed as 12.05.",
        .promise = "its first try has a bug: a red test sends it back, the second try is merged and deployed",
        .state = "done",
        .stage = Stage::done,
        .verify = verify_mended},
    Chapter{
        .work_item = "DEMO-3",
        .repo = "courier",
        .title = "Name the sender on the label",
        .request = "A label can say who sent the parcel.",
        .promise = "its staging host refuses the ssh connection: held, and not blamed on the code",
        .state = "infra_hold",
        .stage = Stage::deploy_staging,
        .verify = verify_held},
    Chapter{.work_item = "DEMO-4",
            .repo = "shop",
            .title = "Let customers save a cart for later",
            .request = "A cart can be saved and opened again.",
            .promise = "waits for you: its analysis is yours to approve",
            .state = "waiting_human",
            .stage = Stage::analysis,
            .demo_approves = false,
            .verify = verify_waiting},
};

}  // namespace

std::span<const Chapter> chapters() {
  return k_chapters;
}

Problem judge(const Chapter& chapter, const DemoHost& host) {
  const auto task = host.get(path_of(chapter));
  if (!task.ok()) return task.error().message;
  const bool as_said = task.value().at("state") == chapter.state &&
                       task.value().at("stage") == to_string(chapter.stage);
  if (!as_said) {
    return task.value().at("state").get<std::string>() + " at " +
           task.value().at("stage").get<std::string>();
  }
  return chapter.verify(chapter, host, task.value());
}

}  // namespace orc::app
