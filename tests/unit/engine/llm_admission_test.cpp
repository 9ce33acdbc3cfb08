// SPDX-License-Identifier: Apache-2.0
// One outage, one incident: which jobs may ask a model, through a real engine and database.
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

AgentRun agent_run(const std::string& result) {
  AgentRun run;
  run.program = "agent";
  run.model = "model-1";
  run.result = result;
  run.input_tokens = 1000;
  run.output_tokens = 100;
  run.wall_ms = 1000;
  run.started_at = wall_now();
  return run;
}

Reply ran(const std::string& result, JobOutcome outcome) {
  return {.outcome = std::move(outcome), .agent_runs = {agent_run(result)}, .side_effects = 1};
}
Reply rate_limited() {
  return ran("rate_limit", Deferred{.reason = ReasonCode::busy, .text = "429", .retry_after = Millis{60'000}});
}
Reply locked_out() {
  return ran("auth", Held{ReasonCode::credentials, "401"});
}
Reply reviewed() {
  return ran("ok", Verdict{});
}

void with_a_model(config::Generation& generation) {
  generation.plugins["fake"].is_llm = true;
  for (const Role role : k_roles) generation.config.roles[role] = {.model = "model-1", .effort = "high"};
}

std::optional<Job> live_job(EngineHarness& host, const Task& task) {
  return host.reader().live_job(task.id).value();
}

// The job that waits for its provider.
Job kept_back(EngineHarness& host, const std::string& work_item) {
  std::optional<Job> job;
  host.wait_for(work_item, [&](const Task& task) {
    if (task.work_item.empty()) return false;
    job = live_job(host, task);
    return job && job->state == JobState::queued && job->reason == k_provider_paused;
  });
  EXPECT_TRUE(job && job->reason == k_provider_paused) << work_item;
  return job.value_or(Job{});
}

TEST(LlmAdmission, KeepsEveryOtherJobBackWithoutAChargeWhenOneIsRefused) {
  EngineHarness host(with_a_model);
  host.launcher().script(Stage::review, rate_limited());
  host.submit("T-1", Stage::review);
  EXPECT_GT(kept_back(host, "T-1").run_after, wall_now());
  for (const char* id : {"T-2", "T-3", "T-4"}) {
    host.submit(id, Stage::review);
    const Job job = kept_back(host, id);
    EXPECT_EQ(job.attempt, 1) << "it was never started";
  }
  EXPECT_EQ(host.launcher().launched().size(), 1U);
  for (const char* id : {"T-1", "T-2", "T-3", "T-4"}) {
    const Task task = host.reader().task(id).value().value_or(Task{});
    EXPECT_EQ(task.state, TaskState::active);
    EXPECT_EQ(task.infra_fail, 0);
    EXPECT_EQ(task.code_fail, 0);
    const auto waiting = why_waiting(task, live_job(host, task), 0, 2, false, wall_now());
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->code, WaitCode::dependency);
    EXPECT_NE(waiting->text.find("429"), std::string::npos) << waiting->text;
  }
  ASSERT_EQ(host.engine().status()->provider_pauses.size(), 1U);
  EXPECT_EQ(host.engine().status()->provider_pauses[0].cause, "rate_limit");
}

TEST(LlmAdmission, TellsOnceThatNobodyIsLetInAndGoesOnAfterATrial) {
  EngineHarness host(with_a_model);
  host.launcher().script(Stage::review, locked_out());
  host.submit("T-1", Stage::review);
  kept_back(host, "T-1");
  host.submit("T-2", Stage::review);
  kept_back(host, "T-2");
  const std::vector<Alert> alerts = host.reader().open_alerts().value();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].condition, "provider:fake");

  host.launcher().script(Stage::review, reviewed());
  host.launcher().script(Stage::review, reviewed());
  ASSERT_EQ(host.ask(TryPlugin{"fake", "key renewed"}).kind, Answer::Kind::done);
  for (const char* id : {"T-1", "T-2"}) {
    const Task task = host.wait_for(id, [](const Task& t) { return t.stage > Stage::review; });
    EXPECT_GT(task.stage, Stage::review) << id;
    EXPECT_EQ(task.infra_fail, 0);
  }
  EXPECT_TRUE(host.engine().status()->provider_pauses.empty());
  for (const Alert& alert : host.reader().open_alerts().value())
    EXPECT_NE(alert.condition, "provider:fake");
  EXPECT_EQ(host.ask(TryPlugin{"fake", ""}).kind, Answer::Kind::not_found);
}

TEST(LlmAdmission, SurvivesARestart) {
  EngineHarness host(with_a_model);
  host.launcher().script(Stage::review, locked_out());
  host.submit("T-1", Stage::review);
  kept_back(host, "T-1");
  host.restart();
  host.submit("T-2", Stage::review);
  kept_back(host, "T-2");
  EXPECT_TRUE(host.launcher().launched().empty());
}

