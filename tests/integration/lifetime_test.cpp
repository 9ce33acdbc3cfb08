// SPDX-License-Identifier: Apache-2.0
// How a host ends, who else may start, and what an agent cannot leave behind.
#include <csignal>

#include "integration/host_test.h"
#include "support/paths.h"

namespace orc::test {

namespace {

class Lifetime : public HostTest {
 protected:
  void block_analysis() {
    hook("analysis", gate.python() + "usual()\n");
    repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  }
  std::filesystem::path repository;
  Gate gate{host.root()};
};

TEST_F(Lifetime, SigtermLetsTheRunningJobEndAndStartsNoOther) {
  block_analysis();
  serve({.workers = 1});
  submit("IT-4", {"--repo", repository});
  ASSERT_TRUE(gate.wait_for_count(1)) << host.log();
  submit("IT-5", {"--repo", repository});
  host.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return ask({"status"}).value("draining", false); }));
  gate.open();
  EXPECT_EQ(host.wait_for_exit(), 0) << host.log();
  EXPECT_EQ(gate.count(), 1) << "nothing was started after SIGTERM";
  EXPECT_TRUE(host.processes().empty());

  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_EQ(settled("IT-4")["state"], "waiting_human") << "the ended job was not lost";
  ASSERT_TRUE(gate.wait_for_count(2)) << "the queued task is there after the next start";
  gate.open();
  EXPECT_EQ(settled("IT-5")["state"], "waiting_human");
}

TEST_F(Lifetime, ASecondHostOnTheSameDatabaseIsRefusedWithThePidOfTheFirst) {
  serve();
  const CommandResult second = run_program(
      {test::bin_dir() + "/orchestrator", "serve", "-c", host.config()}, host.root());
  EXPECT_NE(second.exit_code, 0);
  EXPECT_NE(second.err.find(std::to_string(host.pid())), std::string::npos) << second.err;
  EXPECT_TRUE(ask({"status"}).value("ready", false)) << "the first one goes on";
}

TEST_F(Lifetime, ADaemonThatAnAgentLeftBehindEndsWithItsJob) {
  const auto repository_of_it = make_repository("plain", {{"README.md", "Plain.\n"}});
  const std::string marker = host.root().string() + "/left-behind";
  write_text(marker, "import time\ntime.sleep(600)\n");
  hook("analysis", "subprocess.Popen(['setsid', '/usr/bin/python3', '" + marker +
                       "'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,\n"
                       "                 stderr=subprocess.DEVNULL, env={'PATH': '/usr/bin'})\n"
                       "usual()\n");
  serve();
  submit("IT-6", {"--repo", repository_of_it});
  EXPECT_EQ(settled("IT-6")["state"], "waiting_human") << host.log();
  EXPECT_TRUE(HostHarness::processes_with(marker).empty());
}

}  // namespace

}  // namespace orc::test
