// SPDX-License-Identifier: Apache-2.0
// What repeats is not repeated for ever: the same end of a job, the same failures of a suite, and a
// class of faults that hits whatever a producer begins.
#include "engine/repeats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

Job ended(int attempt, const std::string& text, const std::string& outcome = "deferred") {
  return {.id = JobId{attempt},
          .stage = Stage::testing,
          .attempt = attempt,
          .state = JobState::finished,
          .producer = "test-runner",
          .outcome = outcome,
          .reason = outcome == "deferred" ? "timeout" : "none",
          .text = text};
}

const Deferred k_timeout{.reason = ReasonCode::timeout, .text = "not done after 900s"};

TEST(SameEnd, ThreeTimesInARowIsEnough) {
  std::vector<Job> jobs{ended(1, "not done after 900s"), ended(2, "not done after 901s")};
  EXPECT_FALSE(same_end_again(jobs, k_timeout, 3));
  jobs.push_back(ended(3, "not done after 902s"));
  EXPECT_TRUE(same_end_again(jobs, k_timeout, 3));
  EXPECT_FALSE(same_end_again(jobs, k_timeout, 0)) << "switched off";
}

TEST(SameEnd, AnotherEndOrAReleaseInBetweenBeginsAnew) {
  EXPECT_FALSE(same_end_again({ended(1, "a"), ended(2, "b"), ended(3, "a")}, k_timeout, 3));
  EXPECT_FALSE(same_end_again({ended(3, "a"), ended(1, "a"), ended(2, "a")}, k_timeout, 3));
}

TEST(SameEnd, OfAServiceThatSomebodyElseBringsBackIsLeftToTheBudget) {
  const std::vector<Job> jobs{ended(1, "refused"), ended(2, "refused"), ended(3, "refused")};
  EXPECT_FALSE(
      same_end_again(jobs, Deferred{.reason = ReasonCode::network, .text = "refused"}, 3));
}

Job red(int id, const std::string& text) {
  Job job = ended(1, text, "verdict");
  job.id = JobId{id};
  return job;
}

ArtifactRecord made(int id, const std::string& content) {
  return {.job = JobId{id}, .attempt = 1, .content_id = content};
}

TEST(SameFailures, ThreeTimesWhateverWasChangedOrTwiceOnTheSameContent) {
  const std::string text = "FAIL: 1 test failed, in 1.2 s; failing: t::a";
  const std::string later = "FAIL: 1 test failed, in 2.5 s; failing: t::a";
  EXPECT_FALSE(
      same_failures_again({red(1, text), red(2, text)}, {made(1, "A"), made(2, "B")}, "B", 3));
  EXPECT_TRUE(
      same_failures_again({red(1, text), red(2, later)}, {made(1, "A"), made(2, "A")}, "A", 3));
  EXPECT_TRUE(same_failures_again({red(1, text), red(2, later), red(3, text)},
                                  {made(1, "A"), made(2, "B"), made(3, "C")}, "C", 3));
}

TEST(SameFailures, TestsThatDifferInADigitAreDifferentTests) {
  EXPECT_FALSE(same_failures_again({red(1, "FAIL: failing: t[1]"), red(2, "FAIL: failing: t[2]"),
                                    red(3, "FAIL: failing: t[3]")},
                                   {}, "", 3));
}

TEST(SameFailures, WithoutNamesAreComparedByTheirSignature) {
  EXPECT_TRUE(same_failures_again({red(1, "FAILED: exit code 1 after 3 s"),
                                   red(2, "FAILED: exit code 1 after 4 s"),
                                   red(3, "FAILED: exit code 1 after 5 s")},
                                  {}, "", 3));
}

TEST(SameFailures, ATaskThatWasReleasedMayTryAsOftenAgain) {
  std::vector<Job> jobs;
  for (int id = 1; id <= 3; ++id) jobs.push_back(red(id, "failing: a"));
  EXPECT_TRUE(same_failures_again(jobs, {}, "", 3));
  jobs.push_back(red(4, "failing: a"));
  EXPECT_FALSE(same_failures_again(jobs, {}, "", 3));
  jobs.push_back(red(5, "failing: a"));
  jobs.push_back(red(6, "failing: a"));
  EXPECT_TRUE(same_failures_again(jobs, {}, "", 3));
}

