// SPDX-License-Identifier: Apache-2.0
#include "remote.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "orchestrator/plugin/testing.hpp"
#include "support/real_plugin_host.h"

namespace staging_runner {
namespace {

// What the real sh makes of the script.
std::string through_sh(const RemoteCommand& command, std::string_view nonce) {
  static const orchestrator::plugin::test::ScratchFolder home;
  orc::test::RealPluginHost host("/");
  orchestrator::plugin::Process process;
  process.argv = {"/bin/sh", "-s"};
  process.env = {{"HOME", home.path().string()}};
  process.stdin_bytes = remote_script(command, nonce);
  return host.run(process).out;
}

RemoteCommand command(std::vector<std::string> argv) {
  RemoteCommand made;
  made.argv = std::move(argv);
  made.limit = std::chrono::seconds(10);
  made.owner = "DEMO-1";
  made.lock = lock_name("demo", "");
  return made;
}

TEST(Quoted, KeepsEveryArgumentOneArgumentForTheRealShell) {
  const std::string hostile[] = {"plain",
                                 "",
                                 "two words",
                                 "it's",
                                 "$(touch x)",
                                 "`id`",
                                 "a;b",
                                 "a\nb",
                                 "-n",
                                 "--",
                                 "*",
                                 "\\",
                                 "\"",
                                 "'''",
                                 "$HOME",
                                 "a&b|c>d",
                                 "~",
                                 "ünïcode ✓",
                                 "!history",
                                 "#comment",
                                 "a\tb",
                                 "\\'",
                                 "'; rm -rf / #'",
                                 "%s%n",
                                 "{a,b}"};
  for (const std::string& argument : hostile) {
    const Marks marks =
        read_marks(through_sh(command({"printf", "[%s]", argument, "next"}), "orch-1"), "orch-1");
    ASSERT_EQ(marks.exit_code, 0) << argument;
    EXPECT_NE(marks.rest.find("[" + argument + "][next]"), std::string::npos) << argument;
  }
}

TEST(RemoteScript, MarksStartAndEnd) {
  const Marks marks = read_marks(through_sh(command({"sh", "-c", "echo out; exit 7"}), "n1"), "n1");
  EXPECT_TRUE(marks.started);
  EXPECT_EQ(marks.exit_code, 7);
  EXPECT_EQ(marks.rest.find("n1"), std::string::npos);
}

TEST(RemoteScript, TellsAMissingFolderAndMissingPrograms) {
  RemoteCommand made = command({"true"});
  made.cwd = "/no/such/folder";
  Marks marks = read_marks(through_sh(made, "n1"), "n1");
  EXPECT_FALSE(marks.started);
  EXPECT_EQ(marks.trouble, "folder");
  made = command({"true"});
  made.requires_programs = {"sh", "no-such-program"};
  marks = read_marks(through_sh(made, "n1"), "n1");
  EXPECT_FALSE(marks.started);
  EXPECT_EQ(marks.trouble, "missing no-such-program");
  marks = read_marks(through_sh(command({"no-such-command"}), "n1"), "n1");
  EXPECT_EQ(marks.trouble, "missing no-such-command");
}

TEST(RemoteScript, RunsNothingWhenItArrivesInPart) {
  const std::string script = remote_script(command({"echo", "ran"}), "n1");
  for (std::size_t size = 0; size + 3 < script.size(); size += 7) {
    orc::test::RealPluginHost host("/");
    orchestrator::plugin::Process process;
    process.argv = {"/bin/sh", "-s"};
    process.stdin_bytes = script.substr(0, size);
    if (process.stdin_bytes.empty()) continue;
    EXPECT_EQ(host.run(process).out, "") << size;
  }
}

TEST(ReadMarks, SeesOnlyLinesOfThisRun) {
  const Marks marks =
      read_marks("orch-2 start\n x orch-1 start\norch-1 end\norch-1 endless\n", "orch-1");
  EXPECT_FALSE(marks.started);
  EXPECT_FALSE(marks.exit_code);
  EXPECT_EQ(marks.trouble, "");
}

TEST(ReadMarks, SaysWhenThereIsMoreThanOneEnd) {
  EXPECT_TRUE(read_marks("n start\nn end 0\nn end 1\n", "n").contradictory);
  EXPECT_FALSE(read_marks("n start\nn end 0\n", "n").contradictory);
  EXPECT_FALSE(read_marks("n start\nn end 0x\n", "n").exit_code.has_value());
}

TEST(NewNonce, DiffersEachTime) {
  EXPECT_NE(new_nonce(), new_nonce());
  EXPECT_EQ(new_nonce().size(), 37U);
}

TEST(SshArgv, AsksNothingAndTrustsOnlyKnownHosts) {
  SshSettings ssh;
  ssh.target = "deploy@staging.example.lan";
  ssh.port = 2222;
  const auto argv = ssh_argv(ssh, {"/keys/id", "/keys/known hosts", "/keys/log"});
  const auto has = [&](const char* word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  };
  for (const char* const word :
       {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ConnectTimeout=10",
        "ServerAliveInterval=15", "ServerAliveCountMax=2", "2222", "/keys/id",
        "UserKnownHostsFile=\"/keys/known hosts\""})
    EXPECT_TRUE(has(word)) << word;
  ASSERT_GE(argv.size(), 3U);
  EXPECT_EQ(*(argv.end() - 3), "--");
  EXPECT_EQ(*(argv.end() - 2), "deploy@staging.example.lan");
  EXPECT_EQ(argv.back(), "exec /bin/sh -s");
}

TEST(LockName, IsAPlainFileName) {
  EXPECT_EQ(lock_name("shop", "/srv/shop"), "staging-shop-_srv_shop.lock");
  EXPECT_EQ(lock_name("../a b", "$(x)\n"), "staging-.._a_b-__x__.lock");
  EXPECT_LT(lock_name(std::string(500, 'r'), "").size(), 200U);
}

}  // namespace
}  // namespace staging_runner
