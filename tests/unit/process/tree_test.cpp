// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <future>
#include <thread>

#include "base/digest.h"
#include "process/process.h"
#include "process/sweep.h"
#include "process/table.h"
#include "unit/process/shell.h"

namespace orc::process {
namespace {

using test::k_env;
using test::lives;
using test::marked;
using test::pid_in;
using test::shell;

class ProcessTree : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(become_subreaper().ok()); }
  void TearDown() override {
    sweep_descendants(Millis{0}, test::k_deadline);
    EXPECT_TRUE(descendants(::getpid()).empty());
  }
};

// Reads the first line of a child's stdout, then leaves the child running.
struct Started {
  Child child;
  std::string line;
};
Started start_detached(const std::string& script, const Environment& env) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  auto started = spawn({.argv = {"/bin/sh", "-c", script}, .env = env, .stdout_fd = writer.get()});
  writer.reset();
  Started result;
  result.child = std::move(std::get<Child>(started));
  for (char c = 0; ::read(reader.get(), &c, 1) == 1 && c != '\n';) result.line += c;
  return result;
}

// A program that is as hard to end as can be: deaf, in another session, and its parent is gone.
TEST_F(ProcessTree, ARunEndsAnEscapeeThatLeftItsSessionAndItsParent) {
  const RunResult result = run(shell(test::escapee()));
  EXPECT_EQ(std::get<Exited>(result.end).code, 0);
  ASSERT_FALSE(result.out.empty());
  EXPECT_FALSE(lives(pid_in(result.out)));
  EXPECT_TRUE(descendants(::getpid()).empty());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";
}

TEST_F(ProcessTree, ATimeoutEndsTheWholeTree) {
  RunSpec spec = shell(test::escapee() + "; (trap '' TERM; sleep 100; sleep 100) & echo $!; wait");
  spec.timeout = Millis{300};
  spec.grace = Millis{200};
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_TRUE(descendants(::getpid()).empty());
}

TEST_F(ProcessTree, AProcessThatForksAllTheTimeIsEnded) {
  const RunResult result = run(shell(
      "setsid -f sh -c 'trap \"\" TERM; f() { sh -c : ; f & exit; }; exec >/dev/null 2>&1; f'"));
  EXPECT_EQ(std::get<Exited>(result.end).code, 0);
  EXPECT_TRUE(descendants(::getpid()).empty());
}

TEST_F(ProcessTree, ARunLeavesOtherChildrenAlone) {
  const Started other = start_detached("echo up; exec sleep 100", k_env);
  const RunResult result = run(shell("sleep 100 & echo $!"));
  EXPECT_FALSE(lives(pid_in(result.out)));
  EXPECT_FALSE(test::has_ended(other.child, Millis{0}));
}

TEST_F(ProcessTree, ARunLeavesTheOrphansOfAnotherChildsSessionAlone) {
  const Started other = start_detached("(sleep 100 & echo $!); exec sleep 100", k_env);
  run(shell(test::escapee()));
  EXPECT_TRUE(lives(pid_in(other.line)));
}

TEST_F(ProcessTree, ARunLeavesAChildAloneThatItDidNotStart) {
  const pid_t forked = ::fork();
  if (forked == 0) {
    ::pause();
    ::_exit(0);
  }
  // Start times count in hundredths of a second: the run must not begin in the same one.
  const std::uint64_t born = ticks_now();
  while (ticks_now() <= born + 1) std::this_thread::yield();
  run(shell(test::escapee()));
  EXPECT_EQ(::waitpid(forked, nullptr, WNOHANG), 0);
}

TEST_F(ProcessTree, TheRunIdTellsTwoRunsOrphansApart) {
  const Started other = start_detached(test::escapee() + "; exec sleep 100", marked("other"));
  const RunResult result = run(shell(test::escapee(), marked("mine")));
  EXPECT_FALSE(lives(pid_in(result.out)));
  EXPECT_TRUE(lives(pid_in(other.line)));
}

