// SPDX-License-Identifier: Apache-2.0
#include "process/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"
#include "process/process.h"
#include "process/table.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::process {
namespace {

namespace fs = std::filesystem;

class ConfinedProgram : public ::testing::TestWithParam<IsolationLevel> {
 protected:
  ConfinedProgram() {
    // A socket or a home that everybody may enter must not save a test.
    fs::permissions(folder_.path(), fs::perms::owner_all);
    for (const char* name : {"work", "scratch", "state/secret", "state/own", "elsewhere"}) {
      fs::create_directories(folder_.path() / name);
    }
    write("state/secret/key", "canary");
    write("elsewhere/notes", "canary");
    write("work/code", "int main() {}\n");
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(at(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  ConfinementPlan plan() const {
    return {.level = GetParam(),
            .read = {at("state/own")},
            .write = {at("work"), at("scratch")},
            .hidden = {at("state")},
            .launcher = fs::path(test::bin_dir()) / "orchestrator-sandbox"};
  }
  RunResult run(const ConfinementPlan& plan, std::vector<std::string> argv) const {
    auto made = Confinement::make(plan);
    if (!made.ok()) {
      ADD_FAILURE() << made.error().message;
      return {};
    }
    RunSpec spec;
    spec.spawn.argv = std::move(argv);
    spec.spawn.env = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
    spec.spawn.cwd = at("work");
    spec.spawn.confinement = std::move(made).value();
    spec.timeout = Millis(20'000);
    return process::run(spec);
  }
  RunResult shell(const std::string& script) const { return run(plan(), {"sh", "-c", script}); }
  static void end(const Child& child) {
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
  }
  static int code_of(const RunResult& result) {
    const auto* exited = std::get_if<Exited>(&result.end);
    if (const auto* failure = std::get_if<NotStarted>(&result.end)) ADD_FAILURE() << failure->text;
    return exited == nullptr ? -1 : exited->code;
  }

  test::TempDir folder_;
};

TEST_P(ConfinedProgram, WritesWhereThePlanSaysAndNowhereElse) {
  const RunResult result = shell("echo changed > code && mkdir made && mv code made/ && echo ok > " +
                                 at("scratch/here").string() + "; echo x > " +
                                 at("elsewhere/new").string() + "; echo x >> " +
                                 at("elsewhere/notes").string() + "; cp /dev/null " +
                                 at("elsewhere/notes").string() + "; touch /usr/x /etc/x; ls made");
  EXPECT_EQ(code_of(result), 0) << result.err;
  EXPECT_EQ(result.out, "code\n") << result.err;
  EXPECT_EQ(content("work/made/code"), "changed\n");
  EXPECT_EQ(content("scratch/here"), "ok\n");
  EXPECT_FALSE(fs::exists(at("elsewhere/new")));
  EXPECT_EQ(content("elsewhere/notes"), "canary");
  EXPECT_FALSE(fs::exists("/usr/x"));
  EXPECT_FALSE(fs::exists("/etc/x"));
}

TEST_P(ConfinedProgram, ReadsNothingThatIsHiddenOrUnnamed) {
  write("state/own/allowed", "mine");
  const RunResult result =
      shell("cat " + at("state/own/allowed").string() + " " + at("state/secret/key").string() +
            " " + at("elsewhere/notes").string() + " /root/* /home/*/* 2>/dev/null; ls " +
            at("state/secret").string() + " " + folder_.path().string() + " 2>/dev/null");
  EXPECT_EQ(result.out.find("canary"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("secret"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.rfind("mine", 0), 0U) << result.out;
}

TEST_P(ConfinedProgram, IsNotLedOutByALinkItMakesItself) {
  const RunResult result = shell("ln -s " + at("state/secret").string() + " link; cat link/key");
  EXPECT_NE(code_of(result), 0);
  EXPECT_EQ(result.out, "");
  const RunResult hard = shell("ln " + at("elsewhere/notes").string() + " hard");
  EXPECT_NE(code_of(hard), 0);
  EXPECT_FALSE(fs::exists(at("work/hard")));
}

TEST_P(ConfinedProgram, KeepsWhatAFolderOfTheOperatorHides) {
  ConfinementPlan open = plan();
  open.read.push_back(folder_.path());
  const RunResult result =
      run(open, {"cat", at("elsewhere/notes"), at("state/secret/key")});
  EXPECT_EQ(result.out, "canary") << "what is open can be read, what is hidden below it cannot";
}

TEST_P(ConfinedProgram, SeesNeitherTheEnvironmentNorTheMemoryOfProcessesOutside) {
  SpawnSpec victim{.argv = {"sleep", "60"}, .env = {{"PATH", "/usr/bin:/bin"}, {"KEY", "canary"}}};
  auto started = spawn(victim);
  const auto& child = std::get<Child>(started);
  const std::string pid = std::to_string(child.pid);
  const RunResult result =
      shell("cat /proc/" + pid + "/environ /proc/" + pid + "/maps /proc/1/environ; head -c1 /proc/" +
            pid + "/mem; ls /proc/" + pid + "/fd/; for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done");
  EXPECT_EQ(result.out.find("canary"), std::string::npos) << result.out;
  end(child);
}

TEST_P(ConfinedProgram, SignalsNobodyOutside) {
  if (GetParam() == IsolationLevel::basic && landlock_abi() < 6) {
    GTEST_SKIP() << "Landlock ABI " << landlock_abi() << " does not know signals";
  }
  auto started = spawn({.argv = {"sleep", "60"}, .env = {{"PATH", "/usr/bin:/bin"}}});
  const auto& child = std::get<Child>(started);
  const RunResult result = shell("kill -9 " + std::to_string(child.pid));
  EXPECT_NE(code_of(result), 0);
  EXPECT_EQ(::kill(child.pid, 0), 0);
  end(child);
}

TEST_P(ConfinedProgram, HasNoDescriptorsPrivilegesOrCoreFilesAndItsLimits) {
  ConfinementPlan limited = plan();
  limited.limits = {.processes = 0, .file_bytes = 1 << 20, .memory_bytes = std::int64_t{1} << 32};
  const RunResult result = run(
      limited, {"sh", "-c",
                "ls /proc/self/fd | tr '\\n' ' '; grep NoNewPrivs /proc/self/status; ulimit -c; "
                "ulimit -v; head -c 2000000 /dev/zero > big; stat -c %s big"});
  // ls itself opens the folder as 3.
  EXPECT_NE(result.out.find("0 1 2 3 NoNewPrivs:\t1\n0\n4194304\n"), std::string::npos)
      << result.out << result.err;
  EXPECT_NE(result.out.find("1048576"), std::string::npos) << result.out;
}

TEST_P(ConfinedProgram, IsKnownByAMarkThatItCannotTakeOff) {
  auto made = Confinement::make(plan());
  ASSERT_TRUE(made.ok()) << made.error().message;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd tried(ends[0]);
  UniqueFd out(ends[1]);
  SpawnSpec spec;
  // bash has ulimit -q, dash has not.
  spec.argv = {"bash", "-c", "ulimit -q unlimited; ulimit -q 819200; echo tried; exec sleep 60"};
  spec.stdout_fd = out.get();
  spec.env = {{"PATH", "/usr/bin:/bin"}};
  spec.cwd = at("work");
  spec.confinement = made.value();
  const auto started = spawn(spec);
  const auto* child = std::get_if<Child>(&started);
  ASSERT_NE(child, nullptr);
  out.reset();
  char byte = 0;
  ASSERT_EQ(::read(tried.get(), &byte, 1), 1);
  std::vector<pid_t> programs = descendants(child->pid);
  programs.push_back(child->pid);
  // Under namespaces bubblewrap itself stands outside and runs nothing of the job.
  EXPECT_TRUE(std::any_of(programs.begin(), programs.end(), is_marked));
  EXPECT_FALSE(is_marked(::getpid()));
  end(*child);
  for (const pid_t pid : programs) ::kill(pid, SIGKILL);
}

TEST_P(ConfinedProgram, ThatIsMissingOrHiddenIsNotStarted) {
  const RunResult missing = run(plan(), {"no-such-program"});
  ASSERT_TRUE(std::holds_alternative<NotStarted>(missing.end));
  EXPECT_EQ(std::get<NotStarted>(missing.end).error_number, ENOENT);

  write("state/secret/tool", "#!/bin/sh\necho ran\n");
  fs::permissions(at("state/secret/tool"), fs::perms::owner_all);
  const RunResult hidden = run(plan(), {at("state/secret/tool")});
  ASSERT_TRUE(std::holds_alternative<NotStarted>(hidden.end)) << hidden.out;
  EXPECT_NE(std::get<NotStarted>(hidden.end).text.find("isolation.read"), std::string::npos);

  write("work/odd", "#!/no/such/interpreter\n");
  fs::permissions(at("work/odd"), fs::perms::owner_all);
  EXPECT_TRUE(std::holds_alternative<NotStarted>(run(plan(), {at("work/odd")}).end));
}

TEST_P(ConfinedProgram, EndsWithEverythingItStarted) {
  ASSERT_TRUE(become_subreaper().ok());
  const std::string mark = "271.828" + std::to_string(::getpid());
  auto made = Confinement::make(plan());
  ASSERT_TRUE(made.ok()) << made.error().message;
  RunSpec spec;
  // A daemon that ignores signals, one that is stopped, one in a session of its own.
  spec.spawn.argv = {"sh", "-c",
                     "(trap '' TERM HUP INT; setsid sh -c \"trap '' TERM HUP INT; sleep " + mark +
                         "; sleep " + mark + "\" </dev/null >/dev/null 2>&1 &) ; setsid --fork sleep " +
                         mark + "; sleep " + mark + " & kill -STOP $!; echo up; exec sleep " + mark};
  spec.spawn.env = {{"PATH", "/usr/bin:/bin"}};
  spec.spawn.cwd = at("work");
  spec.spawn.confinement = made.value();
  spec.timeout = Millis(700);
  spec.grace = Millis(200);
  const RunResult result = process::run(spec);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(result.end));
  EXPECT_EQ(result.out, "up\n") << result.err;
  int left = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline");
    std::ostringstream line;
    line << in.rdbuf();
    left += line.str().find(mark) == std::string::npos ? 0 : 1;
  }
  EXPECT_EQ(left, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryLevel, ConfinedProgram,
                         ::testing::Values(IsolationLevel::basic, IsolationLevel::strict),
                         [](const auto& level) { return std::string(to_string(level.param)); });

TEST(Confinement, UnderStrictHidesOtherProcessesAndTheNetwork) {
  const test::TempDir folder;
  auto made = Confinement::make({.level = IsolationLevel::strict,
                                 .network = false,
                                 .write = {folder.path()},
                                 .launcher = fs::path(test::bin_dir()) / "orchestrator-sandbox"});
  ASSERT_TRUE(made.ok()) << made.error().message;
  RunSpec spec;
  spec.spawn.argv = {"sh", "-c", "ls -d /proc/[0-9]* | wc -l; ls /sys/class/net 2>/dev/null; "
                                 "tail -n +3 /proc/net/dev | wc -l; cat /proc/net/route | wc -l"};
  spec.spawn.env = {{"PATH", "/usr/bin:/bin"}};
  spec.spawn.cwd = folder.path();
  spec.spawn.confinement = made.value();
  const RunResult result = run(spec);
  const int processes = std::atoi(result.out.c_str());
  EXPECT_GT(processes, 0) << result.err;
  EXPECT_LT(processes, 8) << result.out;
  EXPECT_NE(result.out.find("\n1\n1\n"), std::string::npos)
      << "only the loopback device, and no route: " << result.out;
}

TEST(Confinement, ThatCannotBeGivenIsRefusedAndSaysWhy) {
  const auto made = Confinement::make(
      {.level = IsolationLevel::strict, .launcher = "/nonexistent/orchestrator-sandbox"});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::refused);
  EXPECT_NE(made.error().message.find("isolation strict cannot be given here"), std::string::npos);
  EXPECT_NE(made.error().message.find("orchestrator-sandbox"), std::string::npos);
}

TEST(Confinement, NamesNoGapWhereTheKernelHasEverything) {
  const fs::path launcher = fs::path(test::bin_dir()) / "orchestrator-sandbox";
  EXPECT_EQ(gap(IsolationLevel::off, launcher), "");
  EXPECT_EQ(gap(IsolationLevel::basic, launcher).empty(), landlock_abi() >= 6);
}

}  // namespace
}  // namespace orc::process
