// SPDX-License-Identifier: Apache-2.0
#include "contract/store/fixture.h"

namespace orc::store {

using Jobs = StoreContract;

TEST_F(Jobs, KeepsEveryFieldOfAQueuedJob) {
  const Task task = new_task("ORCH-1");
  const Job made = batch([&] {
    return must(store().queue_job({.task = task.id,
                                   .kind = JobKind::ci,
                                   .stage = Stage::development,
                                   .attempt = 3,
                                   .first_link = 1,
                                   .failed_runs = 2,
                                   .run_after = k_now + Millis{9},
                                   .reason = "network",
                                   .text = "connection refused",
                                   .resume_token = "r7"},
                                  k_now));
  });
  const Job read = must(reader()->job(made.id)).value();
  EXPECT_EQ(read.task, task.id);
  EXPECT_EQ(read.kind, JobKind::ci);
  EXPECT_EQ(read.stage, Stage::development);
  EXPECT_EQ(read.attempt, 3);
  EXPECT_EQ(read.first_link, 1);
  EXPECT_EQ(read.failed_runs, 2);
  EXPECT_EQ(read.state, JobState::queued);
  EXPECT_EQ(read.run_after, k_now + Millis{9});
  EXPECT_EQ(read.created_at, k_now);
  EXPECT_EQ(read.reason, "network");
  EXPECT_EQ(read.text, "connection refused");
  EXPECT_EQ(read.resume_token, "r7");
  EXPECT_FALSE(read.started_at);
  EXPECT_FALSE(read.finished_at);
  EXPECT_TRUE(read.owner.instance.empty());
}

TEST_F(Jobs, ATaskHasOneLiveJob) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1");
  const auto queue_another = [&] {
    must(store().begin());
    const auto result = store().queue_job({.task = task.id, .run_after = k_now}, k_now);
    must(store().commit());
    return result;
  };
  const Job job = running_job(task.id, host);
  EXPECT_EQ(error_of(queue_another()).kind, ErrorKind::conflict);
  batch([&] { return must(store().finish_job({job.id, 1, host.instance}, ended())); });
  EXPECT_TRUE(queue_another().ok());
  EXPECT_EQ(error_of(queue_another()).kind, ErrorKind::conflict);
  EXPECT_EQ(must(store().jobs(task.id)).size(), 2U);
}

TEST_F(Jobs, NeedATaskThatExists) {
  must(store().begin());
  EXPECT_EQ(error_of(store().queue_job({.task = TaskId{5}, .run_after = k_now}, k_now)).kind,
            ErrorKind::not_found);
  must(store().commit());
}

TEST_F(Jobs, OfTheOldestTaskAreDueFirst) {
  const auto task_with_job = [&](const std::string& item, WallTime due) {
    return new_job(new_task(item).id, Stage::analysis, due).id;
  };
  const JobId later = task_with_job("ORCH-1", k_now + Millis{10});
  const JobId second = task_with_job("ORCH-2", k_now);
  const JobId third = task_with_job("ORCH-3", k_now + Millis{-1});

  const auto due = must(store().due_jobs(k_now, 10));
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].job, second);
  EXPECT_EQ(due[1].job, third);
  EXPECT_EQ(must(store().queued_job(second))->task.work_item, "ORCH-2");
  EXPECT_EQ(must(store().due_jobs(k_now, 1)).size(), 1U);
  EXPECT_EQ(must(store().due_jobs(k_now + Millis{10}, 10)).front().job, later);
  EXPECT_EQ(must(store().next_due(k_now)), k_now + Millis{10});
  EXPECT_FALSE(must(store().next_due(k_now + Millis{10})));
}

TEST_F(Jobs, StartAtOnceWhereTheyNeverWait) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1");
  must(store().begin());
  const Job started = must(store().start_job({.task = task.id, .run_after = k_now}, host, 3, k_now,
                                             k_now + Millis{1000}));
  EXPECT_EQ(error_of(store().start_job({.task = task.id, .run_after = k_now}, host, 3, k_now,
                                       k_now + Millis{1000}))
                .kind,
            ErrorKind::conflict);
  must(store().commit());
  const Job stored = *must(store().job(started.id));
  EXPECT_EQ(stored.state, JobState::running);
  EXPECT_EQ(stored.owner.instance, host.instance);
  EXPECT_EQ(stored.generation, 3);
  EXPECT_EQ(stored.deadline_at, k_now + Millis{1000});
  EXPECT_EQ(stored.started_at, started.started_at);
  EXPECT_TRUE(must(store().due_jobs(k_now, 10)).empty());
}

