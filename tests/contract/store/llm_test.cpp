// SPDX-License-Identifier: Apache-2.0
// What keeps LLM runs back: spending, reservations, providers that are kept from being asked.
#include "contract/store/fixture.h"

namespace orc::store {

class Llm : public StoreContract {
 protected:
  AgentRun run(TaskId task, JobId job, WallTime at) {
    AgentRun made;
    made.job = job;
    made.task = task;
    made.stage = Stage::review;
    made.role = Role::reviewer;
    made.input_tokens = 1000;
    made.output_tokens = 100;
    made.cache_read_tokens = 10;
    made.cost_usd = 0.25;
    made.wall_ms = 5000;
    made.started_at = at;
    return made;
  }
  void record(const AgentRun& made) {
    ASSERT_TRUE(batch([&] { return store().record_agent_run(made); }).ok());
  }
  LlmAmount of_task(TaskId task) {
    return must(reader()->llm_spend({.task = task, .role = {}, .from = {}, .to = {}}, k_unknown));
  }
  LlmAmount of_time(WallTime from, WallTime to, std::optional<Role> role = {}) {
    return must(reader()->llm_spend({.task = {}, .role = role, .from = from, .to = to}, k_unknown));
  }

  static constexpr LlmAmount k_unknown{
      .runs = 1, .tokens = 7777, .cost_micro_usd = 9'000'000, .wall_ms = 1};
};

TEST_F(Llm, SpendingIsAddedUpByTaskAndByTime) {
  const Task task = new_task("T-1");
  const Job job = new_job(task.id);
  EXPECT_EQ(of_task(task.id).runs, 0);
  record(run(task.id, job.id, k_now));
  record(run(task.id, job.id, k_now + Millis{1000}));
  const LlmAmount all = of_task(task.id);
  EXPECT_EQ(all.runs, 2);
  EXPECT_EQ(all.tokens, 2220);
  EXPECT_EQ(all.cost_micro_usd, 500'000);
  EXPECT_EQ(all.wall_ms, 10'000);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1000}).runs, 1);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1001}).runs, 2);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1001}, Role::tester).runs, 0);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1001}, Role::reviewer).runs, 2);
}

TEST_F(Llm, WhatARunDidNotTellCountsAsWhatWasReserved) {
  const Task task = new_task("T-1");
  AgentRun silent = run(task.id, new_job(task.id).id, k_now);
  silent.input_tokens = silent.output_tokens = silent.cache_read_tokens = std::nullopt;
  silent.cost_usd.reset();
  record(silent);
  EXPECT_EQ(of_task(task.id).tokens, 7777);
  EXPECT_EQ(of_task(task.id).cost_micro_usd, 9'000'000);
  const std::vector<AgentRun> stored = must(reader()->agent_runs(task.id));
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].cost_usd, std::nullopt) << "unknown stays unknown";
}

TEST_F(Llm, AReservationCountsAsLongAsItsJobRuns) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("T-1");
  const Job job = running_job(task.id, host);
  const auto reserve = [&] {
    return batch([&] {
      return store().reserve_llm(job, Role::reviewer,
                                 {.runs = 1, .tokens = 50, .cost_micro_usd = 60, .wall_ms = 70},
                                 k_now);
    });
  };
  ASSERT_TRUE(reserve().ok());
  ASSERT_TRUE(reserve().ok()) << "the same job again";
  EXPECT_EQ(of_task(task.id).runs, 1);
  EXPECT_EQ(of_task(task.id).tokens, 50);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1}, Role::reviewer).cost_micro_usd, 60);
  EXPECT_EQ(of_time(k_now, k_now + Millis{1}, Role::tester).runs, 0);
  EXPECT_EQ(batch([&] {
              return must(store().finish_job({job.id, job.attempt, host.instance}, ended()));
            }),
            Write::written);
  EXPECT_EQ(of_task(task.id).runs, 0);
}

