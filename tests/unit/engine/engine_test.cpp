// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

int count_events(EngineHarness& host, const Task& task, const std::string& kind) {
  const auto events = host.reader().events(EventId{0}, task.id, 1000);
  EXPECT_TRUE(events.ok());
  int count = 0;
  for (const Event& event : events.value()) count += event.kind == kind ? 1 : 0;
  return count;
}

TEST(Engine, TakesATaskFromSubmitToDoneThroughBothHumanGates) {
  EngineHarness host;
  ASSERT_EQ(host.submit("T-1").kind, Answer::Kind::done);
  Task task = host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(task.stage, Stage::analysis);
  ASSERT_EQ(host.ask(Approve{"T-1", "good"}).kind, Answer::Kind::done);
  task = host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(task.stage, Stage::deploy);
  ASSERT_EQ(host.ask(Approve{"T-1", "go"}).kind, Answer::Kind::done);
  task = host.wait_for_state("T-1", TaskState::done);
  EXPECT_EQ(task.stage, Stage::done);
  EXPECT_EQ(count_events(host, task, "stage.transition"), 7);
  EXPECT_EQ(host.reader().approvals(task.id).value().size(), 2u);
  EXPECT_EQ(host.reader().live_job(task.id).value(), std::nullopt);
}

TEST(Engine, RollsARedSuiteBackOnceAndThenFinishes) {
  EngineHarness host;
  host.launcher().script(Stage::testing, {.outcome = Verdict{.token = "FAIL"}});
  host.submit("T-1", Stage::development);
  const Task task = host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(task.stage, Stage::deploy);
  EXPECT_EQ(task.code_fail, 1);
  int developed = 0;
  std::string feedback;
  for (const jobs::JobRequest& request : host.launcher().launched()) {
    if (request.stage != Stage::development || request.kind != JobKind::produce) continue;
    ++developed;
    feedback = request.feedback;
  }
  EXPECT_EQ(developed, 2);
  EXPECT_EQ(feedback, "check_tests_passed: result: FAIL");
}

TEST(Engine, HoldsAnInfrastructureFaultWithoutMovingTheStageOrTheCodeCounter) {
  EngineHarness host;
  const Deferred refused{.reason = ReasonCode::network, .text = "connection refused"};
  host.launcher().script(Stage::deploy_staging, {.outcome = refused});
  host.launcher().script(Stage::deploy_staging, {.outcome = refused});
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.stage, Stage::deploy_staging);
  EXPECT_EQ(task.code_fail, 0);
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::infra_budget);
  EXPECT_EQ(host.reader().open_alerts().value().size(), 1u);
}

std::int64_t tallied(EngineHarness& host, Tally tally, std::array<std::string, 4> labels) {
  const auto counts = host.engine().status()->tallies->all();
  const auto found = counts.find({tally, std::move(labels)});
  return found == counts.end() ? 0 : found->second.count;
}

TEST(Engine, CountsTheSignalsThatAWorkerTells) {
  EngineHarness host;
  host.launcher().script(Stage::testing,
                         {.outcome = Held{ReasonCode::tool_missing, "no pytest"},
                          .kills = {{"SIGTERM", "timeout", 2}, {"SIGKILL", "leftover", 1}}});
  host.submit("T-1", Stage::testing);
  host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(tallied(host, Tally::kill, {"SIGTERM", "timeout"}), 2);
  EXPECT_EQ(tallied(host, Tally::kill, {"SIGKILL", "leftover"}), 1);
}

TEST(Engine, CountsANotificationThatNobodyTook) {
  EngineHarness host;  // without a receiver
  host.launcher().script(Stage::testing, {.outcome = Held{ReasonCode::tool_missing, "no pytest"}});
  host.submit("T-1", Stage::testing);
  host.wait_for("T-1", [&](const Task&) {
    return tallied(host, Tally::notification, {"log", "failed"}) == 1;
  });
  EXPECT_EQ(tallied(host, Tally::notification, {"log", "failed"}), 1);
  EXPECT_EQ(tallied(host, Tally::notification, {"log", "sent"}), 0);
}

TEST(Engine, GoesOnAfterAReleaseAndClearsTheAlert) {
  EngineHarness host;
  host.launcher().script(Stage::testing, {.outcome = Held{ReasonCode::tool_missing, "no pytest"}});
  host.submit("T-1", Stage::testing);
  ASSERT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::environment);
  ASSERT_EQ(host.ask(Release{"T-1", "installed"}).kind, Answer::Kind::done);
  const Task task = host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(task.stage, Stage::deploy);
  const std::vector<Alert> alerts = host.reader().open_alerts().value();
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].condition, "human_gate:deploy");
}

