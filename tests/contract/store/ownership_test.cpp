// SPDX-License-Identifier: Apache-2.0
// The lease of a transition and the serial gate, whatever the store.
#include "contract/store/fixture.h"

namespace orc::store {

class Ownership : public StoreContract {
 protected:
  Write take(TaskId task, std::int64_t seen_epoch, const HostIdentity& owner) {
    return batch([&] { return must(store().take_lease(task, seen_epoch, owner, "job 7", k_now)); });
  }
  Write release(TaskId task) {
    return batch([&] { return must(store().release_lease(task, k_now)); });
  }
  Lease lease(TaskId task) { return must(reader()->lease(task)).value(); }
  bool enter(const Task& task) {
    return batch([&] { return must(store().enter_serial_gate(task.id, task.repo, k_now)); });
  }
  Write leave(const Task& task) {
    return batch([&] { return must(store().leave_serial_gate(task.id, task.repo, k_now)); });
  }
  // A queued job that waits at the gate.
  Job waiting_job(const Task& task) {
    const Job job = new_job(task.id, Stage::deploy_staging);
    batch([&] {
      return must(store().postpone_job(job.id, k_until_called, k_waits_at_serial_gate, "its turn"));
    });
    return job;
  }
};

TEST_F(Ownership, ALeaseNamesItsOwnerAndWhatTookIt) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  EXPECT_FALSE(must(store().lease(task.id)));
  EXPECT_EQ(take(task.id, 0, host), Write::written);
  const Lease held = lease(task.id);
  EXPECT_EQ(held.work_item, "ORCH-1");
  EXPECT_EQ(held.epoch, 1);
  EXPECT_EQ(held.owner.instance, host.instance);
  EXPECT_EQ(held.owner.process, host.process);
  EXPECT_EQ(held.holder, "job 7");
  EXPECT_EQ(held.acquired_at, k_now);
  EXPECT_EQ(must(reader()->held_leases()).size(), 1U);
}

TEST_F(Ownership, TheEpochGrowsWithEveryAcquireAndOutlivesTheRelease) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  take(task.id, 0, host);
  EXPECT_EQ(release(task.id), Write::written);
  EXPECT_FALSE(lease(task.id).is_held());
  EXPECT_TRUE(must(reader()->held_leases()).empty());
  EXPECT_EQ(release(task.id), Write::lost) << "nobody held it";
  EXPECT_EQ(take(task.id, 1, host), Write::written);
  EXPECT_EQ(lease(task.id).epoch, 2);
}

TEST_F(Ownership, OnlyOneOfTwoThatSawTheSameEpochGetsTheLease) {
  const HostIdentity first = recorded_host();
  const HostIdentity second = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  EXPECT_EQ(take(task.id, 0, first), Write::written);
  EXPECT_EQ(take(task.id, 0, second), Write::lost);
  EXPECT_EQ(take(task.id, 1, second), Write::written);
  EXPECT_EQ(take(task.id, 1, first), Write::lost);
  EXPECT_EQ(lease(task.id).owner.instance, second.instance);
}

TEST_F(Ownership, AStageWriteUnderAnotherEpochOrAReleasedLeaseChangesNothing) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  take(task.id, 0, host);
  Task next = task;
  next.stage = Stage::deploy;
  const auto write_under = [&](std::int64_t epoch) {
    return batch([&] {
      return must(
          store().write_task({task.id, task.stage, task.state, task.rev, epoch}, next, k_now));
    });
  };
  EXPECT_EQ(write_under(2), Write::lost);
  release(task.id);
  EXPECT_EQ(write_under(1), Write::lost);
  EXPECT_EQ(this->task(task.id).stage, Stage::deploy_staging);
  take(task.id, 1, host);
  EXPECT_EQ(write_under(2), Write::written);
  EXPECT_EQ(this->task(task.id).stage, Stage::deploy);
}

TEST_F(Ownership, SaysWhetherTheOwnerStoppedAsAsked) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  take(task.id, 0, host);
  EXPECT_FALSE(lease(task.id).owner_stopped);
  batch([&] { return store().record_host_stop(host, k_now).ok(); });
  EXPECT_TRUE(lease(task.id).owner_stopped);
}

TEST_F(Ownership, LetsOneTaskOfARepositoryInAndTheOthersWaitInTheirOrder) {
  const Task first = new_task("ORCH-1", Stage::deploy_staging);
  const Task second = new_task("ORCH-2", Stage::deploy_staging);
  const Task third = new_task("ORCH-3", Stage::deploy_staging);
  EXPECT_TRUE(enter(first));
  EXPECT_FALSE(enter(third));
  EXPECT_FALSE(enter(second));
  EXPECT_TRUE(enter(first)) << "it is inside already";
  const auto places = must(reader()->serial_places());
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].work_item, "ORCH-1");
  EXPECT_TRUE(places[0].entered_at);
  EXPECT_EQ(places[1].work_item, "ORCH-3");
  EXPECT_FALSE(places[1].entered_at);
  EXPECT_EQ(leave(first), Write::written);
  EXPECT_FALSE(enter(second)) << "the third came before";
  EXPECT_TRUE(enter(third));
}

TEST_F(Ownership, CallsTheNextOneWhenSomebodyLeaves) {
  const Task first = new_task("ORCH-1", Stage::deploy_staging);
  const Task second = new_task("ORCH-2", Stage::deploy_staging);
  const Task third = new_task("ORCH-3", Stage::deploy_staging);
  enter(first);
  enter(second);
  enter(third);
  const Job of_second = waiting_job(second);
  const Job of_third = waiting_job(third);
  EXPECT_TRUE(must(store().due_jobs(k_now + Millis{3'600'000}, 10)).empty());
  EXPECT_EQ(leave(first), Write::written);
  const auto due = must(store().due_jobs(k_now, 10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].job, of_second.id);
  EXPECT_EQ(must(store().job(of_second.id)).value().reason, "");
  EXPECT_EQ(leave(first), Write::lost) << "it has no place any more";
  EXPECT_EQ(must(store().job(of_third.id)).value().reason, k_waits_at_serial_gate);
}

TEST_F(Ownership, GuardsEveryRepositoryForItself) {
  const Task one = new_task("ORCH-1", Stage::deploy_staging);
  Task other = new_task("ORCH-2", Stage::deploy_staging);
  other.repo = "another";
  EXPECT_TRUE(enter(one));
  EXPECT_TRUE(enter(other));
}

}  // namespace orc::store
