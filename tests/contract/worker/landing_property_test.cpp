// SPDX-License-Identifier: Apache-2.0
// Random interleavings of pushes, merges, closes and crashes, by the real worker on real
// repositories: what landed is what was tested, nothing landed twice, nothing was lost. What is done
// follows from the seed, which is printed with every failure.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>

#include "git/repository.h"
#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

constexpr int k_steps = 28;
constexpr int k_last_rounds = 12;

struct Try {
  std::string branch;
  std::string work_item;
  std::string head;                   // that the host accepted
  std::optional<MergeCandidate> intent;    // durable before a landing begins
  std::optional<std::string> landed;  // as the host has noted it
  bool closed = false;
  std::vector<std::string> tested;    // content ids
};

class Landing : public WorkerTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(seed_);
    git(seed_, {"init", "-q", "-b", "main", "."});
    write(seed_ / "readme", "start\n");
    commit("Start");
    git(temp_.path(), {"clone", "-q", "--bare", seed_.string(), forge_.string()});
    git(seed_, {"remote", "add", "forge", forge_.string()});
    const std::string root = temp_.path().string();
    hook("update", "[ \"$1\" = refs/heads/main ] || exit 0\n"
                   "git merge-base --is-ancestor \"$2\" \"$3\" || { echo forced >>" + root +
                   "/forced; exit 1; }\necho \"$3\" >>" + root + "/updates\n");
    hook("post-receive", "[ -e " + root + "/lose ] || exit 0\nrm " + root +
                         "/lose\nkill -9 $PPID\n");
    for (int i = 0; i < 3; ++i) {
      const std::string name = "T-" + std::to_string(i);
      git(seed_, {"checkout", "-q", "-b", "task/" + name, "main"});
      write(seed_ / (name + ".txt"), name + "\n");
      tries_.push_back({.branch = "task/" + name, .work_item = name, .head = commit(name)});
      git(seed_, {"push", "-q", "forge", "task/" + name});
    }
    request_.clone_url = forge_.string();
    add_probe("accept");
  }

  static void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string git(const std::filesystem::path& folder,
                         std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-c", "user.name=Test", "-c", "user.email=test@localhost"});
    process::RunSpec spec;
    spec.spawn.argv = std::move(arguments);
    spec.spawn.env = process::base_environment();
    spec.spawn.cwd = folder;
    process::RunResult result = process::run(spec);
    if (!result.out.empty() && result.out.back() == '\n') result.out.pop_back();
    return result.out;
  }
  std::string commit(const std::string& message) const {
    git(seed_, {"add", "--all"});
    git(seed_, {"commit", "-q", "-m", message});
    return git(seed_, {"rev-parse", "HEAD"});
  }
  void hook(const std::string& name, const std::string& script) const {
    write(forge_ / "hooks" / name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(forge_ / "hooks" / name, std::filesystem::perms::owner_all);
  }

  // One attempt of a job; `failpoint`: where its worker is killed.
  jobs::WorkerReport attempt(Try& task, JobKind kind, const std::string& failpoint) {
    request_.kind = kind;
    request_.stage = Stage::deploy_staging;
    request_.job = JobId{++jobs_};
    request_.run_id = temp_.path().filename().string() + "-" + std::to_string(jobs_);
    request_.work_item = task.work_item;
    request_.branch = task.branch;
    request_.head_commit = task.head;
    request_.edge = {.gates = {EdgeGate::merge},
                     .tested_contents = task.tested,
                     .landing = kind == JobKind::land ? task.intent : std::nullopt};
    folder_ = temp_.path() / "jobs" / (std::to_string(jobs_) + "-1");
    request_.verification = temp_.path() / "verify" / std::to_string(jobs_);
    request_.worktree = temp_.path() / "work" / task.work_item;
    // A server of its own: what it inherits, its worker does.
    if (!failpoint.empty()) ::setenv("ORCH_FAILPOINT", (failpoint + ":kill").c_str(), 1);
    server_.emplace(std::filesystem::path(test::bin_dir()) / "orchestrator-worker");
    start();
    ::unsetenv("ORCH_FAILPOINT");
    return wait();
  }

  std::string pick(std::span<const std::string_view> from) {
    return std::string(from[random_() % from.size()]);
  }

  void judge(Try& task) {
    constexpr std::array<std::string_view, 4> k_points{"", "", "edge.judged", "outcome.made"};
    const jobs::WorkerReport report = attempt(task, JobKind::edge, pick(k_points));
    const auto* result = std::get_if<EdgeResult>(&report.outcome);
    if (result == nullptr || result->end != EdgeEnd::passed) return;
    ASSERT_TRUE(report.candidate.has_value());
    task.intent = report.candidate;
    task.head = report.candidate->commit;
    task.tested.push_back(report.candidate->content_id);
    tested_trees_.insert(report.candidate->tree);
  }

  void land(Try& task) {
    constexpr std::array<std::string_view, 8> k_points{
        "", "", "", "land.begun", "land.branch_pushed", "land.pushed", "outcome.made", ""};
    if (random_() % 5 == 0) write(temp_.path() / "lose", "");
    const jobs::WorkerReport report = attempt(task, JobKind::land, pick(k_points));
    std::filesystem::remove(temp_.path() / "lose");
    const auto* result = std::get_if<EdgeResult>(&report.outcome);
    if (result == nullptr) return;
    EXPECT_NE(result->end, EdgeEnd::failed) << result->text;
    if (result->end == EdgeEnd::base_moved) task.intent.reset();
    if (result->end == EdgeEnd::passed) task.landed = report.candidate->commit;
  }

  void push_to_main() {
    git(seed_, {"checkout", "-q", "main"});
    git(seed_, {"pull", "-q", "--ff-only", "forge", "main"});
    const std::string name = "foreign-" + std::to_string(foreign_.size());
    write(seed_ / name, name + "\n");
    foreign_.push_back(commit(name));
    git(seed_, {"push", "-q", "forge", "main"});
  }

  void step() {
    Try& task = tries_[random_() % tries_.size()];
    const auto what = random_() % 10;
    if (what == 0) return push_to_main();
    if (what == 1 && !task.landed && closed_ == 0) {
      ++closed_;
      task.closed = true;
      return;
    }
    if (task.closed || task.landed) return;
    if (task.intent) {
      land(task);
    } else {
      judge(task);
    }
  }

  bool main_holds(const std::string& commit) const {
    return git(forge_, {"merge-base", "--is-ancestor", commit, "main"}).empty() &&
           git(forge_, {"branch", "--contains", commit, "--format=%(refname:short)"})
                   .find("main") != std::string::npos;
  }

  void expect_invariants() {
    EXPECT_FALSE(std::filesystem::exists(temp_.path() / "forced"));
    for (const std::string& commit : foreign_) EXPECT_TRUE(main_holds(commit)) << "lost a push";
    std::ifstream updates(temp_.path() / "updates");
    std::multiset<std::string> landed;
    for (std::string line; std::getline(updates, line);) landed.insert(line);
    for (const std::string& commit : landed)
      EXPECT_EQ(landed.count(commit), 1U) << commit << " landed twice";
    for (const std::string& commit : landed) {
      if (std::find(foreign_.begin(), foreign_.end(), commit) != foreign_.end()) continue;
      EXPECT_TRUE(tested_trees_.contains(git(forge_, {"rev-parse", commit + "^{tree}"})))
          << commit << " landed and was not tested";
    }
    for (const Try& task : tries_) {
      if (!task.landed) continue;
      EXPECT_TRUE(main_holds(*task.landed)) << task.work_item << " was lost";
      EXPECT_EQ(git(forge_, {"show", "main:" + task.work_item + ".txt"}), task.work_item);
    }
    // Each task's change is on main once, whatever was tried.
    for (const Try& task : tries_) {
      const std::string log =
          git(forge_, {"log", "--format=%s", "main", "--", task.work_item + ".txt"});
      EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 0) << task.work_item << ":\n" << log;
    }
  }

  const std::filesystem::path seed_ = temp_.path() / "seed";
  const std::filesystem::path forge_ = temp_.path() / "forge.git";
  std::vector<Try> tries_;
  std::vector<std::string> foreign_;
  std::set<std::string> tested_trees_;
  std::mt19937 random_{GetParam()};
  std::int64_t jobs_ = 0;
  int closed_ = 0;
};

TEST_P(Landing, IsWhatWasTestedOnceAndForGood) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  for (int i = 0; i < k_steps && !HasFailure(); ++i) step();
  for (int round = 0; round < k_last_rounds; ++round) {
    for (Try& task : tries_) {
      if (task.closed || task.landed) continue;
      if (!task.intent) judge(task);
      if (task.intent) land(task);
    }
  }
  expect_invariants();
  for (const Try& task : tries_) EXPECT_TRUE(task.closed || task.landed) << task.work_item;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Landing, ::testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace orc::worker