TEST(Engine, TakesTheReleaseOfAStoppedVerdictForAnApprovalOfThatContentAlone) {
  EngineHarness host;
  host.launcher().script(Stage::testing, {.outcome = Verdict{.token = "BLOCKED"}});
  host.launcher().script(Stage::testing, {.outcome = Verdict{.token = "FAIL"}});
  host.submit("T-1", Stage::development);
  ASSERT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::blocked);
  ASSERT_EQ(host.ask(Release{"T-1", "fewer tests are fine"}).kind, Answer::Kind::done);
  host.wait_for_state("T-1", TaskState::waiting_human);
  std::vector<std::string> approvers;
  for (const jobs::JobRequest& request : host.launcher().launched()) {
    if (request.stage == Stage::testing) approvers.push_back(request.approved_by);
  }
  // Stopped, tested again as approved and red, tested again with new content.
  EXPECT_EQ(approvers, (std::vector<std::string>{"", "alice", ""}));
}

TEST(Engine, HoldsWhenTheRetryBudgetIsSpentAndLetsOnlyARetryEndIt) {
  EngineHarness host([](config::Generation& g) { g.config.max_rollbacks = 0; });
  host.launcher().script(Stage::review, {.outcome = Verdict{.token = "REQUEST_CHANGES"}});
  host.submit("T-1", Stage::review);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.hold->hold, HoldClass::retry_budget);
  EXPECT_EQ(task.stage, Stage::development);
  EXPECT_EQ(host.ask(Release{"T-1", ""}).code, "wrong_state");
  EXPECT_EQ(host.ask(Retry{"T-1", "try once more"}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
}

TEST(Engine, RetriesAFailedRunOnceInAFreshWorkerAndThenHolds) {
  EngineHarness host;
  host.launcher().script(Stage::testing, {.outcome = FailedRun{"signal 11"}});
  host.launcher().script(Stage::testing, {.outcome = FailedRun{"signal 11"}});
  host.submit("T-1", Stage::testing);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::failed_run);
  EXPECT_EQ(host.launcher().launched().size(), 2u);
}

TEST(Engine, HoldsWithReasonsWhenTheWholeChainIsSwitchedOff) {
  EngineHarness host([](config::Generation& g) { g.config.plugins["fake"].enabled = false; });
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.hold->hold, HoldClass::no_producer);
  EXPECT_NE(task.hold->reason.find("fake skipped (kill-switch"), std::string::npos)
      << task.hold->reason;
  const auto decisions = host.reader().decisions(task.id).value();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].decision.reason, "kill-switch");
  EXPECT_TRUE(host.launcher().launched().empty());
}

