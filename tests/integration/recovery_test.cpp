// SPDX-License-Identifier: Apache-2.0
// What a crash of the host costs: nothing that a worker has done or is doing.
#include <csignal>
#include <memory>

#include "integration/database.h"
#include "integration/host_test.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::test {

namespace {

class Recovery : public HostTest {
 protected:
  // A task whose suite has begun and waits at the gate.
  void begin() {
    const auto repository = make_repository(
        "waiting", {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
                    {"tests/test_waits.py", "def test_waits():\n    pass\n"}});
    add_branch(repository, "work", "tests/test_gate.py",
               "def test_passes_when_the_gate_opens():\n    pass\n\n\n" + gate.python());
    serve({.llm_enabled = "false"});
    submit("IT-3", {"--repo", repository, "--branch", "work", "--from", "testing"});
    ASSERT_TRUE(gate.wait_for_count(1)) << task("IT-3").dump(2) << host.log();
  }

  pid_t worker() const {
    for (const auto& entry : std::filesystem::directory_iterator(host.state() / "jobs")) {
      const Json lock = Json::parse(read_text(entry.path() / "worker.lock"), nullptr, false);
      if (lock.is_object()) return lock.value("pid", 0);
    }
    return 0;
  }

  void expect_passed(std::size_t finished_runs) {
    const Json end = settled("IT-3");
    EXPECT_EQ(end["stage"], "deploy-staging") << end.dump(2) << host.log();
    EXPECT_EQ(end["counters"]["code_fail"], 0);
    EXPECT_EQ(reports(end), 1);
    EXPECT_EQ(runs("IT-3", "testing").size(), finished_runs);
  }

