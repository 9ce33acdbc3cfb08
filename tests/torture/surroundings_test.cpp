// SPDX-License-Identifier: Apache-2.0
// A running host whose surroundings change under it: the wall clock is set, the disk turns
// read-only, fails or fills up, and comes back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "support/host_harness.h"
#include "support/paths.h"
#include "support/temp_dir.h"
#include "torture/disturbance.h"
#include "torture/world.h"

namespace orc::test {

namespace {

using Ms = World::Ms;
using Clock = std::chrono::steady_clock;

constexpr Ms k_limit{30'000};
constexpr std::int64_t k_month = 30 * 24 * 3600;

class Surroundings : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string file = (folder.path() / "disturbance").string();
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::ftruncate(fd, sizeof(Disturbance)), 0);
    void* mapped = ::mmap(nullptr, sizeof(Disturbance), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    ASSERT_NE(mapped, MAP_FAILED);
    shared = new (mapped) Disturbance{};
    world.start({{"LD_PRELOAD", bin_dir() + "/../torture-plugins/preload/disturbing.so"},
                 {k_disturbance_file, file},
                 {k_disturbed_folder, world.state().string()}});
    ASSERT_TRUE(world.wait_until_serving(k_limit)) << world.log();
  }
  void TearDown() override {
    if (shared != nullptr) ::munmap(shared, sizeof(Disturbance));
  }
  bool eventually(const std::function<bool()>& is_true) {
    for (const auto deadline = Clock::now() + k_limit; Clock::now() < deadline;) {
      if (is_true()) return true;
      (void)wait_for_text(world.root() / "ledger", "never", Ms{10});
    }
    return is_true();
  }
  void step_wall_clock(std::int64_t seconds) { shared->wall_step_seconds += seconds; }
  bool everything_ends() {
    return eventually([&] {
      world.push_on();
      return world.open_tasks() == 0;
    });
  }
  void expect_sound() {
    for (const auto& v : world.violations())
      ADD_FAILURE() << v.invariant << " " << v.check << ": " << v.row << ": " << v.problem;
    EXPECT_EQ(world.ran_twice(), std::vector<std::string>{});
  }

  TempDir folder;
  World world{[this] {
    std::filesystem::create_directory(folder.path() / "world");
    return folder.path() / "world";
  }()};
  Disturbance* shared = nullptr;
};

class SteppedClock : public Surroundings, public ::testing::WithParamInterface<std::int64_t> {};

TEST_P(SteppedClock, EndsNoRunningWorkerAndKeepsNoJobWaiting) {
  ASSERT_TRUE(world.submit("C-1", "long", "none", "review"));
  ASSERT_TRUE(world.submit("C-2", "long", "none", "review"));
  ASSERT_TRUE(world.submit("C-3", "long", "none", "review"));
  ASSERT_TRUE(eventually([&] { return world.runs() == 3; })) << world.log();
  // Every worker is taken: this one's job is queued before the step, for a time of the old clock.
  ASSERT_TRUE(world.submit("C-4", "plain", "none", "review"));
  step_wall_clock(GetParam());
  ASSERT_TRUE(world.submit("C-5", "defers", "none", "review"));
  EXPECT_EQ(world.workers().size(), 3U) << "the workers go on";
  ASSERT_TRUE(world.order("cancel", "C-1"));
  ASSERT_TRUE(eventually([&] {
    world.push_on();
    return world.open_tasks() == 2;
  })) << world.log();
  EXPECT_EQ(world.log().find("worker.past_limit"), std::string::npos) << world.log();
  EXPECT_EQ(world.workers().size(), 2U) << "the workers go on";
  ASSERT_TRUE(world.order("cancel", "C-2"));
  ASSERT_TRUE(world.order("cancel", "C-3"));
  ASSERT_TRUE(everything_ends()) << world.log();
  // The check reads a clock of its own: of the minute that a cancelled worker has it knows nothing.
  ASSERT_TRUE(eventually([&] { return world.workers().empty(); })) << world.log();
  expect_sound();
}

INSTANTIATE_TEST_SUITE_P(Step, SteppedClock, ::testing::Values(k_month, -k_month),
                         [](const auto& step) {
                           return std::string(step.param > 0 ? "AMonthAhead" : "AMonthBack");
                         });

class FailingDisk : public Surroundings, public ::testing::WithParamInterface<int> {};

TEST_P(FailingDisk, ChangesNothingAndGoesOnWhenItIsBack) {
  ASSERT_TRUE(world.submit("D-1", "slow", "none", "review"));
  ASSERT_TRUE(world.submit("D-2", "plain", "code"));
  ASSERT_TRUE(eventually([&] { return world.runs() >= 1; })) << world.log();
  shared->write_error = GetParam();
  EXPECT_FALSE(world.submit("D-3", "plain", "none", "review"))
      << "a command that was not written is refused";
  EXPECT_TRUE(eventually([&] {
    return world.log().find("engine.batch_refused") != std::string::npos;
  })) << world.log();
  for (const pid_t worker : world.workers()) (void)wait_for_end(worker, k_limit);
  EXPECT_TRUE(world.lives()) << world.log();
  expect_sound();
  shared->write_error = 0;
  ASSERT_TRUE(eventually([&] { return world.submit("D-3", "plain", "none", "review"); }))
      << world.log();
  ASSERT_TRUE(everything_ends()) << world.log();
  EXPECT_EQ(world.tasks().size(), 3U);
  expect_sound();
}

INSTANTIATE_TEST_SUITE_P(Errors, FailingDisk, ::testing::Values(EROFS, ENOSPC, EIO),
                         [](const auto& error) {
                           switch (error.param) {
                             case EROFS:
                               return std::string("ReadOnly");
                             case ENOSPC:
                               return std::string("Full");
                             default:
                               return std::string("Broken");
                           }
                         });

}  // namespace

}  // namespace orc::test
