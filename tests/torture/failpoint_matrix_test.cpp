// SPDX-License-Identifier: Apache-2.0
// A kill, or a failure, at every fail-point: whatever step it was, the same end state as without.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "base/failpoint.h"
#include "support/temp_dir.h"
#include "torture/world.h"

namespace orc::test {

namespace {

using Ms = World::Ms;

constexpr Ms k_limit{60'000};
constexpr std::size_t k_stages = 7;

class FailpointMatrix : public ::testing::TestWithParam<FailpointRow> {
 protected:
  // Starts the host again whenever it has died, until the task is done.
  void see_it_through(const World::Variables& variables) {
    const auto deadline = std::chrono::steady_clock::now() + k_limit;
    bool submitted = false;
    while (std::chrono::steady_clock::now() < deadline) {
      if (!world.lives()) {
        world.start(variables);
        ++starts;
      }
      if (world.wait_until_serving(Ms{10'000})) {
        const auto tasks = world.tasks();
        submitted = !tasks.empty() || (world.submit("M-1", "plain", "code") && submitted);
        if (!tasks.empty() && tasks.front().state == TaskState::done) return;
        world.push_on();
      }
      (void)world.wait_for_end(Ms{20});
    }
    ADD_FAILURE() << "not done\n" << world.log();
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
    EXPECT_GE(world.runs(), k_stages);
    EXPECT_LE(world.runs(), k_stages + 1) << "one attempt at most is lost";
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
    expect_the_undisturbed_end();
  }

  TempDir folder;
  World world{[this] {
    std::filesystem::create_directory(folder.path() / "world");
    return folder.path() / "world";
  }()};
  int starts = 0;
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