TEST_F(Jobs, StartOnlyForAHostThatWasRecorded) {
  const Task task = new_task("ORCH-1");
  must(store().begin());
  EXPECT_EQ(error_of(store().start_job({.task = task.id, .run_after = k_now}, new_host_identity(),
                                       1, k_now, k_now))
                .kind,
            ErrorKind::refused);
  must(store().commit());
  EXPECT_FALSE(must(store().live_job(task.id)));
}

TEST_F(Jobs, NothingIsDueWhereNothingWaits) {
  EXPECT_FALSE(must(store().next_due(k_now)));
  running_job(new_task("ORCH-1").id, recorded_host());
  EXPECT_FALSE(must(store().next_due(k_now)));
  EXPECT_TRUE(must(store().due_jobs(k_now, 10)).empty());
}

TEST_F(Jobs, AreClaimedOnce) {
  const HostIdentity host = recorded_host();
  const HostIdentity other = recorded_host();
  const Job job = running_job(new_task("ORCH-1").id, host);
  EXPECT_EQ(job.state, JobState::running);
  EXPECT_EQ(job.owner.instance, host.instance);
  EXPECT_EQ(job.owner.process, host.process);
  EXPECT_EQ(job.generation, 3);
  EXPECT_EQ(job.started_at, k_now);
  EXPECT_EQ(job.deadline_at, k_now + Millis{1000});

  EXPECT_EQ(
      batch([&] { return must(store().claim_job(job.id, other, 4, k_now, k_now + Millis{1})); }),
      Write::lost);
  EXPECT_EQ(must(store().job(job.id))->owner.instance, host.instance);
  EXPECT_EQ(must(store().job(job.id))->generation, 3);
}

TEST_F(Jobs, AreNotClaimedByAHostThatWasNeverRecorded) {
  const Job job = new_job(new_task("ORCH-1").id);
  must(store().begin());
  EXPECT_EQ(
      error_of(store().claim_job(job.id, new_host_identity(), 1, k_now, k_now + Millis{1})).kind,
      ErrorKind::refused);
  must(store().commit());
  EXPECT_EQ(must(store().job(job.id))->state, JobState::queued);
}

TEST_F(Jobs, AHostWhoseRecordWasRolledBackOwnsNothing) {
  const Job job = new_job(new_task("ORCH-1").id);
  const HostIdentity host = new_host_identity();
  must(store().begin());
  must(store().record_host(host, "1.0", k_now));
  EXPECT_EQ(must(store().claim_job(job.id, host, 1, k_now, k_now + Millis{1})), Write::written);
  store().rollback();
  must(store().begin());
  EXPECT_EQ(error_of(store().claim_job(job.id, host, 1, k_now, k_now + Millis{1})).kind,
            ErrorKind::refused);
  must(store().commit());
  EXPECT_EQ(must(store().job(job.id))->state, JobState::queued);
}

TEST_F(Jobs, FinishKeepsTheEndAndFreesTheTask) {
  const HostIdentity host = recorded_host();
  const Job job = running_job(new_task("ORCH-1").id, host);
  EXPECT_EQ(batch([&] {
              return must(store().finish_job({job.id, 1, host.instance}, ended()));
            }),
            Write::written);
  const Job after = must(reader()->job(job.id)).value();
  EXPECT_EQ(after.state, JobState::finished);
  EXPECT_EQ(after.outcome, "verdict");
  EXPECT_EQ(after.reason, "none");
  EXPECT_EQ(after.text, "41 passed");
  EXPECT_EQ(after.producer, "test-runner");
  EXPECT_EQ(after.resume_token, "r1");
  EXPECT_EQ(after.finished_at, k_now + Millis{5});
  EXPECT_FALSE(must(reader()->live_job(job.task)));
  EXPECT_TRUE(must(store().running_jobs()).empty());
}

TEST_F(Jobs, OnlyTheOwnerOfThisAttemptFinishesOnce) {
  const HostIdentity host = recorded_host();
  const HostIdentity other = recorded_host();
  const Job job = running_job(new_task("ORCH-1").id, host);
  const auto finish = [&](const JobFence& fence) {
    return batch([&] { return must(store().finish_job(fence, ended("failed_run"))); });
  };
  EXPECT_EQ(finish({job.id, 2, host.instance}), Write::lost);
  EXPECT_EQ(finish({job.id, 1, other.instance}), Write::lost);
  EXPECT_EQ(finish({job.id, 1, "nobody"}), Write::lost);
  EXPECT_EQ(finish({JobId{77}, 1, host.instance}), Write::lost);
  EXPECT_EQ(must(store().job(job.id))->state, JobState::running);
  EXPECT_TRUE(must(store().job(job.id))->outcome.empty());
  EXPECT_TRUE(must(store().outcome_counts()).empty());

  EXPECT_EQ(finish({job.id, 1, host.instance}), Write::written);
  EXPECT_EQ(finish({job.id, 1, host.instance}), Write::lost);
  ASSERT_EQ(must(store().outcome_counts()).size(), 1U);
  EXPECT_EQ(must(store().outcome_counts()).front().count, 1);
}