TEST(Engine, SkipsAPluginThatAnOperatorKilledAndAsksItAgainAfterwards) {
  EngineHarness host;
  ASSERT_EQ(host.ask(KillPlugin{"fake", "flaky", "", std::nullopt}).kind, Answer::Kind::done);
  host.submit("T-1", Stage::testing);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::no_producer);
  ASSERT_EQ(host.ask(UnkillPlugin{"fake", "mended", std::nullopt}).kind, Answer::Kind::done);
  ASSERT_EQ(host.ask(Release{"T-1", ""}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
}

TEST(Engine, SendsARejectedAnalysisBackWithTheReason) {
  EngineHarness host;
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(host.ask(Reject{"T-1", ""}).code, "no_reason");
  ASSERT_EQ(host.ask(Reject{"T-1", "too vague"}).kind, Answer::Kind::done);
  const Task task = host.wait_for(
      "T-1", [](const Task& t) { return t.state == TaskState::waiting_human && t.rev > 4; });
  EXPECT_EQ(task.stage, Stage::analysis);
  EXPECT_EQ(host.launcher().launched().back().feedback, "alice rejected the analysis: too vague");
}

TEST(Engine, LetsOnlyAnApproverDecide) {
  EngineHarness host([](config::Generation& g) { g.config.analysis_approval.approvers = {"bob"}; });
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(host.ask(Approve{"T-1", ""}).kind, Answer::Kind::not_permitted);
  EXPECT_EQ(host.engine().execute(Approve{"T-1", ""}, {"bob", "cli"}).kind, Answer::Kind::done);
}

TEST(Engine, RefusesBadInputAndCreatesNothing) {
  EngineHarness host;
  const auto code = [&](Submit submit) { return host.ask(submit).code; };
  EXPECT_EQ(code({.work_item = "../x", .repo = "demo"}), "bad_work_item");
  EXPECT_EQ(code({.work_item = "T-1", .repo = "dmo"}), "unknown_repo");
  EXPECT_EQ(code({.work_item = "T-1", .repo = "demo", .branch = "--upload-pack=x"}), "bad_branch");
  EXPECT_EQ(code({.work_item = "T-1", .repo = "demo", .from = Stage::testing}), "bad_branch");
  EXPECT_EQ(code({.work_item = "T-1", .repo = "demo", .branch = "b", .from = Stage::done}),
            "bad_stage");
  EXPECT_TRUE(host.reader().tasks({}).value().empty());
  host.submit("T-1");
  EXPECT_EQ(host.submit("T-1").code, "task_exists");
  EXPECT_EQ(host.ask(Approve{"T-9", ""}).kind, Answer::Kind::not_found);
}

TEST(Engine, GivesALocalRepositoryANameOfItsPathWhateverTheCallerCallsIt) {
  EngineHarness host;
  const auto submit = [&](const std::string& work_item, const std::string& url) {
    return host.ask(Submit{.work_item = work_item, .repo = "same", .repo_url = url});
  };
  ASSERT_EQ(submit("T-1", "/srv/one/shop").kind, Answer::Kind::done);
  ASSERT_EQ(submit("T-2", "/srv/two/shop").kind, Answer::Kind::done);
  EXPECT_EQ(submit("T-3", "two/shop").code, "bad_repo");
  const Task first = *host.reader().task("T-1").value();
  const Task second = *host.reader().task("T-2").value();
  EXPECT_NE(first.repo, second.repo);
  EXPECT_EQ(first.repo.substr(0, 5), "shop-");
  EXPECT_EQ(first.repo_url, "/srv/one/shop");
}

TEST(Engine, LetsOneOpenTaskWorkOnABranch) {
  EngineHarness host;
  const auto submit = [&](const std::string& work_item) {
    return host.ask(Submit{.work_item = work_item, .repo = "demo", .branch = "shared"});
  };
  ASSERT_EQ(submit("T-1").kind, Answer::Kind::done);
  const Answer refused = submit("T-2");
  EXPECT_EQ(refused.code, "branch_in_use");
  EXPECT_EQ(refused.hint, "orchestrator task show T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  ASSERT_EQ(host.ask(Cancel{"T-1", ""}).kind, Answer::Kind::done);
  EXPECT_EQ(submit("T-3").kind, Answer::Kind::done);
}

TEST(Engine, CancelsAWaitingTaskForGood) {
  EngineHarness host;
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(host.ask(Cancel{"T-1", "not needed"}).kind, Answer::Kind::done);
  EXPECT_EQ(host.ask(Approve{"T-1", ""}).code, "wrong_state");
  EXPECT_EQ(host.reader().task("T-1").value()->state, TaskState::cancelled);
}

TEST(Engine, KeepsEverythingOverARestart) {
  EngineHarness host;
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  host.ask(KillPlugin{"fake", "for the weekend", "", std::nullopt});
  host.restart();
  ASSERT_EQ(host.ask(Approve{"T-1", "good"}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::no_producer);
}

TEST(Engine, StartsNothingWhileItDrains) {
  EngineHarness host;
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  ASSERT_EQ(host.ask(Drain{"upgrade"}).kind, Answer::Kind::done);
  EXPECT_EQ(host.submit("T-2").code, "draining");
  ASSERT_EQ(host.ask(Approve{"T-1", "good"}).kind, Answer::Kind::done);
  Task task = host.reader().task("T-1").value().value();
  EXPECT_EQ(task.stage, Stage::architecture);
  EXPECT_EQ(host.reader().live_job(task.id).value()->state, JobState::queued);
  ASSERT_EQ(host.ask(Resume{""}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
}

TEST(Engine, EndsTheWorkOfTheOldestTaskBeforeItGoesOnWithANewerOne) {
  EngineHarness host([](config::Generation& g) {
    g.config.workers = 1;
    g.config.serial_gate.enabled = false;
  });
  const Reply refuses{.outcome = Held{ReasonCode::tool_missing, "no pytest"}};
  host.launcher().script(Stage::testing, refuses);
  host.launcher().script(Stage::testing, refuses);
  for (const char* item : {"T-1", "T-2"}) {
    host.submit(item, Stage::testing);
    host.wait_for_state(item, TaskState::held);
  }
  host.ask(Drain{"so that both wait"});
  host.ask(Release{"T-2", "installed"});
  host.ask(Release{"T-1", "installed"});
  host.ask(Resume{"go"});
  host.wait_for_state("T-2", TaskState::waiting_human);
  std::vector<std::string> order;
  for (const jobs::JobRequest& request : host.launcher().launched())
    order.push_back(request.work_item + " " + std::string(to_string(request.stage)));
  EXPECT_EQ(order,
            (std::vector<std::string>{"T-1 testing", "T-2 testing", "T-1 testing",
                                      "T-1 deploy-staging", "T-2 testing", "T-2 deploy-staging"}));
}

TEST(Engine, FinishesManyTasksWithTwoWorkers) {
  EngineHarness host([](config::Generation& g) { g.config.serial_gate.enabled = false; });
  for (int i = 0; i < 50; ++i) host.submit("T-" + std::to_string(i), Stage::review);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(host.wait_for_state("T-" + std::to_string(i), TaskState::waiting_human).stage,
              Stage::deploy);
  }
  EXPECT_EQ(host.engine().status()->lost_writes, 0);
}

}  // namespace
}  // namespace orc::engine::test