TEST(LlmAdmission, StillAsksTheDeterministicProducerInFrontOfAClosedOne) {
  EngineHarness host([](config::Generation& generation) {
    with_a_model(generation);
    config::Plugin suite = generation.config.plugins["fake"];
    suite.name = "suite";
    generation.config.plugins["suite"] = suite;
    generation.plugins["suite"] = {
        .name = "suite", .type = "suite", .library = "/nowhere/suite.so", .stages = {"*"}};
    generation.config.stages[Stage::testing].producers = {"suite", "fake"};
  });
  host.launcher().script(Stage::review, locked_out());
  host.submit("T-1", Stage::review);
  kept_back(host, "T-1");
  host.submit("T-2", Stage::testing);
  kept_back(host, "T-2");  // at deploy-staging, where only the model is left
  EXPECT_EQ(host.reader().task("T-2").value()->stage, Stage::deploy_staging);

  host.launcher().script(Stage::testing, {.outcome = NobodyAccepted{}});
  host.submit("T-3", Stage::testing);
  const Job job = kept_back(host, "T-3");
  EXPECT_EQ(job.stage, Stage::testing);
  EXPECT_EQ(job.first_link, 1) << "what declined is not asked again";
}

TEST(LlmBudget, HoldsTheTaskBeforeARunThatWouldExceedIt) {
  EngineHarness host([](config::Generation& generation) {
    with_a_model(generation);
    generation.config.llm.task_budget.runs = 1;
  });
  host.launcher().script(Stage::review, reviewed());
  host.submit("T-1", Stage::review);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.stage, Stage::testing) << "the review was the one run";
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::llm_budget);
  EXPECT_NE(task.hold->reason.find("llm.task_budget.runs: 1 of 1"), std::string::npos) << task.hold->reason;
  EXPECT_EQ(task.code_fail + task.infra_fail, 0);
  const auto waiting = why_waiting(task, std::nullopt, 0, 2, false, wall_now());
  EXPECT_EQ(waiting->code, WaitCode::budget);
  EXPECT_EQ(host.reader().live_job(task.id).value(), std::nullopt);

  ASSERT_EQ(host.ask(Release{"T-1", "let me"}).kind, Answer::Kind::done);
  host.wait_for("T-1", [&](const Task& t) { return t.state == TaskState::held && t.rev > task.rev + 1; });
  EXPECT_EQ(host.launcher().launched().size(), 1U) << "a release does not make the budget larger";
}

TEST(LlmBudget, CountsTheReservationOfARunThatNeverTold) {
  EngineHarness host([](config::Generation& generation) {
    with_a_model(generation);
    generation.config.llm.day_budget.tokens = 3'000'000;
    generation.config.llm.reserve_tokens = 2'000'000;
  });
  host.launcher().script(Stage::review, {.outcome = WorkerFault{"killed"}, .side_effects = 1});
  host.submit("T-1", Stage::review);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.hold->hold, HoldClass::llm_budget);
  const std::vector<AgentRun> runs = host.reader().agent_runs(task.id).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].result, "lost");
  EXPECT_EQ(runs[0].input_tokens, std::nullopt) << "unknown is never zero";
}

TEST(LlmBudget, ReservesForTwoJobsThatAreClaimedTogether) {
  EngineHarness host([](config::Generation& generation) {
    with_a_model(generation);
    generation.config.llm.day_budget.cost_micro_usd = 15'000'000;
    generation.config.llm.reserve_cost_micro_usd = 10'000'000;
    generation.config.llm.prices["model-1"] = {.input = 5'000'000, .output = 25'000'000};
  });
  // Behind a closed provider three jobs gather; opened, two of them are claimed in one batch.
  host.launcher().script(Stage::review, locked_out());
  for (int i = 0; i < 4; ++i) host.launcher().script(Stage::review, reviewed());
  const std::vector<std::string> ids{"T-1", "T-2", "T-3"};
  for (const std::string& id : ids) {
    host.submit(id, Stage::review);
    kept_back(host, id);
  }
  ASSERT_EQ(host.ask(TryPlugin{"fake", ""}).kind, Answer::Kind::done);
  int over_budget = 0;
  for (const std::string& id : ids) {
    const Task task = host.wait_for(id, [](const Task& t) {
      return t.state == TaskState::held || t.state == TaskState::waiting_human;
    });
    over_budget += task.hold && task.hold->hold == HoldClass::llm_budget ? 1 : 0;
  }
  EXPECT_GE(over_budget, 1) << "all runs together cost cents; only what was reserved could exceed it";
}

TEST(LlmBudget, TakesTheCostFromThePriceTableWhereNoneWasTold) {
  EngineHarness host([](config::Generation& generation) {
    with_a_model(generation);
    generation.config.llm.prices["model-1"] = {.input = 5'000'000, .output = 25'000'000};
  });
  host.launcher().script(Stage::review, reviewed());
  host.submit("T-1", Stage::review);
  const Task task = host.wait_for("T-1", [](const Task& t) { return t.stage == Stage::deploy; });
  const std::vector<AgentRun> runs = host.reader().agent_runs(task.id).value();
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_TRUE(runs[0].cost_usd);
  EXPECT_NEAR(*runs[0].cost_usd, 0.0075, 1e-9);
  EXPECT_TRUE(runs[0].cost_estimated);
}

}  // namespace
}  // namespace orc::engine::test
