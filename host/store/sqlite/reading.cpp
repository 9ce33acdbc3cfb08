// SPDX-License-Identifier: Apache-2.0
// Reads of tasks and jobs: the claim, the queue page, the start-up.
#include "store/sqlite/reading.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "store/sqlite/queue_sql.h"
#include "store/sqlite/rows.h"

namespace orc::store {

namespace {

Result<Task> task_row(const Statement& row) {
  return read_task(row);
}
Result<Job> job_row(const Statement& row) {
  return read_job(row);
}
Result<LiveJob> live_job_row(const Statement& row) {
  LiveJob live;
  ORC_TRY(live.job, read_job(row));
  ORC_TRY(live.task, read_task(row, k_job_columns));
  return live;
}

// A read transaction over several statements: they see one snapshot. Inside a batch there is one
// already.
class Snapshot {
 public:
  explicit Snapshot(Database& db) : db_(db), own_(!db.in_transaction()) {}
  Status begin() { return own_ ? db_.execute("BEGIN") : Status(Done{}); }
  // Nothing was written; a snapshot that cannot be let go ends with the connection.
  ~Snapshot() {
    if (own_) (void)db_.execute("COMMIT");
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& db_;
  bool own_;
};

// By all that tells two counts apart.
using StageCounts = std::map<std::tuple<Stage, TaskState, HoldClass, bool>, StageCount>;

bool is_open(TaskState state) {
  return state != TaskState::done && state != TaskState::cancelled;
}

Status add_stage_count(const Statement& row, StageCounts& counts) {
  StageCount count;
  ORC_TRY(count.stage, read_stage(row, 0, "tasks", 0));
  const auto state = parse_task_state(row.text(1));
  if (!state)
    return Error{ErrorKind::malformed, "tasks, state: unknown word \"" + row.text(1) + "\""};
  count.state = *state;
  if (!row.is_null(2)) count.hold = parse_hold_class(row.text(2)).value_or(HoldClass::unknown);
  count.running = row.integer(3) != 0;
  const auto [same, is_new] =
      counts.try_emplace({count.stage, count.state, count.hold, count.running}, count);
  same->second.count += row.integer(4);
  same->second.oldest = is_new ? row.time(5) : std::min(same->second.oldest, row.time(5));
  return Done{};
}

}  // namespace

Result<std::optional<Task>> Reading::task(TaskId id) {
  ORC_TRY(Statement s,
          db.use("SELECT " ORC_TASK_COLUMNS " FROM " ORC_TASK_TABLES " WHERE t.id=?1"));
  s.bind_all(id.value);
  return read_one<Task>(s, task_row);
}

Result<std::optional<Task>> Reading::task(const std::string& work_item) {
  ORC_TRY(Statement s,
          db.use("SELECT " ORC_TASK_COLUMNS " FROM " ORC_TASK_TABLES " WHERE t.work_item=?1"));
  s.bind_all(work_item);
  return read_one<Task>(s, task_row);
}

Result<std::vector<Task>> Reading::tasks(const TaskFilter& filter) {
  const bool open = filter.state && is_open(*filter.state);
  ORC_TRY(Statement s, db.use(open ? sql::k_open_tasks : sql::k_tasks));
  s.bind_all(filter.after.value,
             filter.stage ? std::optional(to_string(*filter.stage)) : std::nullopt,
             filter.state ? std::optional(to_string(*filter.state)) : std::nullopt, filter.repo);
  return read_all<Task>(s, task_row, filter.limit);
}

Result<std::vector<LiveJob>> Reading::live_jobs(int limit) {
  Snapshot snapshot(db);
  ORC_CHECK_OK(snapshot.begin());
  std::vector<LiveJob> jobs;
  ORC_TRY(Statement running, db.use(sql::k_running_jobs));
  ORC_CHECK_OK(read_into(jobs, running, live_job_row, limit));
  ORC_TRY(Statement queued, db.use(sql::k_queued_jobs));
  ORC_CHECK_OK(read_into(jobs, queued, live_job_row, limit));
  return jobs;
}

Result<std::vector<LiveJob>> Reading::running_jobs() {
  ORC_TRY(Statement s, db.use(sql::k_running_jobs));
  return read_all<LiveJob>(s, live_job_row);
}

Result<std::vector<DueJob>> Reading::due_jobs(WallTime now, int limit) {
  ORC_TRY(Statement s, db.use(sql::k_due_jobs));
  s.bind_all(now, limit);
  return read_all<DueJob>(s, [](const Statement& row) -> Result<DueJob> {
    return DueJob{JobId{row.integer(0)}, TaskId{row.integer(1)}};
  });
}

Result<std::optional<LiveJob>> Reading::queued_job(JobId job) {
  ORC_TRY(Statement s, db.use(sql::k_queued_job));
  s.bind_all(job.value);
  ORC_TRY(std::vector<LiveJob> found, read_all<LiveJob>(s, live_job_row, 1));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::optional<WallTime>> Reading::next_due(WallTime now) {
  ORC_TRY(Statement s, db.use(sql::k_next_due));
  s.bind_all(now);
  ORC_TRY(const bool row, s.step());
  return row ? s.time_or_null(0) : std::optional<WallTime>();
}

Result<std::int64_t> Reading::next_task_number() {
  return db.number(sql::k_next_task_number, 1);
}

Result<std::optional<Job>> Reading::live_job(TaskId task) {
  ORC_TRY(Statement s, db.use(sql::k_live_job));
  s.bind_all(task.value);
  return read_one<Job>(s, job_row);
}

Result<std::optional<Job>> Reading::job(JobId id) {
  ORC_TRY(Statement s, db.use("SELECT " ORC_JOB_COLUMNS " FROM " ORC_JOB_TABLES " WHERE j.id=?1"));
  s.bind_all(id.value);
  return read_one<Job>(s, job_row);
}

Result<std::vector<Job>> Reading::jobs(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT " ORC_JOB_COLUMNS " FROM " ORC_JOB_TABLES
                              " WHERE j.task_id=?1 ORDER BY j.id"));
  s.bind_all(task.value);
  return read_all<Job>(s, job_row);
}

Result<std::vector<Job>> Reading::finished_jobs(int limit) {
  ORC_TRY(Statement s, db.use(sql::k_finished_jobs));
  return read_all<Job>(s, job_row, limit);
}

Result<std::vector<StageCount>> Reading::stage_counts() {
  ORC_TRY(Statement s, db.use(sql::k_stage_counts));
  StageCounts counts;
  while (true) {
    ORC_TRY(const bool row, s.step());
    if (!row) break;
    const Status added = add_stage_count(s, counts);
    if (!added.ok()) log_refused_row(added.error());
  }
  std::vector<StageCount> all;
  for (const auto& [kind, count] : counts) all.push_back(count);
  return all;
}

}  // namespace orc::store
