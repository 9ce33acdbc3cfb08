// SPDX-License-Identifier: Apache-2.0
// The post-deploy monitor in a running engine: the task stays done, whatever the service does.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

const Sampled k_down{{.health = Health::unhealthy, .text = "refused"}};
const Sampled k_up{{.health = Health::healthy, .latency_ms = 10, .text = "answers"}};

void watched(config::Generation& generation) {
  gates::MonitorSettings& monitor = generation.config.repos["demo"].gates.monitor;
  monitor.command = {"healthy"};
  monitor.interval = Millis{1};
  monitor.window = Millis{60'000};
  monitor.baseline = 2;
  monitor.thresholds.failures = 2;
  monitor.rollback = {"back"};
}
void briefly(config::Generation& generation) {
  watched(generation);
  generation.config.repos["demo"].gates.monitor.window = Millis{30};
}

class Monitoring : public ::testing::Test {
 protected:
  void deploy(EngineHarness& host, const std::string& id = "T-1") {
    host.submit(id, Stage::deploy);
    host.wait_for_state(id, TaskState::waiting_human);
    ASSERT_EQ(host.ask(Approve{id, "go"}).kind, Answer::Kind::done);
    host.wait_for_state(id, TaskState::done);
  }
  // The task's monitor once it has ended and nothing of it is under way; its last state otherwise.
  static Monitor end_of(EngineHarness& host, const std::string& id = "T-1") {
    Monitor last;
    host.wait_for(id, [&](const Task& task) {
      const auto monitors = host.reader().monitors(task.id).value();
      if (!monitors.empty()) last = monitors.front();
      return last.ended_at && last.rollback != RollbackState::intended;
    });
    return last;
  }
  static std::vector<std::string> told(EngineHarness& host, TaskId task) {
    std::vector<std::string> kinds;
    const auto events = host.reader().events(EventId{}, task, 1000).value();
    for (const Event& event : events) {
      if (event.kind.starts_with("monitor.")) kinds.push_back(event.kind);
    }
    return kinds;
  }
  static int launched(EngineHarness& host, JobKind kind) {
    const auto all = host.launcher().launched();
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [&](const jobs::JobRequest& r) { return r.kind == kind; }));
  }
};

TEST_F(Monitoring, SamplesBeforeTheDeployAndWatchesAfterIt) {
  EngineHarness host(briefly);
  deploy(host);
  const Monitor monitor = end_of(host);
  EXPECT_EQ(monitor.state, MonitorState::healthy) << monitor.text;
  const auto samples = host.reader().samples(monitor.id).value();
  EXPECT_EQ(std::count_if(samples.begin(), samples.end(),
                          [](const Sample& s) { return s.before_deploy; }),
            2);
  EXPECT_GE(samples.size(), 4u);
  const auto all = host.launcher().launched();
  ASSERT_GE(all.size(), 4u);
  EXPECT_EQ(all[0].kind, JobKind::monitor);
  EXPECT_EQ(all[1].kind, JobKind::monitor);
  EXPECT_EQ(all[2].kind, JobKind::produce);
  EXPECT_TRUE(host.reader().open_alerts().value().empty());
  EXPECT_EQ(launched(host, JobKind::rollback), 0);
}

TEST_F(Monitoring, RaisesOneAlertAndRollsBackOnceWhenTheServiceIsDegraded) {
  EngineHarness host(watched);
  for (const Sampled& sample : {k_up, k_up, k_down, k_down}) {
    host.launcher().script(JobKind::monitor, sample);
  }
  host.launcher().script(JobKind::rollback, RolledBack{RollbackState::succeeded, "exit code 0"});
  deploy(host);
  const Monitor monitor = end_of(host);
  EXPECT_EQ(monitor.state, MonitorState::degraded);
  EXPECT_EQ(monitor.rollback, RollbackState::succeeded);
  EXPECT_EQ(launched(host, JobKind::rollback), 1);
  EXPECT_EQ(told(host, monitor.task),
            (std::vector<std::string>{"monitor.watching", "monitor.degraded",
                                      "monitor.rollback_intended", "monitor.rollback_succeeded"}));
  const auto alerts = host.reader().open_alerts().value();
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].condition, "degraded:T-1");
  EXPECT_EQ(host.reader().task("T-1").value()->state, TaskState::done) << "done is never undone";
  EXPECT_EQ(host.reader().live_job(monitor.task).value(), std::nullopt);
}