TEST_F(Jobs, AnAdoptedJobBelongsToItsNewOwnerAlone) {
  const HostIdentity before = recorded_host();
  const HostIdentity after = recorded_host();
  const Job job = running_job(new_task("ORCH-1").id, before);
  const auto adopt = [&](const JobFence& fence) {
    return batch([&] { return must(store().adopt_job(fence, after)); });
  };
  EXPECT_EQ(adopt({job.id, 2, before.instance}), Write::lost);
  EXPECT_EQ(adopt({job.id, 1, after.instance}), Write::lost);
  EXPECT_EQ(adopt({job.id, 1, before.instance}), Write::written);
  EXPECT_EQ(adopt({job.id, 1, before.instance}), Write::lost);
  EXPECT_EQ(batch([&] {
              return must(store().finish_job({job.id, 1, before.instance}, ended()));
            }),
            Write::lost);
  EXPECT_EQ(batch([&] {
              return must(store().finish_job({job.id, 1, after.instance}, ended()));
            }),
            Write::written);
}

TEST_F(Jobs, OnlyAQueuedJobIsWithdrawn) {
  const HostIdentity host = recorded_host();
  const Job queued = new_job(new_task("ORCH-1").id);
  const Job running = running_job(new_task("ORCH-2").id, host);
  const auto withdraw = [&](JobId job) {
    return batch([&] { return must(store().withdraw_job(job, ended("cancelled"))); });
  };
  EXPECT_EQ(withdraw(running.id), Write::lost);
  EXPECT_EQ(withdraw(queued.id), Write::written);
  EXPECT_EQ(withdraw(queued.id), Write::lost);
  EXPECT_EQ(must(store().job(queued.id))->state, JobState::finished);
  EXPECT_EQ(must(store().job(queued.id))->outcome, "cancelled");
  EXPECT_EQ(must(store().job(running.id))->state, JobState::running);
  EXPECT_EQ(
      batch([&] { return must(store().claim_job(queued.id, host, 1, k_now, k_now + Millis{1})); }),
      Write::lost);
}

TEST_F(Jobs, TheLiveOnesAreTheRunningThenTheQueuedByAgeOfTheirTasks) {
  const HostIdentity host = recorded_host();
  const Job older = new_job(new_task("ORCH-1").id, Stage::analysis, k_now + Millis{5});
  const Job newer = new_job(new_task("ORCH-2").id);
  const Job running = running_job(new_task("ORCH-3").id, host);
  const Job over = running_job(new_task("ORCH-4").id, host);
  batch([&] { return must(store().finish_job({over.id, 1, host.instance}, ended())); });

  const auto live = must(reader()->live_jobs(10));
  ASSERT_EQ(live.size(), 3U);
  EXPECT_EQ(live[0].job.id, running.id);
  EXPECT_EQ(live[0].task.work_item, "ORCH-3");
  EXPECT_EQ(live[1].job.id, older.id);
  EXPECT_EQ(live[2].job.id, newer.id);
  EXPECT_EQ(must(reader()->live_jobs(2)).size(), 2U);
  EXPECT_EQ(must(reader()->live_job(running.task))->id, running.id);
  ASSERT_EQ(must(store().running_jobs()).size(), 1U);
}

TEST_F(Jobs, OutcomesAreCountedByLabelOverAllBatches) {
  const HostIdentity host = recorded_host();
  for (int i = 0; i < 3; ++i) {
    const Job job = running_job(new_task("ORCH-" + std::to_string(i)).id, host);
    batch([&] { return must(store().finish_job({job.id, 1, host.instance}, ended())); });
  }
  const Job undone = running_job(new_task("ORCH-9").id, host);
  must(store().begin());
  must(store().finish_job({undone.id, 1, host.instance}, ended()));
  store().rollback();
  new_task("ORCH-10");

  const auto counts = must(reader()->outcome_counts());
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts.front().stage, Stage::analysis);
  EXPECT_EQ(counts.front().producer, "test-runner");
  EXPECT_EQ(counts.front().outcome, "verdict");
  EXPECT_EQ(counts.front().count, 3);
}

}  // namespace orc::store
