// SPDX-License-Identifier: Apache-2.0
// Rows that no version writes, and hands that may not change history.
#include "contract/store/fixture.h"
#include "unit/store/raw.h"

namespace orc::store {

class Damage : public StoreContract {
 protected:
  // As somebody with a shell who switches the rules off.
  void edit(const std::string& sql) {
    Raw raw(folder() / "orchestrator.db");
    ASSERT_EQ(raw.run("PRAGMA ignore_check_constraints=ON"), "");
    ASSERT_EQ(raw.run(sql), "");
  }
  std::string denied(const std::string& sql) { return Raw(folder() / "orchestrator.db").run(sql); }
};

TEST_F(Damage, ABadTaskIsNamedAndHidesNoOther) {
  new_task("ORCH-1");
  new_task("ORCH-2");
  new_task("ORCH-3");
  edit("UPDATE tasks SET stage='tsting' WHERE id=1");
  const Error error = error_of(reader()->task("ORCH-1"));
  EXPECT_EQ(error.kind, ErrorKind::malformed);
  for (const char* part : {"tasks", "1", "stage", "tsting"}) {
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
  const auto listed = must(reader()->tasks({.limit = 1}));
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.front().work_item, "ORCH-2");
  EXPECT_EQ(must(reader()->tasks({})).size(), 2U);
  EXPECT_FALSE(must(reader()->stage_counts()).empty());
}

TEST_F(Damage, ABadQueuedJobDoesNotBlockTheClaim) {
  const Job bad = new_job(new_task("ORCH-1").id);
  const Job good = new_job(new_task("ORCH-2").id);
  edit("UPDATE jobs SET kind='prodce' WHERE id=" + std::to_string(bad.id.value));
  EXPECT_EQ(must(store().due_jobs(k_now, 2)).back().job, good.id);
  EXPECT_FALSE(must(store().queued_job(bad.id)));
  EXPECT_EQ(must(store().queued_job(good.id))->job.id, good.id);
  EXPECT_EQ(must(reader()->live_jobs(1)).front().job.id, good.id);
  EXPECT_EQ(error_of(reader()->job(bad.id)).kind, ErrorKind::malformed);
}

TEST_F(Damage, ABadRunningJobDoesNotBlockTheStart) {
  const HostIdentity host = recorded_host();
  const Job bad = running_job(new_task("ORCH-1").id, host);
  const Job good = running_job(new_task("ORCH-2").id, host);
  edit("UPDATE jobs SET stage='x' WHERE id=" + std::to_string(bad.id.value));
  close();
  open();
  const auto running = must(store().running_jobs());
  ASSERT_EQ(running.size(), 1U);
  EXPECT_EQ(running.front().job.id, good.id);
}

TEST_F(Damage, HistoryIsNeverChangedOrRemoved) {
  const Task task = new_task("ORCH-1");
  const Job job = running_job(task.id, recorded_host());
  batch([&] { return must(store().append_event({.kind = "k", .actor = "a", .at = k_now})); });
  batch(
      [&] { return must(store().record_artifact({.job = job.id, .task = task.id, .at = k_now})); });
  EXPECT_NE(denied("UPDATE events SET text='x'"), "");
  EXPECT_NE(denied("DELETE FROM events"), "");
  EXPECT_NE(denied("UPDATE artifacts SET sha256='x'"), "");
  EXPECT_NE(denied("DELETE FROM artifacts"), "");
  EXPECT_NE(denied("DELETE FROM tasks"), "");
}

TEST_F(Damage, AStateContradictsNeitherItsOwnerNorItsEnd) {
  const HostIdentity host = recorded_host();
  running_job(new_task("ORCH-1").id, host);
  new_job(new_task("ORCH-2").id);
  EXPECT_NE(denied("UPDATE jobs SET owner=NULL WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE jobs SET state='finished' WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE jobs SET finished_at=1 WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE jobs SET state='running' WHERE id=2"), "");
  EXPECT_NE(denied("UPDATE tasks SET state='held' WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE tasks SET state='done' WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE tasks SET stage='done' WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE tasks SET finished_at=1 WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE tasks SET state='nowhere' WHERE id=1"), "");
  EXPECT_NE(denied("UPDATE tasks SET rev='two' WHERE id=1"), "");
}

}  // namespace orc::store