// --- in a running engine -------------------------------------------------------------------------

TEST(Repeating, TheSameTimeOutThreeTimesHoldsInsteadOfSpendingTheWholeBudget) {
  EngineHarness host([](config::Generation& generation) {
    generation.config.plugins["fake"].infra_retry = {.attempts = 10, .backoff = Millis{1}};
  });
  for (int i = 0; i < 9; ++i) {
    host.launcher().script(Stage::testing, {.outcome = Deferred{.reason = ReasonCode::timeout,
                                                                .text = "not done after 15m"}});
  }
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::infra_budget);
  EXPECT_NE(task.hold->reason.find("the same way 3 times"), std::string::npos);
  EXPECT_EQ(host.launcher().launched().size(), 3u);
  EXPECT_EQ(task.code_fail, 0);
  EXPECT_EQ(host.reader().open_alerts().value().size(), 1u);
}

void always_red(EngineHarness& host) {
  for (int i = 0; i < 9; ++i) {
    host.launcher().script(Stage::testing,
                           {.outcome = Verdict{.token = "FAIL", .summary = "failing: t::a"}});
  }
}

TEST(Repeating, TheSameFailuresHoldBeforeTheDeveloperIsAskedOnceMore) {
  EngineHarness host([](config::Generation& generation) { generation.config.max_rollbacks = 50; });
  always_red(host);
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::repeats);
  EXPECT_EQ(task.stage, Stage::development) << "a release goes on with the developer";
  EXPECT_EQ(task.code_fail, 3);
  EXPECT_NE(task.feedback.find("failing: t::a"), std::string::npos);
  const std::vector<jobs::JobRequest> launched = host.launcher().launched();
  EXPECT_EQ(std::count_if(launched.begin(), launched.end(),
                          [](const auto& job) { return job.stage == Stage::testing; }),
            3);
  ASSERT_EQ(host.ask(Release{"T-1", "try once more"}).kind, Answer::Kind::done);
  host.wait_for("T-1", [](const Task& seen) { return seen.code_fail == 6; });
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::repeats);
}

TEST(Repeating, IsLeftToTheRetryBudgetWhereItIsSwitchedOff) {
  for (const bool by_scope : {false, true}) {
    EngineHarness host([&](config::Generation& generation) {
      generation.config.max_rollbacks = 4;
      generation.config.breaker.enabled = by_scope;
      if (by_scope) generation.config.breaker.repos = RepoScope{{"another"}};
    });
    always_red(host);
    host.submit("T-1", Stage::testing);
    const Task task = host.wait_for_state("T-1", TaskState::held);
    EXPECT_EQ(task.hold->hold, HoldClass::retry_budget);
    EXPECT_EQ(task.code_fail, 5);
  }
}

