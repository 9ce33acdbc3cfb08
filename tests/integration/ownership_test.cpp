// SPDX-License-Identifier: Apache-2.0
// Who owns a transition with side effects, seen from outside: through a crash, a second actor, a
// pid that was given to somebody else, and the line in front of staging.
#include <sys/wait.h>

#include <csignal>

#include "integration/database.h"
#include "integration/host_test.h"
#include "process/process.h"

namespace orc::test {

namespace {

class Ownership : public HostTest {
 protected:
  // A task whose staging run has begun and waits at the gate.
  void begin(const std::string& id = "IT-20") {
    repository = make_repository("plain", {{"README.md", "Plain.\n"}});
    for (const char* branch : {"work", "more"})
      add_branch(repository, branch, std::string(branch) + ".txt", "Done.\n");
    hook("deploy-staging", gate.python() + "usual()\n");
    serve();
    enter_staging(id, "work");
    ASSERT_TRUE(gate.wait_for_count(1)) << task(id).dump(2) << host.log();
  }
  void enter_staging(const std::string& id, const std::string& branch) const {
    submit(id, {"--repo", repository, "--branch", branch, "--from", "deploy-staging"});
  }
  Json leases() const { return ask({"lease", "list"})["leases"]; }
  int open_alerts(const std::string& condition) const {
    int count = 0;
    const Json status = ask({"status"});
    for (const Json& alert : status["alerts"]) count += alert["condition"] == condition ? 1 : 0;
    return count;
  }
  std::filesystem::path repository;
  Gate gate{host.root()};
};

TEST_F(Ownership, AHostThatWasKilledLosesItsLeaseToTheNextOneAtOnceWithOneAlert) {
  begin();
  ASSERT_EQ(leases().size(), 1U);
  const Json before = leases()[0];
  EXPECT_EQ(before["owner_pid"], host.pid());
  EXPECT_EQ(before["alive"], true);
  host.kill_hard();
  ASSERT_TRUE(host.start()) << host.log();
  const Json after = leases()[0];
  EXPECT_EQ(after["owner_pid"], host.pid());
  EXPECT_GT(after["epoch"], before["epoch"]);
  EXPECT_EQ(open_alerts("lease:reclaimed"), 1);
  EXPECT_EQ(ask({"queue", "list"})["transition_lease"]["reclaimed"]["stale"], 1);
  gate.open();
  EXPECT_EQ(settled("IT-20")["stage"], "deploy") << host.log();
  EXPECT_EQ(gate.count(), 1) << "the staging run was adopted, not repeated";
  EXPECT_TRUE(leases().empty());
}

TEST_F(Ownership, ASecondActorIsRefusedUntilTheLeaseIsTakenAway) {
  begin();
  const CommandResult refused = host.orchestrator({"task", "cancel", "IT-20"});
  EXPECT_EQ(refused.exit_code, 75) << refused.err;
  EXPECT_NE(refused.err.find("orchestrator lease release IT-20 --force"), std::string::npos)
      << refused.err;
  EXPECT_EQ(host.orchestrator({"lease", "release", "IT-20"}).exit_code, 75);
  ask({"lease", "release", "IT-20", "--force", "--reason", "it hangs"});
  EXPECT_TRUE(leases().empty());
  EXPECT_EQ(task("IT-20")["state"], "held");
  EXPECT_EQ(open_alerts("lease:forced"), 1);
  ask({"task", "cancel", "IT-20"});
  EXPECT_EQ(task("IT-20")["state"], "cancelled");
  EXPECT_TRUE(eventually([&] { return ask({"status"})["workers"]["busy"] == 0; }));
  EXPECT_TRUE(HostHarness::processes_with("agent.py " + host.root().string()).empty());
}

TEST_F(Ownership, APidThatWasGivenToAStrangerOwnsNothingAndIsLeftAlone) {
  begin();
  process::SpawnSpec spec;
  spec.argv = {"/usr/bin/sleep", "600"};
  spec.env = process::base_environment();
  auto started = process::spawn(spec);
  auto* stranger = std::get_if<process::Child>(&started);
  ASSERT_NE(stranger, nullptr);
  host.kill_hard();
  // The row says the stranger's pid and this boot, with the start time of the host that had it.
  change_database(host, "UPDATE hosts SET pid=" + std::to_string(stranger->pid));
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_EQ(leases()[0]["owner_pid"], host.pid()) << "reclaimed";
  gate.open();
  EXPECT_EQ(settled("IT-20")["stage"], "deploy") << host.log();
  EXPECT_EQ(::kill(stranger->pid, 0), 0) << "nobody signalled the stranger";
  ::kill(stranger->pid, SIGKILL);
  ::waitpid(stranger->pid, nullptr, 0);
}

TEST_F(Ownership, TheSecondTaskOfARepositoryWaitsForItsTurnAndSaysBehindWhom) {
  begin();
  enter_staging("IT-21", "more");
  Json why;
  ASSERT_TRUE(eventually([&] {
    why = ask({"task", "why", "IT-21"});
    return why["waiting"].is_object() && why["waiting"]["code"] == "serial_gate";
  })) << host.log();
  EXPECT_NE(why["text"].get<std::string>().find("IT-20"), std::string::npos) << why;
  EXPECT_EQ(why["waiting"]["position"], 2);
  const Json block = ask({"queue", "list"})["serial_gate"];
  EXPECT_EQ(block["inside"][0]["task"], "IT-20");
  EXPECT_EQ(block["waiting"][0]["task"], "IT-21");
  gate.open();
  EXPECT_EQ(settled("IT-20")["state"], "waiting_human");
  EXPECT_EQ(gate.count(), 1) << "the second one is not let in while the first waits for a person";
  ask({"task", "reject", "IT-20", "--reason", "not now"});
  ASSERT_TRUE(gate.wait_for_count(2)) << host.log();
  gate.open();
  EXPECT_EQ(settled("IT-21")["stage"], "deploy") << host.log();
}

TEST_F(Ownership, AHostThatStoppedAsAskedHandsItsLeaseOverInSilence) {
  begin();
  host.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return ask({"status"}).value("draining", false); }));
  host.signal(SIGTERM);  // now, and the worker goes on
  EXPECT_EQ(host.wait_for_exit(), 0) << host.log();
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_EQ(leases()[0]["owner_pid"], host.pid());
  EXPECT_EQ(open_alerts("lease:reclaimed"), 0);
  gate.open();
  EXPECT_EQ(settled("IT-20")["stage"], "deploy") << host.log();
  EXPECT_EQ(gate.count(), 1);
}

}  // namespace

}  // namespace orc::test
