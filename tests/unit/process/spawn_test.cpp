// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "process/process.h"
#include "support/temp_dir.h"
#include "unit/process/shell.h"

namespace orc::process {
namespace {

using test::k_env;
using test::shell;

UniqueFd memory_file(std::string_view text) {
  UniqueFd fd(::memfd_create("test", 0));
  EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

NotStarted failure_of(const SpawnSpec& spec) {
  auto started = spawn(spec);
  if (auto* failure = std::get_if<NotStarted>(&started)) return *failure;
  ADD_FAILURE() << "it was started";
  ::waitpid(std::get<Child>(started).pid, nullptr, 0);
  return {};
}

void write_program(const std::filesystem::path& path, std::filesystem::perms perms) {
  std::ofstream(path) << "#!/bin/sh\necho mine\n";
  std::filesystem::permissions(path, perms);
}

TEST(Spawn, TellsAMissingProgramFromOneThatMayNotRun) {
  const orc::test::TempDir folder;
  write_program(folder.path() / "plain", std::filesystem::perms::owner_read);
  const Environment env = {{"PATH", folder.path().string()}};
  EXPECT_EQ(failure_of({.argv = {"no-such-program"}, .env = env}).error_number, ENOENT);
  EXPECT_EQ(failure_of({.argv = {"/no/such/program"}, .env = env}).error_number, ENOENT);
  EXPECT_EQ(failure_of({.argv = {"plain"}, .env = env}).error_number, EACCES);
  EXPECT_EQ(failure_of({.argv = {folder.path() / "plain"}, .env = env}).error_number, EACCES);
  EXPECT_NE(failure_of({.argv = {"plain"}, .env = env}).text.find("plain"), std::string::npos);
}

TEST(Spawn, TellsAMissingWorkingFolderFromAMissingProgram) {
  const NotStarted failure = failure_of({.argv = {"true"}, .env = k_env, .cwd = "/no/such/folder"});
  EXPECT_EQ(failure.error_number, ENOTDIR);
  EXPECT_NE(failure.text.find("/no/such/folder"), std::string::npos);
}

TEST(Spawn, RefusesWhatNoCommandLineCanHold) {
  EXPECT_EQ(failure_of({.argv = {}, .env = k_env}).error_number, EINVAL);
  EXPECT_EQ(failure_of({.argv = {"true", std::string("a\0b", 3)}, .env = k_env}).error_number,
            EINVAL);
}

TEST(Spawn, SearchesTheChildsPathAndNotTheCallers) {
  const orc::test::TempDir folder;
  write_program(folder.path() / "true", std::filesystem::perms::owner_all);
  RunSpec spec;
  spec.spawn = {.argv = {"true"},
                .env = {{"PATH", "relative:" + folder.path().string() + ":/bin"}}};
  EXPECT_EQ(run(spec).out, "mine\n");
}

TEST(Spawn, NeverRunsAProgramOfTheWorkingFolderThroughARelativePath) {
  const orc::test::TempDir folder;
  write_program(folder.path() / "git", std::filesystem::perms::owner_all);
  EXPECT_EQ(
      failure_of({.argv = {"git"}, .env = {{"PATH", ".::"}}, .cwd = folder.path()}).error_number,
      ENOENT);
}

TEST(Spawn, GivesTheChildExactlyTheEnvironmentItWasTold) {
  RunSpec spec;
  spec.spawn = {.argv = {"/usr/bin/env"}, .env = {{"ONE", "1"}, {"EMPTY", ""}, {"TEXT", "a=b c"}}};
  EXPECT_EQ(run(spec).out, "ONE=1\nEMPTY=\nTEXT=a=b c\n");
}

TEST(Spawn, StartsInTheGivenFolder) {
  const orc::test::TempDir folder;
  RunSpec spec = shell("pwd -P");
  spec.spawn.cwd = folder.path();
  EXPECT_EQ(run(spec).out, folder.path().string() + "\n");
}

TEST(Spawn, ClosesEveryDescriptorThatIsNotInherited) {
  const UniqueFd leaking(::fcntl(0, F_DUPFD, 50));
  const UniqueFd another = memory_file("x");
  RunSpec spec = shell("ls /proc/$$/fd; :");
  EXPECT_EQ(run(spec).out, "0\n1\n2\n");
  spec.spawn.inherit = {another.get()};
  EXPECT_EQ(run(spec).out, "0\n1\n2\n3\n");
}

TEST(Spawn, PlacesInheritedDescriptorsInOrderEvenWhereTheyOverlap) {
  const UniqueFd first = memory_file("first");
  const UniqueFd second = memory_file("second");
  RunSpec spec = shell("cat <&3; cat <&4");
  // The lowest free numbers are the very targets, here in the wrong order.
  spec.spawn.inherit = {second.get(), first.get()};
  EXPECT_EQ(run(spec).out, "secondfirst");
}

TEST(Spawn, StartsWithDefaultSignalsAndAnEmptyMask) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto* const pipe_before = std::signal(SIGPIPE, SIG_IGN);
  const RunResult result = run(shell("cat /proc/self/status"));
  std::signal(SIGPIPE, pipe_before);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const auto mask = [&](const std::string& name) {
    return std::stoull(result.out.substr(result.out.find(name) + name.size()), nullptr, 16);
  };
  // 32 and 33 belong to the C library, which leaves them ignored.
  constexpr unsigned long long k_library_signals = 3ULL << 31;
  EXPECT_EQ(mask("SigBlk:"), 0U);
  EXPECT_EQ(mask("SigIgn:") & ~k_library_signals, 0U);
}

TEST(Spawn, MakesTheChildLeaderOfItsOwnSession) {
  auto started = spawn({.argv = {"sleep", "100"}, .env = k_env});
  ASSERT_TRUE(std::holds_alternative<Child>(started));
  const Child& child = std::get<Child>(started);
  EXPECT_EQ(::getsid(child.pid), child.pid);
  EXPECT_FALSE(test::has_ended(child, Millis{0}));
  ::kill(child.pid, SIGKILL);
  EXPECT_TRUE(test::has_ended(child, test::k_deadline));
  ::waitpid(child.pid, nullptr, 0);
}

TEST(BaseEnvironment, HoldsTheAllowedNamesAndNothingElse) {
  ::setenv("ORCH_TEST_TOKEN", "secret", 1);
  ::setenv("PATH", "/usr/bin:/bin", 1);
  ::setenv("LC_ALL", "C", 1);
  ::unsetenv("TZ");
  const Environment env = base_environment();
  ::unsetenv("ORCH_TEST_TOKEN");
  const std::vector<std::string> allowed = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"};
  for (const auto& [name, value] : env) {
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), name), allowed.end()) << name;
    EXPECT_NE(name, "TZ");
  }
  EXPECT_NE(std::find(env.begin(), env.end(), std::pair<std::string, std::string>("LC_ALL", "C")),
            env.end());
}

}  // namespace
}  // namespace orc::process
