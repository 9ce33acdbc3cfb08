// SPDX-License-Identifier: Apache-2.0
// Ends that meet in the same moment, ten thousand times.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "store/row_audit.h"
#include "unit/engine/engine_harness.h"

namespace orc::engine::test {

namespace {

constexpr int k_times = 10'000;

std::string name_of_task(int number) {
  return "R-" + std::to_string(number);
}

}  // namespace

TEST(Races, ACancelAgainstACompletionLeavesOneEndTenThousandTimes) {
  EngineHarness harness([](config::Generation& generation) { generation.config.workers = 8; });
  std::atomic<int> submitted{0};
  std::atomic<int> answered{0};
  std::atomic<int> cancelled{0};
  std::thread canceller([&] {
    for (int i = 0; i < k_times; ++i) {
      submitted.wait(i);  // at least this one is there
      while (submitted.load() <= i) submitted.wait(submitted.load());
      harness.engine().post(Cancel{name_of_task(i), "race"}, {"alice", "cli"},
                            [&](const Answer& answer) {
                              cancelled += answer.kind == Answer::Kind::done ? 1 : 0;
                              ++answered;
                              answered.notify_all();
                            });
    }
  });
  for (int i = 0; i < k_times; ++i) {
    harness.engine().post(Submit{.work_item = name_of_task(i), .title = "race", .repo = "demo"},
                          {"alice", "cli"}, [&](const Answer&) {
                            ++submitted;
                            submitted.notify_all();
                          });
  }
  canceller.join();
  for (int seen = answered.load(); seen < k_times; seen = answered.load()) answered.wait(seen);
  EXPECT_EQ(cancelled.load(), k_times) << "a task that waits or works can be cancelled";
  std::set<std::string> ends;
  for (int i = 0; i < k_times; ++i) {
    const auto task = harness.reader().task(name_of_task(i));
    ASSERT_TRUE(task.ok() && task.value());
    ASSERT_EQ(task.value()->state, TaskState::cancelled);
    const auto jobs = harness.reader().jobs(task.value()->id);
    ASSERT_TRUE(jobs.ok());
    ASSERT_EQ(jobs.value().size(), 1U) << "nothing is queued after a cancel, and nothing ran twice";
    ends.insert(jobs.value().front().outcome);
  }
  EXPECT_TRUE(ends.contains("verdict")) << "no completion ever won: nothing raced";
  EXPECT_TRUE(ends.contains("cancelled")) << "no cancel ever won: nothing raced";
  const auto audit = store::open_sqlite_row_audit(harness.database(), Millis{5000});
  ASSERT_TRUE(audit.ok());
  const auto violations = audit.value()->check_rows(true);
  ASSERT_TRUE(violations.ok());
  for (const auto& v : violations.value())
    ADD_FAILURE() << v.check << ": " << v.row << ": " << v.problem;
}

}  // namespace orc::engine::test
