// SPDX-License-Identifier: Apache-2.0
// What outlives a host beside its tasks and jobs: a drain, workers that are still ending, and how
// often a job has been recovered.
#include "store/sqlite/queue_sql.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

Result<LiveJob> job_with_task(const Statement& row) {
  LiveJob both;
  ORC_TRY(both.job, read_job(row));
  ORC_TRY(both.task, read_task(row, k_job_columns));
  return both;
}

}  // namespace

Result<std::optional<Drain>> Reading::drain() {
  ORC_TRY(Statement s, db.use("SELECT actor,reason,at FROM drains"));
  ORC_TRY(const bool row, s.step());
  if (!row) return std::optional<Drain>();
  return std::optional(Drain{s.text(0), s.text(1), s.time(2)});
}

Result<std::vector<LiveJob>> Reading::ending_jobs() {
  ORC_TRY(Statement s, db.use(sql::k_ending_jobs));
  return read_all<LiveJob>(s, job_with_task);
}

Status SqliteStore::bring_forward(Millis by, WallTime now) {
  const std::int64_t ms = by.count();
  ORC_CHECK_OK(record(
      "UPDATE jobs SET run_after=max(run_after-?1,?2) WHERE state='queued' AND run_after>?2", ms,
      now));
  return record("UPDATE outbox SET due=max(due-?1,?2) WHERE sent_at IS NULL AND due>?2", ms, now);
}

Result<std::optional<WallTime>> SqliteStore::newest_event_time() {
  ORC_TRY(Statement s, db().use("SELECT at FROM events ORDER BY id DESC LIMIT 1"));
  ORC_TRY(const bool row, s.step());
  return row ? std::optional(s.time(0)) : std::nullopt;
}

Status SqliteStore::put_drain(const Drain& drain) {
  return record("INSERT OR REPLACE INTO drains VALUES(1,?1,?2,?3)", drain.actor, drain.reason,
                drain.at);
}

Status SqliteStore::remove_drain() {
  return record("DELETE FROM drains");
}

Status SqliteStore::add_ending(JobId job) {
  return record("INSERT INTO ending_workers VALUES(?1) ON CONFLICT DO NOTHING", job.value);
}

Status SqliteStore::remove_ending(JobId job) {
  return record("DELETE FROM ending_workers WHERE job_id=?1", job.value);
}

Result<int> SqliteStore::count_recovery(JobId job) {
  ORC_CHECK_OK(
      record("INSERT INTO recoveries VALUES(?1,1) ON CONFLICT(job_id) DO UPDATE SET count=count+1",
             job.value));
  ORC_TRY(const std::int64_t count,
          db().number("SELECT count FROM recoveries WHERE job_id=?1", 0, job.value));
  return static_cast<int>(count);
}

Status SqliteStore::record_host_stop(const HostIdentity& host, WallTime now) {
  return record("UPDATE hosts SET stopped_at=?2 WHERE instance=?1", host.instance, now);
}

Result<bool> SqliteStore::host_stopped(const std::string& instance) {
  ORC_TRY(const std::int64_t found,
          db().number("SELECT stopped_at IS NOT NULL FROM hosts WHERE instance=?1", 0, instance));
  return found != 0;
}

}  // namespace orc::store
