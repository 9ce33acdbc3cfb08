// SPDX-License-Identifier: Apache-2.0
// Rows that no way through the program leads to: a crash, a restored backup or a hand on the file
// left them. Looked for among open tasks and live jobs alone.
#include <array>

#include "base/text.h"
#include "store/sqlite/queue_sql.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

using Kind = Irregularity::Kind;

struct Check {
  Kind kind;
  const char* sql;  // task, job or 0, what it is
};
constexpr std::array k_checks{
    Check{Kind::no_live_job, sql::k_active_without_job},
    Check{Kind::stray_job, sql::k_stray_jobs},
    Check{Kind::not_called, sql::k_not_called},
    Check{Kind::idle_lease, sql::k_idle_leases},
    Check{Kind::idle_place, sql::k_idle_places},
    Check{Kind::pull_request_over, sql::k_pull_requests_over},
};

Result<Irregularity> irregularity_row(const Statement& row, Kind kind) {
  return Irregularity{kind, TaskId{row.integer(0)}, JobId{row.integer(1)}, row.text(2)};
}

// Words that a CHECK does not hold in place are held by the reading.
Status illegal_holds(Database& db, std::vector<Irregularity>& found, int limit) {
  ORC_TRY(Statement s, db.use(sql::k_open_holds));
  while (static_cast<int>(found.size()) < limit) {
    ORC_TRY(const bool row, s.step());
    if (!row) break;
    if (parse_hold_class(s.text(1))) continue;
    found.push_back({Kind::illegal_row, TaskId{s.integer(0)}, JobId{},
                     "tasks.hold_class is \"" + printable(s.text(1)) + "\", which is no class"});
  }
  return Done{};
}

}  // namespace

Result<std::vector<Irregularity>> Reading::irregularities(int limit) {
  std::vector<Irregularity> found;
  for (const Check& check : k_checks) {
    ORC_TRY(Statement s, db.use(check.sql));
    const auto read = [&](const Statement& row) { return irregularity_row(row, check.kind); };
    ORC_CHECK_OK(read_into(found, s, read, limit));
  }
  ORC_CHECK_OK(illegal_holds(db, found, limit));
  return found;
}

Status SqliteStore::quarantine(TaskId task, const std::string& reason, WallTime now) {
  ORC_CHECK_OK(
      record("UPDATE jobs SET state='finished',finished_at=?2,outcome='worker_fault',"
             "reason='quarantined',text=?3 WHERE task_id=?1 AND finished_at IS NULL",
             task.value, now, reason));
  return record(
      "UPDATE tasks SET state='held',hold_class='unknown',hold_reason=?3,rev=rev+1,"
      "updated_at=?2 WHERE id=?1 AND finished_at IS NULL",
      task.value, now, reason);
}

}  // namespace orc::store
