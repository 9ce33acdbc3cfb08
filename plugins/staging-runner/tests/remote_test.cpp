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
  orc::test::RealPluginHost host("/");
  orchestrator::plugin::Process process;
  process.argv = {"/bin/sh", "-s"};
  process.stdin_bytes = remote_script(command, nonce);
  return host.run(process).out;
}

RemoteCommand command(std::vector<std::string> argv) {
  return {std::move(argv), "", {}, std::chrono::seconds(10)};
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
  EXPECT_FALSE(marks.ended);
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
  const auto argv = ssh_argv(ssh, {"/keys/id", "/keys/known hosts"}, {"/bin/sh", "-s"});
  const auto has = [&](const char* word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  };
  for (const char* const word :
       {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ConnectTimeout=10",
        "ServerAliveInterval=15", "ServerAliveCountMax=2", "2222", "/keys/id",
        "UserKnownHostsFile=\"/keys/known hosts\""})
    EXPECT_TRUE(has(word)) << word;
  const auto dashes = std::find(argv.begin(), argv.end(), "--");
  ASSERT_NE(dashes, argv.end());
  EXPECT_EQ(*(dashes + 1), "deploy@staging.example.lan");
}

}  // namespace
}  // namespace staging_runner
