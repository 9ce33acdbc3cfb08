// SPDX-License-Identifier: Apache-2.0
// The record of a deployment is there before its job starts, and says how it ended.
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

class Deploying : public ::testing::Test {
 protected:
  void confirm(Reply first) {
    host.launcher().script(Stage::deploy, std::move(first));
    host.submit("T-1", Stage::deploy);
    host.wait_for_state("T-1", TaskState::waiting_human);
    ASSERT_EQ(host.ask(Approve{"T-1", "go"}).kind, Answer::Kind::done);
  }
  std::vector<Deployment> deployments(const Task& task) {
    return host.reader().deployments(task.id).value();
  }
  std::vector<std::string> told(const Task& task) {
    std::vector<std::string> kinds;
    const std::vector<Event> events = host.reader().events(EventId{0}, task.id, 1000).value();
    for (const Event& event : events) {
      if (event.kind.starts_with("deployment.")) kinds.push_back(event.kind);
    }
    return kinds;
  }
  EngineHarness host;
};

TEST_F(Deploying, IsOneRowOverAllItsAttemptsWithWhoConfirmedIt) {
  confirm({.outcome = Deferred{.reason = ReasonCode::in_progress,
                               .text = "deploying",
                               .retry_after = Millis{1},
                               .resume_token = "d-1"},
           .side_effects = 1});
  host.launcher().script(
      Stage::deploy, {.outcome = Verdict{.token = "SUCCESS", .summary = "revision abc runs"}});
  const Task task = host.wait_for_state("T-1", TaskState::done);
  const auto rows = deployments(task);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].state, DeploymentState::succeeded);
  EXPECT_EQ(rows[0].text, "revision abc runs");
  EXPECT_EQ(rows[0].confirmed_by, "alice");
  EXPECT_EQ(rows[0].producer, "fake");
  EXPECT_EQ(rows[0].repo, "demo");
  EXPECT_EQ(told(task),
            (std::vector<std::string>{"deployment.running", "deployment.succeeded"}));
}

TEST_F(Deploying, ThatFailedIsARowOfItsOwnBesideTheNextOne) {
  confirm({.outcome = Verdict{.token = "FAILED"}});
  Task task = host.wait_for("T-1", [&](const Task& seen) {
    return seen.stage == Stage::deploy && seen.code_fail == 1 &&
           seen.state == TaskState::waiting_human;
  });
  ASSERT_EQ(deployments(task).size(), 1u);
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::failed);
  ASSERT_EQ(host.ask(Approve{"T-1", "again"}).kind, Answer::Kind::done);
  task = host.wait_for_state("T-1", TaskState::done);
  ASSERT_EQ(deployments(task).size(), 2u);
  EXPECT_EQ(deployments(task)[1].state, DeploymentState::succeeded);
}

TEST_F(Deploying, ThatNobodyTookUpDidNotRun) {
  confirm({.outcome = Held{ReasonCode::tool_missing, "no ssh"}});
  const Task task = host.wait_for_state("T-1", TaskState::held);
  ASSERT_EQ(deployments(task).size(), 1u);
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::not_run);
}

TEST_F(Deploying, ThatWasLostHalfWayIsUnknownUntilSomebodyFoundOut) {
  confirm({.outcome = Held{ReasonCode::unknown, "killed"}, .side_effects = 1});
  Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::unknown);
  ASSERT_EQ(host.ask(Release{"T-1", "it runs"}).kind, Answer::Kind::done);
  host.wait_for_state("T-1", TaskState::waiting_human);
  ASSERT_EQ(host.ask(Approve{"T-1", "look"}).kind, Answer::Kind::done);
  task = host.wait_for_state("T-1", TaskState::done);
  ASSERT_EQ(deployments(task).size(), 1u) << "the same deployment";
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::succeeded);
}

TEST_F(Deploying, ThatWasTakenAwayFromItsOwnerIsUnknown) {
  confirm({.outcome = Deferred{.reason = ReasonCode::in_progress,
                               .text = "deploying",
                               .retry_after = Millis{600'000},
                               .resume_token = "d-1"}});
  host.wait_for("T-1", [&](const Task& task) {
    const auto rows = deployments(task);
    return !rows.empty() && rows[0].state == DeploymentState::running;
  });
  ASSERT_EQ(host.ask(ReleaseLease{"T-1", "stop", true}).kind, Answer::Kind::done);
  Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::unknown);
  ASSERT_EQ(host.ask(Cancel{"T-1", "over"}).kind, Answer::Kind::done);
  task = host.wait_for_state("T-1", TaskState::cancelled);
  EXPECT_EQ(deployments(task)[0].state, DeploymentState::unknown);
}

}  // namespace
}  // namespace orc::engine::test
