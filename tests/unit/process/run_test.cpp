// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>

#include "base/kill_counts.h"
#include "process/process.h"
#include "unit/process/shell.h"

namespace orc::process {
namespace {

using test::k_env;
using test::shell;

class Run : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(become_subreaper().ok()); }
};

TEST_F(Run, ReportsTheExitCode) {
  EXPECT_EQ(std::get<Exited>(run(shell("exit 0")).end).code, 0);
  EXPECT_EQ(std::get<Exited>(run(shell("exit 255")).end).code, 255);
}

TEST_F(Run, ReportsTheSignal) {
  EXPECT_EQ(std::get<Signalled>(run(shell("kill -SEGV $$")).end).signal, SIGSEGV);
}

TEST_F(Run, ReportsAProgramThatCouldNotStart) {
  RunSpec spec;
  spec.spawn = {.argv = {"no-such-program"}, .env = k_env};
  const RunResult result = run(spec);
  EXPECT_EQ(std::get<NotStarted>(result.end).error_number, ENOENT);
  EXPECT_EQ(result.out, "");
}

std::int64_t counted(const std::vector<KillCount>& kills, std::string_view signal,
                     std::string_view reason) {
  for (const KillCount& kill : kills)
    if (kill.signal == signal && kill.reason == reason) return kill.count;
  return 0;
}

TEST_F(Run, CountsTheSignalsThatEndAProgramPastItsLimit) {
  take_kill_counts();
  RunSpec spec = shell("trap '' TERM; while :; do sleep 0.05; done");
  spec.timeout = Millis{50};
  spec.grace = Millis{50};
  EXPECT_TRUE(std::holds_alternative<TimedOut>(run(spec).end));
  const std::vector<KillCount> kills = take_kill_counts();
  EXPECT_EQ(counted(kills, "SIGTERM", "timeout"), 1);
  EXPECT_EQ(counted(kills, "SIGKILL", "timeout"), 1);
  EXPECT_EQ(counted(kills, "SIGTERM", "leftover"), 0);
}

TEST_F(Run, CountsWhatOutlivedItsProgramAsLeftOver) {
  take_kill_counts();
  EXPECT_EQ(std::get<Exited>(run(shell("sleep 60 & exit 0")).end).code, 0);
  const std::vector<KillCount> kills = take_kill_counts();
  EXPECT_EQ(counted(kills, "SIGTERM", "leftover"), 1);
  EXPECT_EQ(counted(kills, "SIGTERM", "timeout"), 0);
  EXPECT_TRUE(take_kill_counts().empty());
}

TEST_F(Run, KeepsBothStreamsApart) {
  const RunResult result = run(shell("echo to out; echo to err >&2"));
  EXPECT_EQ(result.out, "to out\n");
  EXPECT_EQ(result.err, "to err\n");
  EXPECT_FALSE(result.truncated);
}

TEST_F(Run, FeedsStandardInput) {
  RunSpec spec = shell("cat");
  spec.stdin_text = std::string(3'000'000, 'i') + "end";
  spec.output_cap = 8'000'000;
  EXPECT_EQ(run(spec).out, spec.stdin_text);
}

TEST_F(Run, LeavesStandardInputEmptyWithoutAText) {
  const RunResult result = run(shell("cat; readlink /proc/self/fd/0"));
  EXPECT_EQ(result.out, "/dev/null\n");
}

TEST_F(Run, DoesNotMindAProgramThatIgnoresItsInput) {
  RunSpec spec = shell("exec <&-; exit 3");
  spec.stdin_text = std::string(1'000'000, 'x');
  EXPECT_EQ(std::get<Exited>(run(spec).end).code, 3);
}

TEST_F(Run, ShowsOutputAsItComes) {
  RunSpec spec = shell("echo one; echo two >&2");
  std::string out;
  std::string err;
  spec.on_output = [&](Stream stream, std::string_view bytes) {
    (stream == Stream::out ? out : err).append(bytes);
  };
  run(spec);
  EXPECT_EQ(out, "one\n");
  EXPECT_EQ(err, "two\n");
}

