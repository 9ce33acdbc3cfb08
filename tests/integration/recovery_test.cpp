// SPDX-License-Identifier: Apache-2.0
// What a crash of the host costs: nothing that a worker has done or is doing.
#include <csignal>

#include "integration/host_test.h"

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

}  // namespace

}  // namespace orc::test