TEST_F(Monitoring, NeverRepeatsARollbackThatMayHaveBegun) {
  EngineHarness host(watched);
  for (const Sampled& sample : {k_up, k_up, k_down, k_down}) {
    host.launcher().script(JobKind::monitor, sample);
  }
  host.launcher().script(JobKind::rollback, WorkerFault{"the worker was killed"});
  std::filesystem::create_directories(host.state() / "monitor/1/began");
  deploy(host);
  const Monitor monitor = end_of(host);
  EXPECT_EQ(monitor.rollback, RollbackState::unknown);
  EXPECT_EQ(launched(host, JobKind::rollback), 0);
  EXPECT_EQ(host.reader().open_alerts().value().size(), 2u) << "degraded, and nobody knows";
}

TEST_F(Monitoring, DoesNothingForARepositoryThatIsOutOfScope) {
  EngineHarness host([](config::Generation& generation) {
    watched(generation);
    generation.config.monitor.enabled = false;
  });
  deploy(host);
  EXPECT_TRUE(host.reader().monitors(host.reader().task("T-1").value()->id).value().empty());
  EXPECT_EQ(launched(host, JobKind::monitor), 0);
}

TEST_F(Monitoring, EndsItsWindowAndBeginsNoRollbackOnceItIsSwitchedOff) {
  EngineHarness host(watched);
  for (const Sampled& sample : {k_up, k_up, k_down}) host.launcher().script(JobKind::monitor, sample);
  deploy(host);
  host.engine().use_generation(one_plugin_generation(host.state(), [](config::Generation& next) {
    watched(next);
    next.number = 2;
    next.config.monitor.enabled = false;
  }));
  EXPECT_EQ(end_of(host).state, MonitorState::unobserved);
  EXPECT_EQ(launched(host, JobKind::rollback), 0);
}

TEST_F(Monitoring, DoesNotDeployBeforeTheBaselineIsTakenAndLeavesNoMonitorWithoutADeploy) {
  EngineHarness host(watched);
  host.launcher().script(JobKind::monitor, k_down);
  host.launcher().script(Stage::deploy, {.outcome = Verdict{.token = "FAILED"}});
  host.submit("T-1", Stage::deploy);
  host.wait_for_state("T-1", TaskState::waiting_human);
  ASSERT_EQ(host.ask(Approve{"T-1", "go"}).kind, Answer::Kind::done);
  const Monitor monitor = end_of(host);
  EXPECT_EQ(monitor.state, MonitorState::abandoned);
  const auto samples = host.reader().samples(monitor.id).value();
  ASSERT_EQ(samples.size(), 2u) << "an unhealthy service may be deployed all the same";
  EXPECT_EQ(samples[0].health, Health::unhealthy);
}

TEST_F(Monitoring, GoesOnAfterARestart) {
  EngineHarness host(watched);
  deploy(host);
  host.restart();
  for (int i = 0; i < 2; ++i) host.launcher().script(JobKind::monitor, k_down);
  host.launcher().script(JobKind::rollback, RolledBack{RollbackState::failed, "exit code 1"});
  const Monitor monitor = end_of(host);
  EXPECT_EQ(monitor.state, MonitorState::degraded);
  EXPECT_EQ(monitor.rollback, RollbackState::failed);
}

TEST_F(Monitoring, StopsWatchingOnceAnotherDeployOfTheRepositoryBegins) {
  EngineHarness host(watched);
  deploy(host);
  deploy(host, "T-2");
  EXPECT_EQ(end_of(host).state, MonitorState::superseded);
  EXPECT_EQ(launched(host, JobKind::rollback), 0);
}

// --- the rules alone ---

Monitor intended() {
  return {.id = 1,
          .task = TaskId{1},
          .repo = "demo",
          .state = MonitorState::degraded,
          .rollback = RollbackState::intended};
}

TEST(RollbackRule, IsUnknownWhereItMayHaveBegunAndNotRunWhereItCannotHave) {
  const MonitorStep begun = after_rollback(intended(), std::nullopt, true);
  EXPECT_EQ(begun.next.rollback, RollbackState::unknown);
  EXPECT_TRUE(begun.alert);
  const MonitorStep never = after_rollback(intended(), std::nullopt, false);
  EXPECT_EQ(never.next.rollback, RollbackState::not_run);
  EXPECT_TRUE(never.alert);
}

TEST(RollbackRule, EndsOnce) {
  Monitor ended = intended();
  ended.rollback = RollbackState::failed;
  const MonitorStep step = after_rollback(ended, RolledBack{RollbackState::succeeded, ""}, false);
  EXPECT_EQ(step.next.rollback, RollbackState::failed);
  EXPECT_TRUE(step.events.empty());
}

TEST(SampleRule, ALookThatFailsByItselfSaysNothing) {
  EXPECT_EQ(sample_of(WorkerFault{"no disk"}, {}, WallTime{1}).health, Health::unknown);
}

}  // namespace
}  // namespace orc::engine::test
