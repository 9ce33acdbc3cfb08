// SPDX-License-Identifier: Apache-2.0
// A kill, or a failure, at every fail-point: whatever step it was, the same end state as without.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>

#include "base/failpoint.h"
#include "support/host_harness.h"
#include "support/temp_dir.h"
#include "torture/world.h"

namespace orc {

// In test names; the bytes of the row would differ with every start.
void PrintTo(const FailpointRow& row, std::ostream* out) {
  *out << row.name;
}

}  // namespace orc

namespace orc::test {

namespace {

using Ms = World::Ms;

constexpr Ms k_limit{60'000};
constexpr std::size_t k_stages = 7;

// What it takes to come by a point, and how many attempts an undisturbed run of that has.
struct Scenario {
  const char* title = "plain";
  std::size_t attempts = k_stages;
  bool killed_at_staging = false;  // once, with a worker at work there
  const char* repo = "code";

  bool is_watched() const { return std::string_view(repo) == "watched"; }
};

Scenario scenario_of(Failpoint point) {
  if (point == Failpoint::next_job_queued) return {.title = "defers", .attempts = 2 * k_stages};
  const bool at_start = point == Failpoint::lease_reclaimed ||
                        point == Failpoint::recovery_adopted ||
                        point == Failpoint::recovery_durable;
  if (at_start) return {.title = "slow", .killed_at_staging = true};
  constexpr std::array k_after_deploy{Failpoint::monitor_sampled,   Failpoint::monitor_decided,
                                      Failpoint::rollback_intended, Failpoint::rollback_begun,
                                      Failpoint::rollback_ran,      Failpoint::rollback_noted};
  if (std::find(k_after_deploy.begin(), k_after_deploy.end(), point) != k_after_deploy.end())
    return {.repo = "watched"};
  return {};
}

class FailpointMatrix : public ::testing::TestWithParam<FailpointRow> {
 protected:
  // Starts the host again whenever it has died, until the task is done.
  void see_it_through(const World::Variables& variables) {
    const auto deadline = std::chrono::steady_clock::now() + k_limit;
    while (std::chrono::steady_clock::now() < deadline) {
      if (!world.lives()) world.start(variables);
      if (world.wait_until_serving(Ms{10'000})) {
        const auto tasks = world.tasks();
        if (tasks.empty()) world.submit("M-1", scenario.title, scenario.repo);
        if (!tasks.empty() && is_over(tasks.front())) return;
        if (!tasks.empty()) kill_at_staging(tasks.front());
        world.push_on();
      }
      (void)world.wait_for_end(Ms{20});
    }
    ADD_FAILURE() << "not done\n" << world.log();
  }

  bool is_over(const Task& task) const {
    if (task.state != TaskState::done || !scenario.is_watched()) return task.state == TaskState::done;
    const std::optional<Monitor> monitor = world.monitor(task.id);
    return monitor && monitor->rollback != RollbackState::none &&
           monitor->rollback != RollbackState::intended;
  }

  // The service got worse with its deploy: one alert, and the command has run once, or nobody knows.
  void expect_one_rollback(bool was_killed) {
    const Monitor monitor = world.monitor(world.tasks().front().id).value();
    const auto point = GetParam().point;
    const bool nobody_knows =
        was_killed && (point == Failpoint::rollback_begun || point == Failpoint::rollback_ran);
    EXPECT_EQ(monitor.state, MonitorState::degraded);
    EXPECT_EQ(monitor.rollback,
              nobody_knows ? RollbackState::unknown : RollbackState::succeeded)
        << monitor.rollback_text;
    const std::string ran = read_text(folder.path() / "world" / "rollbacks");
    const bool before_it_ran = was_killed && point == Failpoint::rollback_begun;
    EXPECT_EQ(std::count(ran.begin(), ran.end(), '\n'), before_it_ran ? 0 : 1);
    EXPECT_EQ(world.alerts("degraded:M-1"), 1);
    EXPECT_EQ(world.alerts("rollback:M-1"), nobody_knows ? 1 : 0);
  }

  void kill_at_staging(const Task& task) {
    if (!scenario.killed_at_staging || killed || task.stage != Stage::deploy_staging ||
        world.workers().empty())
      return;
    killed = true;
    world.signal(SIGKILL);
  }

  void expect_the_undisturbed_end() {
    std::vector<std::string> path;
    for (const Event& event : world.events()) {
      if (event.kind == "stage.transition")
        path.push_back(event.text.substr(0, event.text.find(':')));
    }
    EXPECT_EQ(path, (std::vector<std::string>{"analysis → architecture",
                                              "architecture → development", "development → review",
                                              "review → testing", "testing → deploy-staging",
                                              "deploy-staging → deploy", "deploy → done"}));
    const Task task = world.tasks().front();
    EXPECT_EQ(task.code_fail, 0);
    const std::string merged = read_text(folder.path() / "world" / "merged");
    EXPECT_EQ(std::count(merged.begin(), merged.end(), '\n'), 1) << "merged:\n" << merged;
    EXPECT_GE(world.runs(), scenario.attempts);
    EXPECT_LE(world.runs(), scenario.attempts + 1) << "one attempt at most is lost";
    EXPECT_EQ(world.ran_twice(), std::vector<std::string>{});
    for (const auto& v : world.violations())
      ADD_FAILURE() << v.invariant << " " << v.check << ": " << v.row << ": " << v.problem;
    world.signal(SIGTERM);
    EXPECT_EQ(world.wait_for_end(Ms{30'000}), 0);
    EXPECT_EQ(world.processes(), std::vector<pid_t>{});
  }

  void survive(const std::string& action) {
    const auto fired = folder.path() / "fired";
    see_it_through({{"ORCH_FAILPOINT", std::string(GetParam().name) + ":" + action},
                    {"ORCH_FAILPOINT_ONCE", fired.string()}});
    EXPECT_TRUE(std::filesystem::exists(fired)) << "the fail-point was never reached";
    if (scenario.is_watched()) expect_one_rollback(action == "kill");
    expect_the_undisturbed_end();
  }

  TempDir folder;
  World world{[this] {
    std::filesystem::create_directory(folder.path() / "world");
    return folder.path() / "world";
  }()};
  const Scenario scenario = scenario_of(GetParam().point);
  bool killed = false;
};

TEST_P(FailpointMatrix, AKillThereEndsLikeAnUndisturbedRun) {
  survive("kill");
}

TEST_P(FailpointMatrix, AFailureThereEndsLikeAnUndisturbedRun) {
  survive("error");
}

INSTANTIATE_TEST_SUITE_P(Each, FailpointMatrix, ::testing::ValuesIn(k_failpoints),
                         [](const auto& each) {
                           std::string name(each.param.name);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace

}  // namespace orc::test
