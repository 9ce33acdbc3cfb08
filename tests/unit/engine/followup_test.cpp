// SPDX-License-Identifier: Apache-2.0
#include "engine/followup.h"

#include <gtest/gtest.h>

namespace orc::engine {
namespace {

constexpr WallTime k_now{1'000'000};
const Budget k_budget{.infra = {.attempts = 3, .backoff = Millis{60'000}},
                      .max_rollbacks = 2,
                      .max_broken_artifacts = 1};

Task task_at(Stage stage) {
  Task task;
  task.id = TaskId{7};
  task.work_item = "T-7";
  task.stage = stage;
  task.rev = 3;
  return task;
}

Job job_of(const Task& task, int attempt = 1) {
  return {.id = JobId{70}, .task = task.id, .stage = task.stage, .attempt = attempt};
}

TEST(EveryStage, AdvancesAlongTheTableOnAPass) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    const Task task = task_at(rule.stage);
    const Followup f = after_gate(task, job_of(task), GatePassed{"ok"}, k_budget, k_now);
    if (rule.human == HumanGate::after_gate) {
      EXPECT_EQ(f.next.stage, rule.stage);
      EXPECT_EQ(f.next.state, TaskState::waiting_human);
      EXPECT_FALSE(f.job);
      continue;
    }
    EXPECT_EQ(f.next.stage, rule.on_pass);
    if (rule.on_pass == Stage::done) {
      EXPECT_EQ(f.next.state, TaskState::done);
      EXPECT_FALSE(f.job);
    } else if (find_rule(rule.on_pass)->human == HumanGate::before_production) {
      EXPECT_EQ(f.next.state, TaskState::waiting_human);
      EXPECT_FALSE(f.job);
    } else {
      ASSERT_TRUE(f.job);
      EXPECT_EQ(f.job->stage, rule.on_pass);
      EXPECT_EQ(f.job->attempt, 1);
    }
  }
}

TEST(EveryStage, GoesBackAlongTheTableOnAFailAndCarriesTheReason) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    const Task task = task_at(rule.stage);
    const Followup f = after_gate(task, job_of(task), GateFailed{"result: FAIL"}, k_budget, k_now);
    EXPECT_EQ(f.next.stage, rule.on_fail);
    EXPECT_EQ(f.next.code_fail, 1);
    EXPECT_NE(f.next.feedback.find("result: FAIL"), std::string::npos);
    EXPECT_TRUE(f.job);
  }
}

TEST(RetryBudget, HoldsForAHumanWhenItIsSpent) {
  Task task = task_at(Stage::testing);
  task.code_fail = k_budget.max_rollbacks;
  const Followup f = after_gate(task, job_of(task), GateFailed{"result: FAIL"}, k_budget, k_now);
  EXPECT_EQ(f.next.stage, Stage::development);
  EXPECT_EQ(f.next.state, TaskState::held);
  ASSERT_TRUE(f.next.hold);
  EXPECT_EQ(f.next.hold->hold, HoldClass::retry_budget);
  EXPECT_FALSE(f.job);
  EXPECT_TRUE(f.alert);
}

TEST(BrokenContract, RunsAgainWithinItsOwnBudgetAndNeverRollsBack) {
  const Task task = task_at(Stage::review);
  const Followup first =
      after_gate(task, job_of(task), ContractBroken{"12-review.md: missing"}, k_budget, k_now);
  EXPECT_EQ(first.next.stage, Stage::review);
  EXPECT_EQ(first.next.code_fail, 0);
  ASSERT_TRUE(first.job);
  EXPECT_EQ(first.job->attempt, 2);
  const Followup second = after_gate(first.next, job_of(task, 2),
                                     ContractBroken{"12-review.md: missing"}, k_budget, k_now);
  ASSERT_TRUE(second.next.hold);
  EXPECT_EQ(second.next.hold->hold, HoldClass::broken_artifact);
  EXPECT_FALSE(second.job);
}

