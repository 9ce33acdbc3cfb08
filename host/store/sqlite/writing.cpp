// SPDX-License-Identifier: Apache-2.0
// Tasks and jobs: the guarded writes.
#include "store/sqlite/writing.h"

#include "store/sqlite/decisions.h"
#include "store/sqlite/queue_sql.h"

namespace orc::store {

namespace {

// Pages of the log that are worth a pass of the checkpointer in a moment without work, while
// commits go on, and those at which a commit no longer waits for it: 2, 32 and 128 MB.
constexpr int k_worth_moving = 1024;
constexpr int k_to_be_moved = 16384;
constexpr int k_most_pending_pages = 65536;

Write won(int changed_rows) {
  return changed_rows == 1 ? Write::written : Write::lost;
}

// The only statements of the program that write a task's stage. They differ in the columns that the
// indices of open tasks hang on: named in an UPDATE, changed or not, they cost each index two
// writes.
#define ORC_SET_TASK                                                                      \
  "UPDATE tasks SET stage=?4,hold_class=?6,hold_reason=?7,code_fail=?8,contract_fail=?9," \
  "infra_fail=?10,head_commit=?11,content_id=?12,feedback=?13,title=?14,updated_at=?15,"  \
  "stage_since=?16,rev=rev+1"
#define ORC_IF_UNCHANGED                                                                        \
  " WHERE id=?1 AND stage=?2 AND rev=?3 AND state=?18 AND (?17 IS NULL OR EXISTS(SELECT 1 FROM" \
  " transition_leases WHERE task_id=?1 AND epoch=?17 AND released_at IS NULL))"
constexpr char k_move_task[] = ORC_SET_TASK ORC_IF_UNCHANGED;
constexpr char k_change_task[] = ORC_SET_TASK ",state=?5" ORC_IF_UNCHANGED;
constexpr char k_end_task[] = ORC_SET_TASK ",state=?5,finished_at=?15" ORC_IF_UNCHANGED;
#undef ORC_SET_TASK
#undef ORC_IF_UNCHANGED

std::optional<WallTime> ended_at(TaskState state, WallTime now) {
  if (state == TaskState::done || state == TaskState::cancelled) return now;
  return std::nullopt;
}

}  // namespace

// --- batches -----------------------------------------------------------------------------------

Status SqliteStore::begin() {
  if (in_batch_) return Error{ErrorKind::internal, "a batch is open already"};
  if (db().distrusted()) {
    // What this connection holds in memory may not be what the disk holds: start from the file
    // again.
    ORC_TRY(std::unique_ptr<Database> fresh,
            Database::open(db().file(), Access::write, busy_timeout_));
    fresh->keep_log_on_close(false);
    replace_database(std::move(fresh));
  }
  db().start_afresh();
  ORC_TRY(const int changed, db().run("BEGIN IMMEDIATE"));
  (void)changed;
  in_batch_ = true;
  return Done{};
}

Status SqliteStore::commit() {
  Status done = store_outcome_counts();
  if (done.ok()) done = record("COMMIT");
  if (!done.ok()) {
    rollback();
    return done;
  }
  in_batch_ = false;
  move_log(k_to_be_moved);
  return done;
}

void SqliteStore::rollback() {
  if (!in_batch_) return;
  in_batch_ = false;
  ended_.clear();
  known_instance_.clear();
  chain_end_.reset();
  // Some errors have rolled back already; then there is nothing to do.
  if (db().in_transaction()) (void)db().run("ROLLBACK");
}

Status SqliteStore::maintain() {
  if (!in_batch_) move_log(k_worth_moving);
  return Done{};
}

void SqliteStore::move_log(int worth_a_pass) {
  const int pending = db().pending_pages();
  if (pending > k_most_pending_pages || checkpointer_.take_ended()) {
    db().checkpoint();
  } else if (pending > worth_a_pass) {
    checkpointer_.start();
  }
}

Status SqliteStore::writable() {
  if (!in_batch_) return Error{ErrorKind::internal, "a write outside of a batch"};
  if (!db().batch_broken()) return Done{};
  return Error{ErrorKind::unavailable, "an earlier write of this batch failed; roll it back"};
}

Status SqliteStore::store_outcome_counts() {
  for (const auto& [key, count] : ended_) {
    const auto& [stage, producer, outcome, reason] = key;
    ORC_CHECK_OK(
        record("INSERT INTO outcome_counts VALUES(?1,?2,?3,?4,?5)"
               " ON CONFLICT DO UPDATE SET count=count+excluded.count",
               stage, producer, outcome, reason, count));
  }
  ended_.clear();
  return Done{};
}

Result<std::int64_t> SqliteStore::host_row(const std::string& instance) {
  if (instance == known_instance_) return known_host_;
  ORC_TRY(const std::int64_t id,
          db().number("SELECT id FROM hosts WHERE instance=?1", 0, instance));
  if (id != 0) {
    known_instance_ = instance;
    known_host_ = id;
  }
  return id;
}

Status SqliteStore::record_host(const HostIdentity& host, const std::string& version,
                                WallTime now) {
  return record(
      "INSERT INTO hosts(instance,pid,start_ticks,boot_id,version,started_at)"
      " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(instance) DO NOTHING",
      host.instance, host.process.pid, std::int64_t{host.process.start_ticks}, host.process.boot_id,
      version, now);
}

// --- tasks -------------------------------------------------------------------------------------

Result<std::optional<std::string>> SqliteStore::open_task_on(const std::string& repo,
                                                             const std::string& branch) {
  ORC_TRY(Statement s, db().use(sql::k_open_task_on));
  s.bind_all(repo, branch);
  ORC_TRY(const bool row, s.step());
  return row ? std::optional(s.text(0)) : std::nullopt;
}

Result<Task> SqliteStore::insert_task(const NewTask& task, WallTime now) {
  Status inserted = record(
      "INSERT INTO tasks(work_item,title,repo,repo_url,branch,stage,state,rev,submitted_by,"
      "created_at,updated_at,stage_since,finished_at)"
      " VALUES(?1,?2,?3,?4,?5,?6,?7,1,?8,?9,?9,?9,?10)",
      task.work_item, task.title, task.repo, task.repo_url, task.branch, to_string(task.stage),
      to_string(task.state), task.submitted_by, now, ended_at(task.state, now));
  if (!inserted.ok() && inserted.error().kind == ErrorKind::conflict) {
    return Error{ErrorKind::conflict, "work item " + task.work_item + " has a task already"};
  }
  ORC_CHECK_OK(std::move(inserted));
  const TaskId id{db().last_id()};
  if (!task.request.empty()) {
    ORC_CHECK_OK(record("INSERT INTO task_requests VALUES(?1,?2)", id.value, task.request));
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
  const char* sql = next.state == expected.state            ? k_move_task
                    : ended_at(next.state, now).has_value() ? k_end_task
                                                            : k_change_task;
  ORC_TRY(
      const int changed,
      change(sql, expected.task.value, to_string(expected.stage), expected.rev,
             to_string(next.stage), to_string(next.state), hold_class, hold_reason, next.code_fail,
             next.contract_fail, next.infra_fail, next.head_commit, next.content_id, next.feedback,
             next.title, now, next.stage_since, expected.lease_epoch, to_string(expected.state)));
  return won(changed);
}

// --- jobs --------------------------------------------------------------------------------------

Result<Job> SqliteStore::queue_job(const NewJob& job, WallTime now) {
  return inserted_job(
      record("INSERT INTO jobs(task_id,kind,stage,attempt,first_link,failed_runs,state,run_after,"
             "created_at,reason,text,resume_token)"
             " VALUES(?1,?2,?3,?4,?5,?6,'queued',?7,?8,?9,?10,?11)",
             job.task.value, to_string(job.kind), to_string(job.stage), job.attempt, job.first_link,
             job.failed_runs, job.run_after, now, job.reason, job.text, job.resume_token),
      job, now);
}

Result<Job> SqliteStore::start_job(const NewJob& job, const HostIdentity& owner,
                                   std::int64_t generation, WallTime now, WallTime deadline) {
  ORC_TRY(const std::int64_t host, host_row(owner.instance));
  if (host == 0) return Error{ErrorKind::refused, "claim by a host that was never recorded"};
  ORC_TRY(Job started,
          inserted_job(
              record("INSERT INTO jobs(task_id,kind,stage,attempt,first_link,failed_runs,state,"
                     "run_after,created_at,reason,text,resume_token,owner,generation,started_at,"
                     "deadline_at) VALUES(?1,?2,?3,?4,?5,?6,'running',?7,?8,?9,?10,?11,?12,?13,?8,"
                     "?14)",
                     job.task.value, to_string(job.kind), to_string(job.stage), job.attempt,
                     job.first_link, job.failed_runs, job.run_after, now, job.reason, job.text,
                     job.resume_token, host, generation, deadline),
              job, now));
  started.state = JobState::running;
  started.owner = owner;
  started.generation = generation;
  started.started_at = now;
  started.deadline_at = deadline;
  return started;
}

Result<Job> SqliteStore::inserted_job(Status inserted, const NewJob& job, WallTime now) {
  if (!inserted.ok() && inserted.error().kind == ErrorKind::conflict) {
    return Error{ErrorKind::conflict,
                 "task " + std::to_string(job.task.value) + " has a live job already"};
  }
  ORC_CHECK_OK(std::move(inserted));
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

Result<Write> SqliteStore::claim_job(JobId job, const HostIdentity& owner, std::int64_t generation,
                                     WallTime now, WallTime deadline) {
  ORC_TRY(const std::int64_t host, host_row(owner.instance));
  if (host == 0) return Error{ErrorKind::refused, "claim by a host that was never recorded"};
  ORC_TRY(const int changed,
          change("UPDATE jobs SET state='running',owner=?2,generation=?3,started_at=?4,"
                 "deadline_at=?5 WHERE id=?1 AND state='queued'",
                 job.value, host, generation, now, deadline));
  return won(changed);
}

Result<Write> SqliteStore::finish_job(const JobFence& fence, const JobEnd& end) {
  ORC_TRY(const std::int64_t host, host_row(fence.owner_instance));
  ORC_TRY(const int changed,
          change("UPDATE jobs SET state='finished',finished_at=?1,outcome=?2,reason=?3,text=?4,"
                 "producer=?5,resume_token=?6,decisions=decisions||?10"
                 " WHERE id=?7 AND state='running' AND attempt=?8 AND owner=?9",
                 end.at, end.outcome, end.reason, end.text, end.producer, end.resume_token,
                 fence.job.value, fence.attempt, host, decision_lines(end.decisions)));
  return count_end(changed, end);
}

Result<Write> SqliteStore::withdraw_job(JobId job, const JobEnd& end) {
  ORC_TRY(
      const int changed,
      change("UPDATE jobs SET state='finished',finished_at=?1,outcome=?2,reason=?3,text=?4,"
             "producer=?5,resume_token=?6 WHERE id=?7 AND state='queued'",
             end.at, end.outcome, end.reason, end.text, end.producer, end.resume_token, job.value));
  return count_end(changed, end);
}

Result<Write> SqliteStore::count_end(int changed_rows, const JobEnd& end) {
  if (changed_rows != 1) return Write::lost;
  ++ended_[{std::string(to_string(end.stage)), end.producer, end.outcome, end.reason}];
  return Write::written;
}

Result<Write> SqliteStore::adopt_job(const JobFence& fence, const HostIdentity& owner) {
  ORC_TRY(const std::int64_t before, host_row(fence.owner_instance));
  ORC_TRY(const std::int64_t after, host_row(owner.instance));
  if (after == 0) return Error{ErrorKind::refused, "adoption by a host that was never recorded"};
  ORC_TRY(const int changed, change("UPDATE jobs SET owner=?4"
                                    " WHERE id=?1 AND state='running' AND attempt=?2 AND owner=?3",
                                    fence.job.value, fence.attempt, before, after));
  return won(changed);
}

}  // namespace orc::store
