// SPDX-License-Identifier: Apache-2.0
// Everybody who may move a task moves the same task at the same time.
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <barrier>
#include <functional>
#include <thread>

#include "support/host_harness.h"
#include "support/temp_dir.h"
#include "torture/world.h"

namespace orc::test {

namespace {

using Ms = World::Ms;
using Clock = std::chrono::steady_clock;

constexpr int k_rounds = 200;
constexpr Ms k_limit{30'000};

TEST(FiveActors, OnOneTaskMakeOneEffectARound) {
  TempDir folder;
  std::filesystem::create_directory(folder.path() / "world");
  World world(folder.path() / "world");
  world.start();
  ASSERT_TRUE(world.wait_until_serving(k_limit)) << world.log();
  std::string task;
  std::atomic<int> approved = 0;
  const auto approve = [&] { approved += world.order("approve", task) ? 1 : 0; };
  // Two people approve; one releases a hold that is not there, one retries what did not fail, and
  // the configuration is read again.
  const std::array<std::function<void()>, 5> actors{
      approve, approve, [&] { world.order("release", task); },
      [&] { world.order("retry", task); }, [&] { world.signal(SIGHUP); }};
  bool ended = false;
  std::barrier gate(static_cast<std::ptrdiff_t>(actors.size()) + 1);
  std::vector<std::jthread> threads;
  for (const auto& act : actors) {
    threads.emplace_back([&] {
      for (;;) {
        gate.arrive_and_wait();
        if (ended) return;
        act();
        gate.arrive_and_wait();
      }
    });
  }
  const auto state_is = [&](TaskState wanted) {
    for (const auto deadline = Clock::now() + k_limit; Clock::now() < deadline;) {
      const std::vector<Task> tasks = world.tasks();
      if (!tasks.empty() && tasks.back().work_item == task && tasks.back().state == wanted)
        return true;
      (void)wait_for_text(world.root() / "ledger", "never", Ms{2});
    }
    return false;
  };
  int finished = 0;
  for (int round = 1; round <= k_rounds; ++round) {
    task = "A-" + std::to_string(round);
    if (!world.submit(task, "plain", "none", "deploy-staging")) break;
    if (!state_is(TaskState::waiting_human)) break;
    gate.arrive_and_wait();
    gate.arrive_and_wait();
    if (!state_is(TaskState::done)) break;
    ++finished;
  }
  ended = true;
  gate.arrive_and_wait();
  threads.clear();
  EXPECT_EQ(finished, k_rounds) << world.log();
  EXPECT_EQ(approved, k_rounds) << "of two approvals one wins";
  EXPECT_EQ(world.runs(), static_cast<std::size_t>(2 * k_rounds)) << "staging and deploy, once";
  EXPECT_EQ(world.ran_twice(), std::vector<std::string>{});
  for (const auto& v : world.violations())
    ADD_FAILURE() << v.invariant << " " << v.check << ": " << v.row << ": " << v.problem;
}

}  // namespace

}  // namespace orc::test