TEST_F(Run, KeepsHeadAndTailOfAFloodInBoundedMemory) {
  RunSpec spec = shell("printf begin; head -c 50000000 /dev/zero; printf end");
  spec.output_cap = 64 * 1024;
  std::size_t seen = 0;
  spec.on_output = [&](Stream, std::string_view bytes) { seen += bytes.size(); };
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const RunResult result = run(spec);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(seen, 50'000'008U);
  EXPECT_TRUE(result.truncated);
  EXPECT_TRUE(result.out.starts_with("begin"));
  EXPECT_TRUE(result.out.ends_with("end"));
  EXPECT_NE(result.out.find("\n[... 49934472 bytes cut ...]\n"), std::string::npos);
  EXPECT_LE(result.out.size(), spec.output_cap + 64);
  EXPECT_LE(after.ru_maxrss - before.ru_maxrss, 8 * 1024);
}

TEST_F(Run, EndsAProgramThatTakesTooLong) {
  RunSpec spec = shell("echo started; exec sleep 100");
  spec.timeout = Millis{50};
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_GE(result.duration, Millis{50});
  EXPECT_LT(result.duration, Millis{5'000});
}

TEST_F(Run, KillsAProgramThatIgnoresTheSoftSignal) {
  RunSpec spec = shell("trap '' TERM; echo $$; while :; do sleep 100; done");
  spec.timeout = Millis{100};
  spec.grace = Millis{100};
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_FALSE(test::lives(test::pid_in(result.out)));
  EXPECT_LT(result.duration, Millis{5'000});
}

TEST_F(Run, LetsAProgramEndItselfAtTheSoftSignal) {
  RunSpec spec = shell("trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.01; done");
  spec.timeout = Millis{200};
  spec.soft_signal = SIGINT;
  const RunResult result = run(spec);
  // What the host did outranks the exit code: some programs exit 0 when interrupted.
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_EQ(result.out, "ready\nbye\n");
}

TEST_F(Run, WakesAStoppedProgramToEndIt) {
  RunSpec spec = shell("kill -STOP $$; exec sleep 100");
  spec.timeout = Millis{100};
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_LT(result.duration, Millis{5'000});
}

TEST_F(Run, EndsWhenAsked) {
  const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  std::atomic<bool> cancelled{false};
  RunSpec spec = shell("echo ready; exec sleep 100");
  spec.cancelled = [&] { return cancelled.load(); };
  spec.wake_fd = wake.get();
  spec.on_output = [&](Stream, std::string_view) {
    cancelled = true;
    ::eventfd_write(wake.get(), 1);
  };
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<Cancelled>(result.end));
  EXPECT_LT(result.duration, Millis{5'000});
}

TEST_F(Run, AsksNowAndThenWithoutAWakeUp) {
  RunSpec spec = shell("exec sleep 100");
  int asked = 0;
  spec.cancelled = [&] { return ++asked == 3; };
  EXPECT_TRUE(std::holds_alternative<Cancelled>(run(spec).end));
}

TEST_F(Run, StartsNothingOnceCancelled) {
  RunSpec spec = shell("echo ran");
  spec.cancelled = [] { return true; };
  const RunResult result = run(spec);
  EXPECT_TRUE(std::holds_alternative<Cancelled>(result.end));
  EXPECT_EQ(result.out, "");
}

TEST_F(Run, DoesNotWaitForAGrandchildThatKeepsThePipeOpen) {
  const RunResult result = run(shell("sleep 100 & echo $!"));
  EXPECT_EQ(std::get<Exited>(result.end).code, 0);
  EXPECT_LT(result.duration, Millis{5'000});
  EXPECT_FALSE(test::lives(test::pid_in(result.out)));
}

TEST_F(Run, TakesInWhatAHelperWritesJustAfterTheEnd) {
  EXPECT_EQ(run(shell("(sleep 0.05; echo late) & echo early")).out, "early\nlate\n");
}

TEST_F(Run, LeavesNoDescriptorBehind) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = open_descriptors();
  for (int i = 0; i < 5; ++i) run(shell("sleep 100 & echo x"));
  RunSpec missing;
  missing.spawn = {.argv = {"no-such-program"}, .env = k_env};
  run(missing);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace orc::process