TEST_F(ProcessTree, RunsInTwoThreadsDoNotEndEachOther) {
  constexpr int k_rounds = 3;
  const auto many = [](const std::string& run_id) {
    for (int i = 0; i < k_rounds; ++i) {
      const RunResult result =
          run(shell(test::escapee() + "; sleep 0.01 & wait; exit 7", marked(run_id)));
      if (std::get<Exited>(result.end).code != 7) return false;
    }
    return true;
  };
  auto first = std::async(std::launch::async, many, "first");
  auto second = std::async(std::launch::async, many, "second");
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(descendants(::getpid()).empty());
}

TEST_F(ProcessTree, TheSweepEndsEverythingButTheSparedChildAndItsDescendants) {
  const Started spared = start_detached("sleep 100 & echo $!; wait", k_env);
  const Started other = start_detached(test::escapee() + "; exec sleep 100", k_env);
  const Sweep sweep =
      sweep_descendants(Millis{100}, test::k_deadline, {spare(spared.child.pid)});
  EXPECT_GE(sweep.killed, 2);
  EXPECT_EQ(sweep.left, 0);
  EXPECT_FALSE(lives(pid_in(other.line)));
  EXPECT_FALSE(test::has_ended(spared.child, Millis{0}));
  EXPECT_TRUE(lives(pid_in(spared.line)));
  EXPECT_EQ(descendants(::getpid()).size(), 2U);
}

TEST_F(ProcessTree, TheSweepEndsAProcessThatBearsASparedNumberAlone) {
  const Started other = start_detached("sleep 100 & echo $!; wait", k_env);
  Spared earlier = spare(other.child.pid);
  --earlier.start_ticks;
  const Sweep sweep = sweep_descendants(Millis{0}, test::k_deadline, {earlier});
  EXPECT_EQ(sweep.left, 0);
  EXPECT_FALSE(lives(pid_in(other.line)));
}

TEST_F(ProcessTree, TheSweepSparesWhatASparedChildLeftInItsSession) {
  const Started spared = start_detached("sleep 100 & echo $!", k_env);
  const Spared mark = spare(spared.child.pid);
  ASSERT_TRUE(test::has_ended(spared.child, test::k_deadline));
  sweep_descendants(Millis{0}, test::k_deadline, {mark});
  EXPECT_TRUE(lives(pid_in(spared.line)));
}

TEST_F(ProcessTree, NothingIsSparedForAProcessThatIsNoChild) {
  EXPECT_EQ(spare(1).start_ticks, 0U);
}

TEST_F(ProcessTree, TheSweepEndsStoppedProcessesWithoutTheFullGrace) {
  start_detached("echo up; kill -STOP $$; sleep 100", k_env);
  const MonoTime began = mono_now();
  const Sweep sweep = sweep_descendants(test::k_deadline, test::k_deadline);
  EXPECT_EQ(sweep.left, 0);
  EXPECT_LT(mono_now() - began, Millis{5'000});
}

TEST_F(ProcessTree, AnEmptyTreeIsSweptAtOnce) {
  const Sweep sweep = sweep_descendants(test::k_deadline, test::k_deadline);
  EXPECT_EQ(sweep.killed, 0);
  EXPECT_EQ(sweep.left, 0);
}

TEST_F(ProcessTree, SurvivorsAreFoundByTheirRunId) {
  const std::string run_id = random_hex(16);
  const Started child = start_detached("echo up; exec sleep 100", marked(run_id));
  EXPECT_EQ(find_by_run_id(run_id), std::vector<pid_t>{child.child.pid});
  EXPECT_TRUE(find_by_run_id(run_id.substr(1)).empty());
  EXPECT_TRUE(find_by_run_id("").empty());
}

TEST_F(ProcessTree, DescendantsAreFoundThroughAllGenerations) {
  const Started child = start_detached("sh -c 'sleep 100 & echo $!; wait'; :", k_env);
  const std::vector<pid_t> found = descendants(::getpid());
  EXPECT_EQ(found.size(), 3U);
  EXPECT_NE(std::find(found.begin(), found.end(), pid_in(child.line)), found.end());
  EXPECT_EQ(descendants(child.child.pid).size(), 2U);
}

}  // namespace
}  // namespace orc::process
