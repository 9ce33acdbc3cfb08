// SPDX-License-Identifier: Apache-2.0
// The record of deployments, and the monitors after them.
#include "contract/store/fixture.h"

namespace orc::store {

class Deployments : public StoreContract {
 protected:
  Deployments() : task_(new_task("ORCH-1")), job_(running_job(task_.id, recorded_host())) {}

  Task task_;
  Job job_;
};

TEST_F(Deployments, ADeploymentIsWrittenBeforeItsEffectAndStaysAsItEnded) {
  const JobId job = must(store().live_job(task_.id)).value().id;
  const auto open = [&] { return batch([&] { return must(store().open_deployment(task_.id)); }); };
  const auto write = [&](const Deployment& next) {
    return batch([&] { return must(store().write_deployment(next)); });
  };
  EXPECT_FALSE(open());
  const Deployment begun{.task = task_.id,
                         .job = job,
                         .repo = "demo",
                         .commit = "aa",
                         .confirmed_by = "alice",
                         .begun_at = k_now};
  batch([&] { return must(store().begin_deployment(begun)); });
  must(store().begin());
  EXPECT_FALSE(store().begin_deployment(begun).ok()) << "one at a time";
  store().rollback();
  Deployment next = open().value();
  EXPECT_EQ(next.state, DeploymentState::intended);
  next.state = DeploymentState::unknown;
  EXPECT_EQ(write(next), Write::written);
  ASSERT_TRUE(open()) << "somebody may find out";
  next.state = DeploymentState::succeeded;
  next.producer = "deploy-finalizer";
  next.text = "runs";
  next.updated_at = WallTime{k_now.ms + 1000};
  EXPECT_EQ(write(next), Write::written);
  next.state = DeploymentState::failed;
  EXPECT_EQ(write(next), Write::lost) << "its end is known";
  EXPECT_FALSE(open());
  const std::vector<Deployment> all = must(reader()->deployments(task_.id));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].state, DeploymentState::succeeded);
  EXPECT_EQ(all[0].confirmed_by, "alice");
  EXPECT_EQ(all[0].producer, "deploy-finalizer");
  EXPECT_EQ(all[0].text, "runs");
  EXPECT_EQ(all[0].job, job);
  EXPECT_EQ(all[0].begun_at, k_now);
  EXPECT_EQ(all[0].updated_at, next.updated_at);
  EXPECT_TRUE(must(reader()->deployments(TaskId{9})).empty());
}

TEST_F(Deployments, ARollbackLeadsToTheNewestOtherCommitThatNobodyFoundDegraded) {
  const HostIdentity host = recorded_host();
  const auto deployed = [&](const std::string& id, const std::string& commit, DeploymentState state,
                            const std::string& repo = "demo") {
    const Task task = new_task(id);
    const Job job = running_job(task.id, host);
    batch([&] {
      must(store().begin_deployment({.task = task.id,
                                     .job = job.id,
                                     .repo = repo,
                                     .commit = commit,
                                     .confirmed_by = "a",
                                     .begun_at = k_now}));
      Deployment made = must(store().open_deployment(task.id)).value();
      made.state = state;
      return must(store().write_deployment(made));
    });
    return task;
  };
  const auto before = [&](const Task& task, const std::string& commit) {
    return batch([&] { return must(store().deployed_before(task.id, "demo", commit)); });
  };
  const Task first = deployed("D-1", "aa", DeploymentState::succeeded);
  EXPECT_EQ(before(first, "aa"), "") << "there was none";
  deployed("D-2", "bb", DeploymentState::failed);
  deployed("D-3", "cc", DeploymentState::succeeded, "another");
  const Task sick = deployed("D-4", "dd", DeploymentState::succeeded);
  batch([&] {
    return must(store().open_monitor(
        {.task = sick.id, .repo = "demo", .commit = "dd", .started_at = k_now}));
  });
  for (const MonitorState state : {MonitorState::watching, MonitorState::degraded}) {
    const Monitor seen = must(reader()->monitors(sick.id)).at(0);
    Monitor next = seen;
    next.state = state;
    next.ended_at = state == MonitorState::degraded ? std::optional(k_now) : std::nullopt;
    batch([&] { return must(store().write_monitor(seen, next)); });
  }
  const Task again = deployed("D-5", "ee", DeploymentState::succeeded);
  EXPECT_EQ(before(again, "ee"), "aa");
  EXPECT_EQ(before(again, "aa"), "") << "another one";
}

TEST_F(Deployments, AMonitorEndsOnceAndIntendsOneRollback) {
  const auto write = [&](const Monitor& before, const Monitor& next) {
    return batch([&] { return must(store().write_monitor(before, next)); });
  };
  const auto newest = [&] { return must(reader()->monitors(task_.id)).at(0); };
  const Monitor opened{.task = task_.id, .repo = "demo", .commit = "aa", .started_at = k_now};
  const auto open_one = [&] { return batch([&] { return must(store().open_monitor(opened)); }); };
  open_one();
  open_one();
  EXPECT_EQ(must(reader()->monitors(task_.id)).at(1).state, MonitorState::abandoned);
  const Monitor baseline = newest();
  EXPECT_EQ(baseline.state, MonitorState::baseline);
  EXPECT_EQ(baseline.work_item, task_.work_item);
  Monitor watching = baseline;
  watching.state = MonitorState::watching;
  watching.until = WallTime{k_now.ms + 1000};
  EXPECT_EQ(write(baseline, watching), Write::written);
  EXPECT_EQ(write(baseline, watching), Write::lost);
  Monitor degraded = watching;
  degraded.state = MonitorState::degraded;
  degraded.text = "3 bad samples";
  degraded.rollback = RollbackState::intended;
  degraded.ended_at = k_now;
  EXPECT_EQ(write(watching, degraded), Write::written);
  Monitor rolled = degraded;
  rolled.rollback = RollbackState::succeeded;
  EXPECT_EQ(write(degraded, rolled), Write::written);
  EXPECT_EQ(newest().rollback, RollbackState::succeeded);
  EXPECT_EQ(newest().until, watching.until);
  must(store().begin());
  EXPECT_FALSE(store().write_monitor(rolled, degraded).ok()) << "a second rollback";
  store().rollback();
  must(store().begin());
  EXPECT_FALSE(store().write_monitor(rolled, watching).ok()) << "it has ended";
  store().rollback();
}

TEST_F(Deployments, SamplesOfAMonitorComeBackAsTheyWereSeen) {
  batch([&] { return must(store().open_monitor({.task = task_.id, .repo = "demo"})); });
  const std::int64_t monitor = must(reader()->monitors(task_.id)).at(0).id;
  const Sample seen{.health = Health::unhealthy,
                    .error_rate = 0.5,
                    .text = "refused",
                    .before_deploy = true,
                    .at = k_now};
  batch([&] { return must(store().record_sample(monitor, seen)); });
  const std::vector<Sample> samples = must(reader()->samples(monitor));
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].health, Health::unhealthy);
  EXPECT_EQ(samples[0].latency_ms, std::nullopt);
  EXPECT_EQ(samples[0].error_rate, 0.5);
  EXPECT_EQ(samples[0].text, "refused");
  EXPECT_TRUE(samples[0].before_deploy);
  EXPECT_EQ(samples[0].at, k_now);
}

}  // namespace orc::store
