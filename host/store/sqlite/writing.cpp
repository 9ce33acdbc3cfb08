// SPDX-License-Identifier: Apache-2.0
// Tasks and jobs: the guarded writes.
#include "store/sqlite/writing.h"

#include "store/sqlite/rows.h"

namespace orc::store {

namespace {

Write won(int changed_rows) {
  return changed_rows == 1 ? Write::written : Write::lost;
}

}  // namespace

Status SqliteStore::begin() {
  return db().execute("BEGIN IMMEDIATE");
}

Status SqliteStore::commit() {
  ORC_CHECK_OK(flush_outcome_counts());
  return db().execute("COMMIT");
}

void SqliteStore::rollback() {
  ended_.clear();
  // Some errors have rolled back already; then there is nothing to do.
  if (db().in_transaction()) (void)db().execute("ROLLBACK");
}

Status SqliteStore::flush_outcome_counts() {
  for (const auto& [key, count] : ended_) {
    const auto& [stage, producer, outcome, reason] = key;
    ORC_TRY(const int changed, db().run("INSERT INTO outcome_counts VALUES(?1,?2,?3,?4,?5) ON "
                                        "CONFLICT DO UPDATE SET count=count+?5",
                                        stage, producer, outcome, reason, count));
    (void)changed;
  }
  ended_.clear();
  return Done{};
}

Result<std::int64_t> SqliteStore::host_row(const std::string& instance) {
  if (instance == known_instance_) return known_host_;
  ORC_TRY(const std::int64_t id,
          db().number("SELECT id FROM hosts WHERE instance=?1", 0, instance));
  return id;
}

Status SqliteStore::record_host(const HostIdentity& host, const std::string& version,
                                WallTime now) {
  ORC_TRY(const int inserted,
          db().run("INSERT INTO hosts(instance,pid,start_ticks,boot_id,version,started_at) "
                   "VALUES(?1,?2,?3,?4,?5,?6)",
                   host.instance, host.process.pid, std::int64_t{host.process.start_ticks},
                   host.process.boot_id, version, now));
  (void)inserted;
  known_host_ = db().last_id();
  known_instance_ = host.instance;
  return Done{};
}

// --- tasks -------------------------------------------------------------------------------------

Result<std::int64_t> SqliteStore::next_task_number() {
  return db().number("SELECT coalesce(max(id),0)+1 FROM tasks", 1);
}

Result<Task> SqliteStore::insert_task(const NewTask& task, WallTime now) {
  ORC_TRY(const std::int64_t taken,
          db().number("SELECT id FROM tasks WHERE work_item=?1", 0, task.work_item));
  if (taken != 0)
    return Error{ErrorKind::conflict, "work item " + task.work_item + " has a task already"};
  ORC_TRY(
      const int inserted,
      db().run("INSERT INTO "
               "tasks(work_item,title,repo,repo_url,branch,stage,state,rev,submitted_by,created_at,"
               "updated_at,stage_since) VALUES(?1,?2,?3,?4,?5,?6,?7,1,?8,?9,?9,?9)",
               task.work_item, task.title, task.repo, task.repo_url, task.branch,
               to_string(task.stage), to_string(task.state), task.submitted_by, now));
  (void)inserted;
  const TaskId id{db().last_id()};
  if (!task.request.empty()) {
    ORC_TRY(const int stored,
            db().run("INSERT INTO task_requests VALUES(?1,?2)", id.value, task.request));
    (void)stored;
  }
  return Task{.id = id,
              .work_item = task.work_item,
              .title = task.title,
              .request = task.request,
              .repo = task.repo,
              .repo_url = task.repo_url,
              .branch = task.branch,
              .stage = task.stage,
              .state = task.state,
              .rev = 1,
              .submitted_by = task.submitted_by,
              .created_at = now,
              .updated_at = now,
              .stage_since = now};
}

// The only statement of the program that writes a task's stage.
Result<Write> SqliteStore::write_task(const TaskFence& expected, const Task& next, WallTime now) {
  if (next.stage != expected.stage && !is_legal_transition(expected.stage, next.stage)) {
    return Error{ErrorKind::refused, "no row of STAGE_TRANSITIONS leads from " +
                                         std::string(to_string(expected.stage)) + " to " +
                                         std::string(to_string(next.stage))};
  }
  std::optional<std::string_view> hold_class;
  std::optional<std::string_view> hold_reason;
  if (next.hold) {
    hold_class = to_string(next.hold->hold);
    hold_reason = next.hold->reason;
  }
  ORC_TRY(const int changed,
          db().run("UPDATE tasks SET "
                   "stage=?4,state=?5,hold_class=?6,hold_reason=?7,code_fail=?8,contract_fail=?9,"
                   "infra_fail=?10,head_commit=?11,content_id=?12,feedback=?13,updated_at=?14,"
                   "stage_since=?15,"
                   "rev=rev+1 WHERE id=?1 AND stage=?2 AND rev=?3",
                   expected.task.value, to_string(expected.stage), expected.rev,
                   to_string(next.stage), to_string(next.state), hold_class, hold_reason,
                   next.code_fail, next.contract_fail, next.infra_fail, next.head_commit,
                   next.content_id, next.feedback, now, next.stage_since));
  return won(changed);
}

// --- jobs --------------------------------------------------------------------------------------

Result<Job> SqliteStore::queue_job(const NewJob& job, WallTime now) {
  ORC_TRY(
      const int inserted,
      db().run("INSERT INTO "
               "jobs(task_id,kind,stage,attempt,first_link,failed_runs,state,run_after,created_at,"
               "reason,text,resume_token) VALUES(?1,?2,?3,?4,?5,?6,'queued',?7,?8,?9,?10,?11)",
               job.task.value, to_string(job.kind), to_string(job.stage), job.attempt,
               job.first_link, job.failed_runs, job.run_after, now, job.reason, job.text,
               job.resume_token));
  (void)inserted;
  return Job{.id = JobId{db().last_id()},
             .task = job.task,
             .kind = job.kind,
             .stage = job.stage,
             .attempt = job.attempt,
             .first_link = job.first_link,
             .failed_runs = job.failed_runs,
             .state = JobState::queued,
             .run_after = job.run_after,
             .created_at = now,
             .reason = job.reason,
             .text = job.text,
             .resume_token = job.resume_token};
}

namespace {

Result<LiveJob> live_job_row(const Statement& row) {
  LiveJob live;
  ORC_TRY(live.job, read_job(row));
  ORC_TRY(live.task, read_task(row, k_job_columns));
  return live;
}

}  // namespace

Result<std::vector<LiveJob>> SqliteStore::due_jobs(WallTime now, int limit) {
  ORC_TRY(
      Statement s,
      db().use("SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS " FROM " ORC_JOB_TABLES
               " JOIN tasks t ON t.id=j.task_id LEFT JOIN task_requests r ON r.task_id=t.id"
               " WHERE j.state='queued' AND j.run_after<=?1 ORDER BY j.run_after,j.id LIMIT ?2"));
  s.bind_all(now, limit);
  return read_all<LiveJob>(s, live_job_row);
}

Result<std::optional<WallTime>> SqliteStore::next_due() {
  ORC_TRY(const std::int64_t due,
          db().number(
              "SELECT run_after FROM jobs WHERE state='queued' ORDER BY run_after,id LIMIT 1", -1));
  return due < 0 ? std::optional<WallTime>() : std::optional(WallTime{due});
}

Result<Write> SqliteStore::claim_job(JobId job, const HostIdentity& owner, std::int64_t generation,
                                     WallTime now, WallTime deadline) {
  ORC_TRY(const std::int64_t host, host_row(owner.instance));
  if (host == 0) return Error{ErrorKind::refused, "claim by a host that was never recorded"};
  ORC_TRY(const int changed,
          db().run("UPDATE jobs SET state='running',owner=?2,generation=?3,started_at=?4,"
                   "deadline_at=?5 WHERE id=?1 AND state='queued'",
                   job.value, host, generation, now, deadline));
  return won(changed);
}

Result<Write> SqliteStore::finish_job(const JobFence& fence, const JobEnd& end) {
  ORC_TRY(const std::int64_t host, host_row(fence.owner_instance));
  ORC_TRY(
      Statement s,
      db().use(
          "UPDATE jobs SET state='finished',finished_at=?4,outcome=?5,reason=?6,text=?7,"
          "producer=?8,resume_token=?9 WHERE id=?1 AND state='running' AND attempt=?2 AND owner=?3"
          " RETURNING stage"));
  s.bind_all(fence.job.value, fence.attempt, host, end.at, end.outcome, end.reason, end.text,
             end.producer, end.resume_token);
  ORC_TRY(const bool finished, s.step());
  if (!finished) return Write::lost;
  ++ended_[{s.text(0), end.producer, end.outcome, end.reason}];
  // A RETURNING statement has done its work only after it was stepped to the end.
  ORC_TRY(const bool more, s.step());
  (void)more;
  return Write::written;
}

Result<Write> SqliteStore::withdraw_job(JobId job, const JobEnd& end) {
  ORC_TRY(const int changed,
          db().run("UPDATE jobs SET state='finished',finished_at=?2,outcome=?3,reason=?4,text=?5"
                   " WHERE id=?1 AND state='queued'",
                   job.value, end.at, end.outcome, end.reason, end.text));
  return won(changed);
}

Result<Write> SqliteStore::adopt_job(const JobFence& fence, const HostIdentity& owner) {
  ORC_TRY(const std::int64_t before, host_row(fence.owner_instance));
  ORC_TRY(const std::int64_t after, host_row(owner.instance));
  if (after == 0) return Error{ErrorKind::refused, "adoption by a host that was never recorded"};
  ORC_TRY(
      const int changed,
      db().run(
          "UPDATE jobs SET owner=?4 WHERE id=?1 AND state='running' AND attempt=?2 AND owner=?3",
          fence.job.value, fence.attempt, before, after));
  return won(changed);
}

Result<std::vector<LiveJob>> SqliteStore::running_jobs() {
  ORC_TRY(Statement s,
          db().use("SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS " FROM " ORC_JOB_TABLES
                   " JOIN tasks t ON t.id=j.task_id LEFT JOIN task_requests r ON r.task_id=t.id"
                   " WHERE j.state='running' ORDER BY j.id"));
  return read_all<LiveJob>(s, live_job_row);
}

}  // namespace orc::store
