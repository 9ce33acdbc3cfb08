// SPDX-License-Identifier: Apache-2.0
#include "http/views/views.h"

#include <gtest/gtest.h>

#include "unit/http/fakes.h"

namespace orc::test {
namespace {

namespace views = http::views;

constexpr WallTime k_start{1'795'226'591'000};  // 2026-11-21T02:03:11Z

Job finished_job() {
  Job job;
  job.id = JobId{1914};
  job.task = TaskId{7};
  job.stage = Stage::testing;
  job.attempt = 2;
  job.state = JobState::finished;
  job.created_at = k_start;
  job.started_at = k_start;
  job.finished_at = k_start + Millis{41'700};
  job.generation = 4;
  job.producer = "test-runner";
  job.outcome = "verdict";
  job.text = "1 of 12 tests failed";
  return job;
}

views::TaskFacts failed_test_run() {
  views::TaskFacts facts;
  facts.jobs = {finished_job()};
  facts.decisions = {
      {JobId{1914}, {1, "llm-spawner", Decision::not_asked, "earlier_producer_accepted", ""}},
      {JobId{1914},
       {0, "test-runner", Decision::accepted, "in_scope", "contract: ctest --preset dev"}}};
  ArtifactRecord report;
  report.job = JobId{1914};
  report.name = "13-test-report.md";
  report.sha256 = "5d41";
  ArtifactRecord junit = report;
  junit.name = "13-test-report.junit.xml";
  facts.artifacts = {report, junit};
  Event back;
  back.id = EventId{501};
  back.kind = "stage.transition";
  back.actor = "engine";
  back.text = "testing → development: result: FAIL";
  back.data = R"({"from":"testing","to":"development","reason":"gate_failed"})";
  back.at = k_start + Millis{41'800};
  facts.events = {back};
  return facts;
}

TEST(TimelineView, TellsWhoWasAskedWhatCameOfItAndWhereTheTaskWent) {
  const Json entries = views::timeline(sample_task(), failed_test_run())["entries"];
  ASSERT_EQ(entries.size(), 1U) << entries.dump(1);
  const Json& run = entries[0];
  EXPECT_EQ(run["kind"], "producer_chain");
  EXPECT_EQ(run["at"], "2026-11-21T02:03:11Z");
  EXPECT_EQ(run["chain"], Json::parse(R"([
    {"producer":"test-runner","decision":"accepted","reason":"in_scope","text":"contract: ctest --preset dev"},
    {"producer":"llm-spawner","decision":"not_asked","reason":"earlier_producer_accepted","text":""}])"));
  EXPECT_EQ(run["result"]["outcome"], "suite_ran");
  EXPECT_EQ(run["result"]["duration_seconds"], 41.7);
  EXPECT_EQ(run["result"]["artifact"],
            Json::parse(R"({"path":"13-test-report.md","key":"result","sha256":"5d41"})"));
  EXPECT_EQ(run["result"]["artifacts"][0]["path"], "13-test-report.junit.xml");
  EXPECT_EQ(run["result"]["artifacts"][0]["key"], "");
  EXPECT_EQ(run["gate"], Json::parse(R"({"name":"check_tests_passed","result":"fail"})"));
  EXPECT_EQ(run["transition"]["to"], "development");
  EXPECT_EQ(run["transition"]["cas"], "won");
}

TEST(TimelineView, KeepsTransitionsThatNoGateDecidedAsEventsOfTheirOwn) {
  views::TaskFacts facts = failed_test_run();
  facts.events[0].data = R"({"from":"testing","to":"development","reason":"operator"})";
  const Json entries = views::timeline(sample_task(), facts)["entries"];
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[0].contains("gate"));
  EXPECT_EQ(entries[1]["event"], "stage.transition");
}

TEST(TimelineView, BeginsWithTheSubmissionAlsoWhenItsJobStartedInTheSameMoment) {
  views::TaskFacts facts = failed_test_run();
  Event submitted = facts.events[0];
  submitted.kind = "task.submitted";
  submitted.at = *facts.jobs[0].started_at;
  facts.events.push_back(submitted);
  const Json entries = views::timeline(sample_task(), facts)["entries"];
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["event"], "task.submitted");
}

TEST(TimelineView, GivesEachTransitionToTheRunBeforeIt) {
  views::TaskFacts facts = failed_test_run();
  Job second = finished_job();
  second.id = JobId{1920};
  second.started_at = k_start + Millis{100'000};
  second.finished_at = k_start + Millis{140'000};
  facts.jobs.push_back(second);
  Event on = facts.events[0];
  on.id = EventId{600};
  on.at = k_start + Millis{140'001};
  on.data = R"({"from":"testing","to":"deploy-staging","reason":"gate_passed"})";
  facts.events.push_back(on);
  const Json entries = views::timeline(sample_task(), facts)["entries"];
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["gate"]["result"], "fail");
  EXPECT_EQ(entries[1]["gate"]["result"], "pass");
}

TEST(OutcomeWord, KeepsTheThreeClassesOfTheWireFormatAndNamesEverythingElseAsStored) {
  EXPECT_EQ(views::outcome_word("verdict"), "suite_ran");
  EXPECT_EQ(views::outcome_word("deferred"), "transient_infra");
  EXPECT_EQ(views::outcome_word("held"), "permanent_env");
  EXPECT_EQ(views::outcome_word("failed_run"), "failed_run");
}

TEST(StateWord, TellsAnEnvironmentHoldFromEveryOtherHold) {
  EXPECT_EQ(views::state_word(TaskState::held, false, HoldClass::environment), "infra_hold");
  EXPECT_EQ(views::state_word(TaskState::held, false, HoldClass::blocked), "held");
  EXPECT_EQ(views::state_word(TaskState::held, false, std::nullopt), "held");
  EXPECT_EQ(views::state_word(TaskState::active, true, std::nullopt), "running");
  EXPECT_EQ(views::state_word(TaskState::active, false, std::nullopt), "queued");
}

TEST(QueueView, ShowsADeferredJobWithTheTimeOfItsNextLook) {
  views::Picture picture{.workers = 2, .now = k_start};
  Job job;
  job.id = JobId{1915};
  job.task = TaskId{7};
  job.stage = Stage::deploy_staging;
  job.run_after = k_start + Millis{48'000};
  job.text = "could not reach staging";
  picture.live = {{job, sample_task()}};
  engine::Snapshot status;
  status.workers = 2;
  status.generation = sample_generation();
  const Json queue =
      views::queue(picture, status, {{Stage::testing, "test-runner", "verdict", "", 12}},
                   {.counts = {{EdgeGate::merge, GateResult::passed, 3}},
                    .slots = {{"shop", TaskId{7}, "T-7", WallTime{}}},
                    .baselines = {{"shop", 81.5, "c0ffee", WallTime{}}}},
                   {.monitors = {{.work_item = "T-7",
                                  .repo = "shop",
                                  .state = MonitorState::degraded,
                                  .rollback = RollbackState::intended}},
                    .counts = {{"monitor", "degraded", 1}, {"rollback", "intended", 1}}});
  EXPECT_EQ(queue["post_deploy_monitor"]["enabled"], true);
  EXPECT_EQ(queue["post_deploy_monitor"]["results"]["degraded"], 1);
  EXPECT_EQ(queue["post_deploy_monitor"]["results"]["healthy"], 0);
  EXPECT_EQ(queue["post_deploy_monitor"]["rollbacks"]["intended"], 1);
  EXPECT_EQ(queue["post_deploy_monitor"]["monitors"][0]["task"], "T-7");
  EXPECT_EQ(queue["jobs"][0]["state"], "deferred");
  EXPECT_EQ(queue["jobs"][0]["waiting"]["code"], "infra_backoff");
  EXPECT_EQ(queue["jobs"][0]["waiting"]["until"], "2026-11-21T02:03:59Z");
  EXPECT_EQ(queue["test_runner"]["outcomes"],
            Json::parse(R"({"suite_ran":12,"transient_infra":0,"permanent_env":0})"));
  EXPECT_FALSE(queue.contains("staging_runner"));
}

TEST(Picture, CountsOnlyQueuedJobsAsAhead) {
  views::Picture picture{.workers = 1, .now = k_start};
  for (int i = 1; i <= 3; ++i) {
    Task task = sample_task();
    task.id = TaskId{i};
    Job job;
    job.task = task.id;
    job.state = i == 1 ? JobState::running : JobState::queued;
    picture.live.push_back({job, task});
  }
  Task last = sample_task();
  last.id = TaskId{3};
  ASSERT_TRUE(picture.why(last).has_value());
  EXPECT_EQ(picture.why(last)->position, 2);
  Task first = sample_task();
  first.id = TaskId{1};
  EXPECT_FALSE(picture.why(first).has_value());
}

TEST(JsonViews, ReplaceBytesThatAreNotUtf8) {
  Task task = sample_task();
  task.title = "\xFF\x1b[31m<script>";
  const std::string text = views::dump(views::task_row(task, {.now = k_start}));
  EXPECT_NE(text.find("\xEF\xBF\xBD\\u001b[31m<script>"), std::string::npos) << text;
}

}  // namespace
}  // namespace orc::test
