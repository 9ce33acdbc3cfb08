// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"

#include <mutex>
#include <set>
#include <string>

#include "base/log.h"
#include "base/text.h"

namespace orc::store {

namespace {

constexpr std::size_t k_most_known_rows = 1000;

Error unknown_word(const char* table, std::int64_t id, const char* column,
                   const std::string& word) {
  return Error{ErrorKind::malformed, std::string(table) + " row " + std::to_string(id) + ", " +
                                         column + ": unknown word \"" + printable(word) + "\""};
}

}  // namespace

// Once for each row: a page that is asked for every second would fill the log otherwise.
void log_refused_row(const Error& error) {
  static std::mutex mutex;
  static std::set<std::string> known;
  const std::lock_guard held(mutex);
  if (known.size() >= k_most_known_rows || !known.insert(error.message).second) return;
  log(LogLevel::error, "store.row_refused", error.message);
}

Result<Stage> read_stage(const Statement& row, int column, const char* table, std::int64_t id) {
  const std::string word = row.text(column);
  if (const auto stage = parse_stage(word)) return *stage;
  return unknown_word(table, id, "stage", word);
}

Result<Task> read_task(const Statement& row, int first) {
  Task task;
  int column = first;
  task.id = TaskId{row.integer(column++)};
  task.work_item = row.text(column++);
  task.title = row.text(column++);
  task.repo = row.text(column++);
  task.repo_url = row.text(column++);
  task.branch = row.text(column++);
  ORC_TRY(task.stage, read_stage(row, column++, "tasks", task.id.value));
  const std::string state = row.text(column++);
  const auto parsed = parse_task_state(state);
  if (!parsed) return unknown_word("tasks", task.id.value, "state", state);
  task.state = *parsed;
  task.rev = row.integer(column++);
  if (!row.is_null(column)) {
    const std::string word = row.text(column);
    const auto hold = parse_hold_class(word);
    if (!hold) return unknown_word("tasks", task.id.value, "hold_class", word);
    task.hold = Hold{*hold, row.text(column + 1)};
  }
  column += 2;
  task.code_fail = row.small(column++);
  task.contract_fail = row.small(column++);
  task.infra_fail = row.small(column++);
  task.head_commit = row.text(column++);
  task.content_id = row.text(column++);
  task.feedback = row.text(column++);
  task.submitted_by = row.text(column++);
  task.created_at = row.time(column++);
  task.updated_at = row.time(column++);
  task.stage_since = row.time(column++);
  task.request = row.text(column);
  return task;
}

Result<Job> read_job(const Statement& row, int first) {
  Job job;
  int column = first;
  job.id = JobId{row.integer(column++)};
  job.task = TaskId{row.integer(column++)};
  const std::string kind = row.text(column++);
  const auto parsed_kind = parse_job_kind(kind);
  if (!parsed_kind) return unknown_word("jobs", job.id.value, "kind", kind);
  job.kind = *parsed_kind;
  ORC_TRY(job.stage, read_stage(row, column++, "jobs", job.id.value));
  job.attempt = row.small(column++);
  job.first_link = row.small(column++);
  job.failed_runs = row.small(column++);
  const std::string state = row.text(column++);
  const auto parsed_state = parse_job_state(state);
  if (!parsed_state) return unknown_word("jobs", job.id.value, "state", state);
  job.state = *parsed_state;
  job.run_after = row.time(column++);
  job.created_at = row.time(column++);
  job.started_at = row.time_or_null(column++);
  job.finished_at = row.time_or_null(column++);
  job.deadline_at = row.time_or_null(column++);
  job.generation = row.integer(column++);
  job.producer = row.text(column++);
  job.outcome = row.text(column++);
  job.reason = row.text(column++);
  job.text = row.text(column++);
  job.resume_token = row.text(column++);
  if (!row.is_null(column)) {
    job.owner.instance = row.text(column);
    job.owner.process = {row.small(column + 1), row.integer(column + 2), row.text(column + 3)};
  }
  return job;
}

}  // namespace orc::store
