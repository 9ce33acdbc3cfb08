// SPDX-License-Identifier: Apache-2.0
// Ends of a host that are no kill, and starts that do not find what was left: reboot, another's
// pid, a stopped host, a worker nobody told to end, children that will not.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <chrono>
#include <fstream>

#include "base/process_identity.h"
#include "base/time.h"
#include "support/host_harness.h"
#include "support/temp_dir.h"
#include "torture/world.h"

namespace orc::test {

namespace {

using Ms = World::Ms;
using Clock = std::chrono::steady_clock;

constexpr Ms k_limit{30'000};

class HostLives : public ::testing::Test {
 protected:
  void serve(const World::Variables& variables = {}) {
    world.start(variables);
    ASSERT_TRUE(world.wait_until_serving(k_limit)) << world.log();
  }
  // A task whose producer is at work.
  void begin(const std::string& title) {
    serve();
    ASSERT_TRUE(world.submit("L-1", title, "none", "review"));
    ASSERT_TRUE(eventually([&] { return world.runs() == 1; })) << world.log();
  }
  void kill_host() {
    world.signal(SIGKILL);
    ASSERT_TRUE(world.wait_for_end(k_limit));
  }
  bool eventually(const std::function<bool()>& is_true) {
    for (const auto deadline = Clock::now() + k_limit; Clock::now() < deadline;) {
      if (is_true()) return true;
      (void)wait_for_text(world.root() / "ledger", "never", Ms{10});
    }
    return is_true();
  }
  // As somebody with a shell.
  void edit(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(world.database().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  Task task() { return world.tasks().front(); }
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
};

TEST_F(HostLives, AfterARebootAJobRunsAgainAndNobodyIsSignalled) {
  begin("long");
  const std::vector<pid_t> workers = world.workers();
  ASSERT_EQ(workers.size(), 1U);
  kill_host();
  ::kill(workers.front(), SIGKILL);
  ASSERT_TRUE(wait_for_end(workers.front(), k_limit));
  edit("UPDATE hosts SET boot_id='00000000-0000-0000-0000-000000000000'");
  serve();
  ASSERT_TRUE(eventually([&] { return world.runs() == 2; })) << world.log();
  EXPECT_EQ(task().code_fail, 0);
  expect_sound();
}

TEST_F(HostLives, AnotherProcessUnderTheWorkersPidIsNeitherAdoptedNorSignalled) {
  begin("long");
  const std::vector<pid_t> workers = world.workers();
  ASSERT_EQ(workers.size(), 1U);
  kill_host();
  ::kill(workers.front(), SIGKILL);
  ASSERT_TRUE(wait_for_end(workers.front(), k_limit));
  // The lock file names a stranger, with a start time that is not its own.
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::pause();
    ::_exit(0);
  }
  for (const auto& job : std::filesystem::directory_iterator(world.state() / "jobs")) {
    std::ofstream(job.path() / "worker.lock")
        << R"({"pid":)" << stranger << R"(,"start_ticks":1,"boot_id":")" << boot_id() << R"("})";
  }
  serve();
  EXPECT_TRUE(eventually([&] { return world.runs() == 2; })) << world.log();
  EXPECT_EQ(::kill(stranger, 0), 0) << "the stranger lives";
  ::kill(stranger, SIGKILL);
  (void)wait_for_end(stranger, k_limit);
  expect_sound();
}

TEST_F(HostLives, AStepOfTheClockEndsNoWorkerThatWasAdopted) {
  begin("long");
  const std::vector<pid_t> workers = world.workers();
  ASSERT_EQ(workers.size(), 1U);
  kill_host();
  // What the claim wrote, as it looks after the clock has gone a month ahead.
  edit("UPDATE jobs SET started_at=started_at-2592000000,deadline_at=deadline_at-2592000000");
  serve();
  EXPECT_NE(world.log().find("worker.adopted"), std::string::npos) << world.log();
  // A worker past its limit is asked to end in the first turns; this command is a later one.
  ASSERT_TRUE(world.submit("L-2", "plain", "none"));
  EXPECT_EQ(world.log().find("worker.past_limit"), std::string::npos) << world.log();
  EXPECT_EQ(::kill(workers.front(), 0), 0) << "it goes on";
  expect_sound();
}

TEST_F(HostLives, AHostThatWasStoppedForAWhileGoesOnWhereItWas) {
  begin("slow");
  world.signal(SIGSTOP);
  const std::vector<pid_t> workers = world.workers();
  if (!workers.empty()) {
    ASSERT_TRUE(wait_for_end(workers.front(), k_limit));
  }
  world.signal(SIGCONT);
  ASSERT_TRUE(eventually([&] {
    world.push_on();
    return world.open_tasks() == 0;
  })) << world.log();
  expect_sound();
}

TEST_F(HostLives, ASecondHostOnTheFileIsRefusedInTwoSecondsWhileTheFirstIsStopped) {
  serve();
  const pid_t first = world.pid();
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  const auto start = Clock::now();
  const CommandResult second = run_program({"/proc/" + std::to_string(first) + "/exe", "serve",
                                            "-c", (world.root() / "orchestrator.yaml").string()},
                                           world.root());
  EXPECT_LT(Clock::now() - start, Ms{2'000});
  EXPECT_NE(second.exit_code, 0);
  EXPECT_NE(second.err.find("process " + std::to_string(first)), std::string::npos) << second.err;
  ASSERT_EQ(::kill(first, SIGCONT), 0);
}

TEST_F(HostLives, AnEndWithChildrenThatWillNotEndTakesNoLongerThanGraceAndFiveSeconds) {
  begin("stubborn");
  ASSERT_TRUE(
      eventually([&] { return HostHarness::processes_with("orchestrator-stubborn").size() >= 2; }));
  const auto start = Clock::now();
  world.signal(SIGINT);
  const auto end = world.wait_for_end(k_limit);
  EXPECT_EQ(end, 0) << world.log();
  EXPECT_LT(Clock::now() - start, Ms{500 + 5'000});
  EXPECT_EQ(world.processes(), std::vector<pid_t>{}) << "nothing is left";
  EXPECT_EQ(HostHarness::processes_with("orchestrator-stubborn"), std::vector<pid_t>{});
  expect_sound();
}

}  // namespace

}  // namespace orc::test