TEST(Deferral, KeepsStageAndCodeCounterAndBacksOff) {
  Task task = task_at(Stage::deploy_staging);
  task.code_fail = 1;
  const Deferred refused{.reason = ReasonCode::network, .text = "connection refused"};
  const Followup first = after_deferral(task, job_of(task), refused, k_budget, k_now);
  EXPECT_EQ(first.next.stage, Stage::deploy_staging);
  EXPECT_EQ(first.next.code_fail, 1);
  EXPECT_EQ(first.next.infra_fail, 1);
  ASSERT_TRUE(first.job);
  EXPECT_EQ(first.job->run_after, k_now + Millis{60'000});
  const Followup second = after_deferral(first.next, job_of(task, 2), refused, k_budget, k_now);
  EXPECT_EQ(second.job->run_after, k_now + Millis{120'000});
}

TEST(Deferral, EndsInOneHoldWhenItsBudgetIsSpent) {
  Task task = task_at(Stage::deploy_staging);
  task.infra_fail = 2;
  const Followup f = after_deferral(
      task, job_of(task, 3), {.reason = ReasonCode::network, .text = "refused"}, k_budget, k_now);
  EXPECT_EQ(f.next.stage, Stage::deploy_staging);
  EXPECT_EQ(f.next.code_fail, 0);
  ASSERT_TRUE(f.next.hold);
  EXPECT_EQ(f.next.hold->hold, HoldClass::infra_budget);
  EXPECT_TRUE(f.alert);
  EXPECT_FALSE(f.job);
}

TEST(Deferral, CostsNothingWhileWorkIsInProgress) {
  Task task = task_at(Stage::deploy);
  task.infra_fail = 2;
  const Followup f = after_deferral(task, job_of(task, 9),
                                    {.reason = ReasonCode::in_progress,
                                     .text = "deploying",
                                     .retry_after = Millis{2000},
                                     .resume_token = "t"},
                                    k_budget, k_now);
  EXPECT_EQ(f.next.infra_fail, 2);
  ASSERT_TRUE(f.job);
  EXPECT_EQ(f.job->run_after, k_now + Millis{2000});
  EXPECT_EQ(f.job->resume_token, "t");
}

TEST(Refusal, HoldsTheTaskWhereItStands) {
  const Task task = task_at(Stage::testing);
  const Followup f =
      after_refusal(task, job_of(task), {ReasonCode::tool_missing, "pytest is not installed"});
  EXPECT_EQ(f.next.stage, Stage::testing);
  EXPECT_EQ(f.next.code_fail, 0);
  ASSERT_TRUE(f.next.hold);
  EXPECT_EQ(f.next.hold->hold, HoldClass::environment);
}

TEST(Refusal, NeverGuessesAnUnknownEndIntoAnEnvironmentDefect) {
  const Task task = task_at(Stage::testing);
  const Followup f = after_refusal(task, job_of(task), {ReasonCode::unknown, "exit 42"});
  EXPECT_EQ(f.next.hold->hold, HoldClass::unknown);
}

TEST(NobodyAccepted, HoldsWithEveryLinksReason) {
  const Task task = task_at(Stage::testing);
  const Followup f =
      after_nobody(task, job_of(task),
                   {{0, "test-runner", Decision::declined, "no_contract", "no test block"},
                    {1, "llm-spawner", Decision::skipped, "kill-switch", ""}});
  EXPECT_EQ(f.next.hold->hold, HoldClass::no_producer);
  EXPECT_NE(f.next.hold->reason.find("test-runner declined (no_contract: no test block)"),
            std::string::npos);
  EXPECT_NE(f.next.hold->reason.find("llm-spawner skipped (kill-switch)"), std::string::npos);
}

TEST(FaultWhileDeciding, GoesOnWithTheRestOfTheChain) {
  const Task task = task_at(Stage::testing);
  const Followup f = after_deciding_fault(task, job_of(task), {0, "crashed"}, 1, k_now);
  EXPECT_EQ(f.next.stage, Stage::testing);
  ASSERT_TRUE(f.job);
  EXPECT_EQ(f.job->first_link, 1);
}

TEST(FailedRun, GetsOneFreshWorkerAndThenAHoldButNeverTheNextLink) {
  const Task task = task_at(Stage::testing);
  Job job = job_of(task);
  const Followup first = after_failed_run(task, job, {"signal 11"}, k_now);
  ASSERT_TRUE(first.job);
  EXPECT_EQ(first.job->first_link, 0);
  EXPECT_EQ(first.job->failed_runs, 1);
  job.failed_runs = 1;
  const Followup second = after_failed_run(task, job, {"signal 11"}, k_now);
  EXPECT_FALSE(second.job);
  EXPECT_EQ(second.next.hold->hold, HoldClass::failed_run);
}

TEST(CiWait, QueuesACiJobAtTheSameStage) {
  const Task task = task_at(Stage::development);
  const Followup f = after_gate(task, job_of(task), GateWaits{"pending"}, k_budget, k_now);
  EXPECT_EQ(f.next.stage, Stage::development);
  ASSERT_TRUE(f.job);
  EXPECT_EQ(f.job->kind, JobKind::ci);
}

TEST(HumanRejection, SendsTheWorkBackWithoutSpendingTheBudget) {
  const Followup f = sent_back(task_at(Stage::deploy), "alice", "not on a Friday", k_now);
  EXPECT_EQ(f.next.stage, Stage::development);
  EXPECT_EQ(f.next.code_fail, 0);
  EXPECT_EQ(f.next.feedback, "alice rejected the deploy: not on a Friday");
}

}  // namespace
}  // namespace orc::engine