  Gate gate{host.root()};
};

TEST_F(Recovery, AdoptsAWorkerThatOutlivedItsHost) {
  begin();
  const pid_t outlives = worker();
  ASSERT_GT(outlives, 0);
  host.kill_hard();
  ASSERT_EQ(::kill(outlives, 0), 0) << "the worker lives on without its host";
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_NE(host.log().find("worker.adopted"), std::string::npos) << host.log();
  EXPECT_EQ(task("IT-3")["state"], "running");
  gate.open();
  expect_passed(1);
  EXPECT_EQ(gate.count(), 1) << "the suite ran once";
}

TEST_F(Recovery, TakesTheReportOfAWorkerThatEndedMeanwhile) {
  begin();
  const pid_t outlives = worker();
  host.kill_hard();
  gate.open();
  ASSERT_TRUE(wait_for_end(outlives));
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_NE(host.log().find("worker.concluded"), std::string::npos) << host.log();
  expect_passed(1);
  EXPECT_EQ(gate.count(), 1) << "the suite ran once";
}

TEST_F(Recovery, RunsAJobAgainWhoseWorkerDiedWithTheHost) {
  begin();
  const pid_t dies = worker();
  host.kill_hard();
  ::kill(dies, SIGKILL);
  ASSERT_TRUE(wait_for_end(dies));
  ASSERT_TRUE(host.start()) << host.log();
  // A deferred job waits for its backoff; an operator need not.
  ASSERT_TRUE(gate.wait_for_count(2)) << task("IT-3").dump(2) << host.log();
  gate.open();
  expect_passed(2);
  EXPECT_EQ(gate.count(), 2) << "the suite ran again, once";
}

TEST_F(Recovery, HoldsAJobThatTakesItsHostAlongEachTimeAndBlamesNoCode) {
  begin();
  for (int lost = 1; lost <= 3; ++lost) {
    ASSERT_TRUE(gate.wait_for_count(lost)) << host.log();
    host.kill_hard();
    for (const pid_t left : host.processes()) ::kill(left, SIGKILL);
    ASSERT_TRUE(host.start()) << host.log();
  }
  const Json held = settled("IT-3");
  EXPECT_EQ(held["hold"]["class"], "infra_budget") << held.dump(2) << host.log();
  EXPECT_EQ(held["stage"], "testing");
  EXPECT_EQ(held["counters"]["code_fail"], 0);
  EXPECT_EQ(gate.count(), 3) << "a fourth attempt was not made";
}

TEST_F(Recovery, EndsAWorkerWhoseTaskWasCancelledJustBeforeTheCrash) {
  begin();
  const pid_t outlives = worker();
  host.kill_hard();
  // What the command has stored, and the host did not live to act on.
  change_database(
      host,
      "UPDATE jobs SET state='finished',finished_at=1,outcome='cancelled' WHERE state='running'");
  change_database(host, "UPDATE tasks SET state='cancelled',finished_at=1");
  change_database(host, "INSERT INTO ending_workers SELECT max(id) FROM jobs");
  ASSERT_EQ(::kill(outlives, 0), 0);
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_TRUE(wait_for_end(outlives));
  EXPECT_TRUE(eventually([&] { return ask({"status"})["workers"]["busy"] == 0; }));
  EXPECT_EQ(task("IT-3")["state"], "cancelled");
}

TEST_F(Recovery, ADrainHoldsOverARestart) {
  serve();
  ask({"drain", "--reason", "upgrade"});
  host.kill_hard();
  ASSERT_TRUE(host.start()) << host.log();
  EXPECT_EQ(ask({"status"})["draining"], true);
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  const CommandResult refused =
      host.orchestrator({"task", "submit", "--title", "x", "--repo", repository});
  EXPECT_EQ(refused.exit_code, 75) << refused.err;
  ask({"resume"});
  EXPECT_EQ(ask({"status"})["draining"], false);
}

TEST_F(Recovery, EndsAWorkerThatHasBeenSilentForTooLong) {
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  hook("analysis", gate.python() + "usual()\n");
  serve({.rest = "ownership: { reaper: { every: 5s, silent_after: 5s } }\n"});
  submit("IT-9", {"--repo", repository});
  ASSERT_TRUE(gate.wait_for_count(1)) << host.log();
  ASSERT_TRUE(host.wait_for_log("worker.silent")) << host.log();
  const Json held = settled("IT-9");
  EXPECT_EQ(held["hold"]["class"], "infra_budget") << held.dump(2);
  EXPECT_EQ(held["counters"]["code_fail"], 0);
  EXPECT_EQ(ask({"queue", "list"})["reaper"]["by_tier"]["silent"], 1);
  EXPECT_TRUE(HostHarness::processes_with("agent.py " + host.root().string()).empty());
}

// --- the process that makes the workers ---------------------------------------------------------

TEST_F(Recovery, ALostForkServerCostsNoJobAndStaysBehindNoHost) {
  begin();
  const pid_t goes_on = worker();
  const auto servers = [&] {
    return HostHarness::processes_with(std::string("--fork-server") + '\0' +
                                       (host.state() / "jobs").string());
  };
  ASSERT_EQ(servers().size(), 1U);
  const pid_t lost = servers().front();
  ::kill(lost, SIGKILL);
  ASSERT_TRUE(eventually([&] { return servers().empty(); }));
  const auto repository = make_repository(
      "plain", {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
                {"tests/test_plain.py", "def test_plain():\n    pass\n"}});
  add_branch(repository, "work", "tests/test_more.py", "def test_more():\n    pass\n");
  submit("IT-4", {"--repo", repository, "--branch", "work", "--from", "testing"});
  const Json other = settled("IT-4");
  EXPECT_EQ(other["stage"], "deploy-staging") << other.dump(2) << host.log();
  EXPECT_EQ(runs("IT-4", "testing").size(), 1U) << "no job was charged";
  EXPECT_TRUE(host.wait_for_log("worker.fork_server_lost"));
  ASSERT_EQ(servers().size(), 1U);
  EXPECT_NE(servers().front(), lost);
  host.kill_hard();
  EXPECT_TRUE(eventually([&] { return servers().empty(); })) << "it ends with its host";
  EXPECT_EQ(::kill(goes_on, 0), 0) << "the worker of the server that was lost goes on";
  ASSERT_TRUE(host.start()) << host.log();
  gate.open();
  expect_passed(1);
  EXPECT_EQ(gate.count(), 1) << "the suite ran once";
  EXPECT_EQ(task("IT-3")["counters"]["infra_fail"], 0);
}

// --- an upgrade --------------------------------------------------------------------------------

// The programs in a folder of their own, so that they can be replaced under a running host.
std::filesystem::path copied_programs(const std::filesystem::path& folder) {
  for (const char* name : {"orchestrator", "orchestrator-worker", "orchestrator-sandbox"})
    std::filesystem::copy_file(std::filesystem::path(test::bin_dir()) / name, folder / name);
  return folder;
}

TEST_F(Recovery, NewProgramsOnDiskCostNoRunningWorker) {
  const TempDir programs;
  HostHarness installed(copied_programs(programs.path()));
  const Gate waits(installed.root());
  write_text(installed.root() / "hooks" / "analysis.py", waits.python() + "usual()\n");
  // The prompts are found beside installed programs; these are copies alone.
  std::string roles = "roles:\n";
  for (const char* role : {"analyst", "architect", "developer", "reviewer", "tester", "deployer"}) {
    roles += "  " + std::string(role) + ": { prompt: " + test::source_dir() + "/config/prompts/" +
             role + ".md }\n";
  }
  write_text(installed.config(), yaml(installed, {.rest = roles}));
  ASSERT_TRUE(installed.start()) << installed.log();
  const auto repository = make_repository("plain", {{"README.md", "Plain.\n"}});
  const auto ask_it = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return Json::parse(installed.orchestrator(arguments).out, nullptr, false);
  };
  ask_it({"task", "submit", "--id", "IT-10", "--title", "Do it", "--repo", repository});
  ASSERT_TRUE(waits.wait_for_count(1)) << installed.log();
  for (const char* name : {"orchestrator", "orchestrator-worker", "orchestrator-sandbox"}) {
    const std::filesystem::path program = programs.path() / name;
    std::filesystem::copy_file(program, program.string() + ".new");
    std::filesystem::rename(program.string() + ".new", program);
  }
  installed.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return ask_it({"status"}).value("draining", false); }));
  installed.signal(SIGTERM);
  EXPECT_EQ(installed.wait_for_exit(), 0) << installed.log();
  ASSERT_TRUE(installed.start()) << installed.log();
  EXPECT_NE(installed.log().find("worker.adopted"), std::string::npos) << installed.log();
  waits.open();
  EXPECT_TRUE(eventually([&] {
    return ask_it({"task", "show", "IT-10"}).value("state", "") == "waiting_human";
  })) << installed.log();
  EXPECT_EQ(waits.count(), 1);
  EXPECT_EQ(ask_it({"task", "show", "IT-10"})["counters"]["infra_fail"], 0);
}

}  // namespace

}  // namespace orc::test