class PausedClass : public ::testing::Test {
 protected:
  static void sensitive(config::Generation& generation) {
    generation.config.breaker_limits = {
        .faults = 3, .window = Millis{600'000}, .canary_after = Millis{1500}};
    generation.config.plugins["fake"].infra_retry = {.attempts = 100, .backoff = Millis{1}};
    generation.config.workers = 1;
  }
  static void patient(config::Generation& generation) {
    sensitive(generation);
    generation.config.breaker_limits.canary_after = Millis{3'600'000};
  }
  static Reply refused() {
    return {.outcome = Deferred{.reason = ReasonCode::network, .text = "refused"}};
  }
  static bool is_open(EngineHarness& host) {
    const auto all = host.reader().breakers().value();
    return std::any_of(all.begin(), all.end(), [](const Breaker& known) { return known.open; });
  }
  static std::ptrdiff_t alerts(EngineHarness& host) {
    const auto all = host.reader().open_alerts().value();
    return std::count_if(all.begin(), all.end(), [](const Alert& alert) {
      return alert.condition == "breaker:fake:network";
    });
  }
  static Task wait_for_pause(EngineHarness& host, const std::string& work_item) {
    return host.wait_for(work_item, [&host](const Task& task) {
      const auto job = host.reader().live_job(task.id).value();
      return job && job->reason == k_waits_for_canary;
    });
  }
  static void open(EngineHarness& host) {
    for (int i = 0; i < 3; ++i) host.launcher().script(Stage::testing, refused());
    host.submit("T-1", Stage::testing);
    wait_for_pause(host, "T-1");
    ASSERT_TRUE(is_open(host));
  }
};

TEST_F(PausedClass, IsOpenedOnceTriedByOneAndClosedByTheFirstThatGetsThrough) {
  EngineHarness host(sensitive);
  open(host);
  EXPECT_EQ(alerts(host), 1);
  EXPECT_EQ(host.launcher().launched().size(), 3u);
  host.submit("T-2", Stage::testing);
  const Task waiting = wait_for_pause(host, "T-2");
  EXPECT_EQ(host.launcher().launched().size(), 3u) << "nobody begins while the class is paused";
  EXPECT_EQ(waiting.infra_fail, 0) << "a pause costs nobody's budget";
  host.wait_for("T-2", [&](const Task& task) { return task.stage != Stage::testing; });
  host.wait_for("T-1", [&](const Task& task) { return task.stage != Stage::testing; });
  EXPECT_FALSE(is_open(host));
  EXPECT_EQ(alerts(host), 0);
}

TEST_F(PausedClass, SendsOneCanaryAtATimeAndWaitsLongerAfterEachThatFaults) {
  EngineHarness host(sensitive);
  open(host);
  host.launcher().script(Stage::testing, refused());
  host.submit("T-2", Stage::testing);
  wait_for_pause(host, "T-2");
  const Task first = host.wait_for("T-1", [](const Task& task) { return task.infra_fail == 4; });
  EXPECT_EQ(first.infra_fail, 4) << "the oldest task's job tried";
  EXPECT_EQ(host.launcher().launched().size(), 4u);
  EXPECT_TRUE(is_open(host));
  EXPECT_EQ(alerts(host), 1) << "one alert, whatever the canaries find";
  const Breaker breaker = host.reader().breakers().value().front();
  EXPECT_GE(breaker.wait, Millis{6000});
}

TEST_F(PausedClass, StaysPausedOverARestart) {
  EngineHarness host(patient);
  open(host);
  host.restart();
  host.submit("T-2", Stage::testing);
  wait_for_pause(host, "T-2");
  EXPECT_TRUE(is_open(host));
  EXPECT_EQ(alerts(host), 1);
  EXPECT_EQ(host.engine().status()->breakers.size(), 1u);
}

TEST_F(PausedClass, IsTriedAtOnceWhenAnOperatorAsksForIt) {
  EngineHarness host(patient);
  open(host);
  EXPECT_EQ(host.ask(TryPlugin{"other", ""}).kind, Answer::Kind::not_found);
  EXPECT_EQ(host.ask(TryPlugin{"fake", "the line is back"}).kind, Answer::Kind::done);
  host.wait_for("T-1", [](const Task& task) { return task.stage != Stage::testing; });
  EXPECT_FALSE(is_open(host));
}

TEST_F(PausedClass, IsClosedByAConfigurationThatSwitchesItOff) {
  EngineHarness host(patient);
  open(host);
  host.engine().use_generation(one_plugin_generation(host.state(), [](config::Generation& next) {
    patient(next);
    next.config.breaker.enabled = false;
  }));
  host.wait_for("T-1", [](const Task& task) { return task.stage != Stage::testing; });
  EXPECT_FALSE(is_open(host));
  EXPECT_EQ(alerts(host), 0);
}

TEST_F(PausedClass, IsNotOpenedByAModelOrOutsideTheScope) {
  for (const bool is_model : {true, false}) {
    EngineHarness host([&](config::Generation& generation) {
      sensitive(generation);
      generation.plugins["fake"].is_llm = is_model;
      if (!is_model) generation.config.breaker.repos = RepoScope{{"another"}};
      generation.config.plugins["fake"].infra_retry.attempts = 5;
    });
    for (int i = 0; i < 30; ++i) host.launcher().script(Stage::testing, refused());
    host.submit("T-1", Stage::testing);
    host.wait_for_state("T-1", TaskState::held);
    EXPECT_TRUE(host.reader().breakers().value().empty());
  }
}

}  // namespace
}  // namespace orc::engine::test