TEST_F(Llm, AProviderPauseIsReplacedAndRemovedByPluginAndModel) {
  const auto put = [&](const std::string& model, const std::string& cause,
                       std::optional<WallTime> trial) {
    return batch([&] {
      return store().put_provider_pause({.plugin = "llm",
                                         .model = model,
                                         .cause = cause,
                                         .text = "t",
                                         .since = k_now,
                                         .trial_at = trial,
                                         .failed_trials = 2});
    });
  };
  ASSERT_TRUE(put("", "rate_limit", k_now).ok());
  ASSERT_TRUE(put("", "auth", std::nullopt).ok());
  ASSERT_TRUE(put("m", "model_unavailable", std::nullopt).ok());
  std::vector<ProviderPause> pauses = must(reader()->provider_pauses());
  ASSERT_EQ(pauses.size(), 2U);
  EXPECT_EQ(pauses[0].cause, "auth");
  EXPECT_EQ(pauses[0].trial_at, std::nullopt);
  EXPECT_EQ(pauses[0].failed_trials, 2);
  ASSERT_TRUE(batch([&] { return store().remove_provider_pause("llm", ""); }).ok());
  pauses = must(reader()->provider_pauses());
  ASSERT_EQ(pauses.size(), 1U);
  EXPECT_EQ(pauses[0].model, "m");
}

TEST_F(Llm, ABreakerIsReplacedByProducerAndReason) {
  const auto put = [&](const Breaker& breaker) {
    return batch([&] { return store().put_breaker(breaker); }).ok();
  };
  Breaker breaker{.producer = "staging-runner",
                  .reason = ReasonCode::network,
                  .faults = {k_now, k_now + Millis{5}},
                  .since = k_now};
  ASSERT_TRUE(put(breaker));
  breaker.open = true;
  breaker.next_try = k_now + Millis{300};
  breaker.wait = Millis{600};
  ASSERT_TRUE(put(breaker));
  ASSERT_TRUE(put({.producer = "staging-runner", .reason = ReasonCode::busy}));
  const std::vector<Breaker> stored = must(reader()->breakers());
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_TRUE(stored[0].faults.empty());
  EXPECT_EQ(stored[1].reason, ReasonCode::network);
  EXPECT_EQ(stored[1].faults, breaker.faults);
  EXPECT_TRUE(stored[1].open);
  EXPECT_EQ(stored[1].next_try, breaker.next_try);
  EXPECT_EQ(stored[1].wait, breaker.wait);
}

