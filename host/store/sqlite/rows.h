// SPDX-License-Identifier: Apache-2.0
// From a row to a record. A word that no table of the domain knows is an error that names table,
// row and column: such a row is shown to people and left alone, never guessed at.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "domain/records.h"
#include "store/sqlite/database.h"

#define ORC_TASK_COLUMNS                                                                          \
  "t.id,t.work_item,t.title,t.repo,t.repo_url,t.branch,t.stage,t.state,t.rev,t.hold_class,"       \
  "t.hold_reason,t.code_fail,t.contract_fail,t.infra_fail,t.head_commit,t.content_id,t.feedback," \
  "t.submitted_by,t.created_at,t.updated_at,t.stage_since,coalesce(r.body,'')"
#define ORC_TASK_TABLES "tasks t LEFT JOIN task_requests r ON r.task_id=t.id"
#define ORC_JOB_COLUMNS                                                                      \
  "j.id,j.task_id,j.kind,j.stage,j.attempt,j.first_link,j.failed_runs,j.state,j.run_after,"  \
  "j.created_at,j.started_at,j.finished_at,j.deadline_at,j.generation,j.producer,j.outcome," \
  "j.reason,j.text,j.resume_token,h.instance,h.pid,h.start_ticks,h.boot_id"
#define ORC_JOB_TABLES "jobs j LEFT JOIN hosts h ON h.id=j.owner"

namespace orc::store {

inline constexpr int k_task_columns = 22;
inline constexpr int k_job_columns = 23;

// `first` is the column where the record begins.
Result<Task> read_task(const Statement& row, int first = 0);
Result<Job> read_job(const Statement& row, int first = 0);
Result<Stage> read_stage(const Statement& row, int column, const char* table, std::int64_t id);

void log_refused_row(const Error& error);

inline constexpr int k_no_limit = 0x7FFFFFFF;

// The rows of a statement, up to `limit` in all. A row that cannot be read is logged and left out,
// and does not count: it never keeps a good one from being seen.
template <typename Record, typename Read>
Status read_into(std::vector<Record>& records, Statement& statement, Read&& read, int limit) {
  while (static_cast<int>(records.size()) < limit) {
    ORC_TRY(const bool row, statement.step());
    if (!row) break;
    Result<Record> record = read(statement);
    if (record.ok()) {
      records.push_back(std::move(record).value());
    } else if (record.error().kind == ErrorKind::malformed) {
      log_refused_row(record.error());
    } else {
      return std::move(record).error();
    }
  }
  return Done{};
}

template <typename Record, typename Read>
Result<std::vector<Record>> read_all(Statement& statement, Read&& read, int limit = k_no_limit) {
  std::vector<Record> records;
  ORC_CHECK_OK(read_into(records, statement, std::forward<Read>(read), limit));
  return records;
}

// The first row, if there is one.
template <typename Record, typename Read>
Result<std::optional<Record>> read_one(Statement& statement, Read&& read) {
  ORC_TRY(const bool row, statement.step());
  if (!row) return std::optional<Record>();
  ORC_TRY(Record record, read(statement));
  return std::optional<Record>(std::move(record));
}

}  // namespace orc::store
