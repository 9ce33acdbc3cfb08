// SPDX-License-Identifier: Apache-2.0
// What outlives a host, and what does not fit together, whatever the store.
#include "contract/store/fixture.h"

namespace orc::store {

class Recovery : public StoreContract {
 protected:
  template <typename Body>
  void done(Body body) {
    batch([&] {
      const Status status = body();
      EXPECT_TRUE(status.ok());
      return status.ok();
    });
  }
  std::vector<Irregularity> irregularities() { return must(reader()->irregularities(100)); }
};

TEST_F(Recovery, KeepsADrainUntilItIsEnded) {
  EXPECT_FALSE(must(reader()->drain()));
  done([&] { return store().put_drain({"alice", "upgrade", k_now}); });
  close();
  open();
  const auto drain = must(reader()->drain());
  ASSERT_TRUE(drain);
  EXPECT_EQ(drain->actor, "alice");
  EXPECT_EQ(drain->reason, "upgrade");
  EXPECT_EQ(drain->at, k_now);
  done([&] { return store().remove_drain(); });
  EXPECT_FALSE(must(reader()->drain()));
}

TEST_F(Recovery, RemembersWorkersThatAreStillEnding) {
  const HostIdentity host = recorded_host();
  const Job job = running_job(new_task("ORCH-1").id, host);
  done([&] { return store().add_ending(job.id); });
  const auto ending = must(store().ending_jobs());
  ASSERT_EQ(ending.size(), 1U);
  EXPECT_EQ(ending[0].job.id, job.id);
  EXPECT_EQ(ending[0].task.work_item, "ORCH-1");
  done([&] { return store().remove_ending(job.id); });
  EXPECT_TRUE(must(store().ending_jobs()).empty());
}

TEST_F(Recovery, CountsHowOftenAJobWasRecovered) {
  const Job job = new_job(new_task("ORCH-1").id);
  for (int times = 1; times <= 3; ++times)
    EXPECT_EQ(batch([&] { return must(store().count_recovery(job.id)); }), times);
}

TEST_F(Recovery, KnowsWhetherAHostStoppedAsAsked) {
  const HostIdentity host = recorded_host();
  EXPECT_FALSE(must(store().host_stopped(host.instance)));
  done([&] { return store().record_host_stop(host, k_now); });
  EXPECT_TRUE(must(store().host_stopped(host.instance)));
  EXPECT_FALSE(must(store().host_stopped("nobody")));
}

TEST_F(Recovery, FindsNothingWrongInWhatTheProgramWrites) {
  const HostIdentity host = recorded_host();
  running_job(new_task("ORCH-1").id, host);
  new_job(new_task("ORCH-2", Stage::testing).id, Stage::testing);
  EXPECT_TRUE(irregularities().empty());
}

TEST_F(Recovery, FindsAnActiveTaskWithoutAJobAndAJobAtAnotherStage) {
  const Task idle = new_task("ORCH-1");
  const Task astray = new_task("ORCH-2", Stage::testing);
  const Job job = new_job(astray.id, Stage::review);
  const auto found = irregularities();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, Irregularity::Kind::no_live_job);
  EXPECT_EQ(found[0].task, idle.id);
  EXPECT_EQ(found[1].kind, Irregularity::Kind::stray_job);
  EXPECT_EQ(found[1].job, job.id);
  EXPECT_NE(found[1].text.find("review"), std::string::npos) << found[1].text;
}

TEST_F(Recovery, FindsWhatWaitsAtTheSerialGateThoughNobodyIsBeforeIt) {
  const Task first = new_task("ORCH-1", Stage::deploy_staging);
  const Job job = new_job(first.id, Stage::deploy_staging);
  batch([&] {
    return must(store().postpone_job(job.id, k_until_called, k_waits_at_serial_gate, ""));
  });
  ASSERT_EQ(irregularities().size(), 1U);
  EXPECT_EQ(irregularities()[0].kind, Irregularity::Kind::not_called);
  const Task inside = new_task("ORCH-2", Stage::deploy_staging);
  new_job(inside.id, Stage::deploy_staging);
  batch([&] { return must(store().enter_serial_gate(inside.id, "demo", k_now)); });
  batch([&] { return must(store().enter_serial_gate(first.id, "demo", k_now)); });
  EXPECT_TRUE(irregularities().empty()) << "now somebody is before it";
}

TEST_F(Recovery, FindsALeaseAndAPlaceThatNobodyNeeds) {
  const HostIdentity host = recorded_host();
  const Task task = new_task("ORCH-1", Stage::deploy_staging);
  batch([&] { return must(store().take_lease(task.id, 0, host, "job 1", k_now)); });
  batch([&] { return must(store().enter_serial_gate(task.id, "demo", k_now)); });
  Task held = task;
  held.state = TaskState::held;
  held.hold = Hold{HoldClass::unknown, "?"};
  write(task, held);
  const auto found = irregularities();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, Irregularity::Kind::idle_lease);
  EXPECT_EQ(found[1].kind, Irregularity::Kind::idle_place);
}

TEST_F(Recovery, QuarantineHoldsTheTaskAtItsStageAndEndsItsJob) {
  const Task task = new_task("ORCH-1", Stage::testing);
  const Job job = new_job(task.id, Stage::testing);
  done([&] { return store().quarantine(task.id, "row 7 is broken", k_now); });
  const Task after = this->task(task.id);
  EXPECT_EQ(after.stage, Stage::testing);
  EXPECT_EQ(after.state, TaskState::held);
  EXPECT_EQ(after.hold->hold, HoldClass::unknown);
  EXPECT_EQ(after.hold->reason, "row 7 is broken");
  EXPECT_EQ(after.rev, task.rev + 1);
  EXPECT_EQ(must(store().job(job.id)).value().state, JobState::finished);
  EXPECT_TRUE(irregularities().empty());
}

}  // namespace orc::store