TEST_F(Llm, AQueuedJobIsPostponedAndRecalledByItsReason) {
  const Task task = new_task("T-1");
  const Job job = new_job(task.id);
  EXPECT_EQ(
      batch([&] { return must(store().postpone_job(job.id, k_now + Millis{500}, "why", "text")); }),
      Write::written);
  EXPECT_TRUE(must(store().due_jobs(k_now, 10)).empty());
  EXPECT_EQ(must(store().next_due(k_now)), k_now + Millis{500});
  EXPECT_EQ(must(reader()->live_job(task.id))->text, "text");
  EXPECT_EQ(batch([&] { return must(store().recall_jobs("other", k_now)); }), 0);
  EXPECT_EQ(batch([&] { return must(store().recall_jobs("why", k_now)); }), 1);
  const auto due = must(store().due_jobs(k_now, 10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(must(reader()->live_job(task.id))->reason, "");
  EXPECT_EQ(batch([&] { return must(store().postpone_job(JobId{999}, k_now, "why", "")); }),
            Write::lost);
}

TEST_F(Llm, RunsAreListedNewestFirstByTaskJobAndPage) {
  const Task one = new_task("T-1");
  const Task two = new_task("T-2");
  const Job first = new_job(one.id);
  const Job second = new_job(two.id);
  for (int i = 0; i < 3; ++i) record(run(one.id, first.id, k_now + Millis{i}));
  record(run(two.id, second.id, k_now));
  const auto numbers = [&](const RunFilter& filter) {
    std::vector<std::int64_t> found;
    for (const RunRow& row : must(reader()->runs(filter))) found.push_back(row.number);
    return found;
  };
  EXPECT_EQ(numbers({}), (std::vector<std::int64_t>{4, 3, 2, 1}));
  EXPECT_EQ(numbers({.task = one.id, .job = {}, .before = 0, .limit = 2}),
            (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(numbers({.task = one.id, .job = {}, .before = 2, .limit = 2}),
            (std::vector<std::int64_t>{1}));
  EXPECT_EQ(numbers({.task = {}, .job = second.id, .before = 0, .limit = 9}),
            (std::vector<std::int64_t>{4}));
  EXPECT_EQ(must(reader()->runs({})).at(0).work_item, "T-2");
}

TEST_F(Llm, UsageIsGroupedAndTellsHowManyRunsAreKnown) {
  const Task task = new_task("T-1");
  const Job job = new_job(task.id);
  record(run(task.id, job.id, k_now));
  AgentRun killed = run(task.id, job.id, k_now);
  killed.cost_usd.reset();
  killed.output_tokens.reset();
  killed.result = "timeout";
  record(killed);
  record(run(task.id, job.id, WallTime{k_now.ms - 1}));
  const std::vector<UsageRow> rows = must(reader()->llm_usage(k_now));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].runs, 2);
  EXPECT_EQ(rows[0].cost_micro_usd.sum, 250'000);
  EXPECT_EQ(rows[0].cost_micro_usd.told, 1);
  EXPECT_EQ(rows[0].output_tokens.told, 1);
  EXPECT_EQ(rows[0].input_tokens.told, 2);
  EXPECT_EQ(rows[0].wall_ms, 10'000);
}

TEST_F(Llm, AVerdictWithoutARunOfAModelIsCountedApart) {
  const HostIdentity host = recorded_host();
  const auto finished = [&](const std::string& id, const std::string& outcome) {
    const Task task = new_task(id, Stage::testing);
    const Job job = running_job(task.id, host, Stage::testing);
    batch([&] {
      return must(store().finish_job({job.id, job.attempt, host.instance}, ended(outcome)));
    });
    return job;
  };
  const Job modelled = finished("T-1", "verdict");
  record(run(modelled.task, modelled.id, k_now));
  finished("T-2", "verdict");
  finished("T-3", "deferred");
  const std::vector<VerdictCount> counts = must(reader()->verdict_counts(k_now));
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].stage, Stage::testing);
  EXPECT_EQ(counts[0].by_model, 1);
  EXPECT_EQ(counts[0].without_model, 1);
  EXPECT_EQ(counts[0].without_model_ms, 5);
  EXPECT_TRUE(must(reader()->verdict_counts(k_now + Millis{6})).empty());
}

TEST_F(Llm, RunsAreCountedWhereTheyAreWritten) {
  const Task task = new_task("T-1");
  const Job job = new_job(task.id);
  EXPECT_TRUE(must(reader()->llm_totals()).empty());
  AgentRun good = run(task.id, job.id, k_now);
  good.model = "opus";
  good.effort = "high";
  good.result = "ok";
  record(good);
  record(good);
  AgentRun silent = good;
  silent.input_tokens = silent.output_tokens = silent.cache_read_tokens = std::nullopt;
  silent.cost_usd.reset();
  silent.result = "rate_limit";
  record(silent);
  const std::vector<LlmTotal> totals = must(reader()->llm_totals());
  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[0].role, "reviewer");
  EXPECT_EQ(totals[0].model, "opus");
  EXPECT_EQ(totals[0].effort, "high");
  EXPECT_EQ(totals[0].result, "ok");
  EXPECT_EQ(totals[0].runs, 2);
  EXPECT_EQ(totals[0].input_tokens, 2000);
  EXPECT_EQ(totals[0].output_tokens, 200);
  EXPECT_EQ(totals[0].cache_read_tokens, 20);
  EXPECT_EQ(totals[0].cache_write_tokens, 0);
  EXPECT_EQ(totals[0].cost_micro_usd, 500'000);
  EXPECT_EQ(totals[1].result, "rate_limit");
  EXPECT_EQ(totals[1].runs, 1);
  EXPECT_EQ(totals[1].input_tokens, 0);
  EXPECT_EQ(totals[1].cost_micro_usd, 0);
}

TEST_F(Llm, OneConditionIsClearedAlone) {
  batch([&] { return must(store().raise_alert(TaskId{}, "provider:a", "x", k_now)); });
  batch([&] { return must(store().raise_alert(TaskId{}, "provider:b", "x", k_now)); });
  ASSERT_TRUE(batch([&] { return store().clear_alert(TaskId{}, "provider:a", k_now); }).ok());
  const auto alerts = must(reader()->open_alerts());
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].condition, "provider:b");
}

}  // namespace orc::store
