// SPDX-License-Identifier: Apache-2.0
// Leases and the serial gate: the guarded writes and their reads.
#include "store/sqlite/queue_sql.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

Write won(int changed_rows) {
  return changed_rows == 1 ? Write::written : Write::lost;
}

Result<Lease> lease_row(const Statement& row) {
  Lease lease{.task = TaskId{row.integer(0)},
              .work_item = row.text(1),
              .epoch = row.integer(2),
              .holder = row.text(3),
              .acquired_at = row.time(4)};
  if (row.is_null(5)) return lease;
  lease.owner.instance = row.text(5);
  lease.owner.process = {row.small(6), row.integer(7), row.text(8)};
  lease.owner_stopped = !row.is_null(9);
  return lease;
}

Result<SerialPlace> place_row(const Statement& row) {
  return SerialPlace{.task = TaskId{row.integer(0)},
                     .work_item = row.text(1),
                     .repo = row.text(2),
                     .arrived_at = row.time(3),
                     .entered_at = row.time_or_null(4)};
}

}  // namespace

// --- reads -------------------------------------------------------------------------------------

Result<std::optional<Lease>> Reading::lease(TaskId task) {
  ORC_TRY(Statement s, db.use(sql::k_lease));
  s.bind_all(task.value);
  return read_one<Lease>(s, lease_row);
}

Result<std::vector<Lease>> Reading::held_leases() {
  ORC_TRY(Statement s, db.use(sql::k_held_leases));
  return read_all<Lease>(s, lease_row);
}

Result<std::vector<SerialPlace>> Reading::serial_places() {
  ORC_TRY(Statement s, db.use(sql::k_serial_places));
  return read_all<SerialPlace>(s, place_row);
}

// --- the lease ---------------------------------------------------------------------------------

Result<Write> SqliteStore::take_lease(TaskId task, std::int64_t seen_epoch,
                                      const HostIdentity& owner, const std::string& holder,
                                      WallTime now) {
  ORC_TRY(const std::int64_t host, host_row(owner.instance));
  if (host == 0) return Error{ErrorKind::refused, "a lease for a host that was never recorded"};
  if (seen_epoch == 0) {
    ORC_TRY(const int inserted,
            change("INSERT INTO transition_leases(task_id,epoch,owner,holder,acquired_at)"
                   " VALUES(?1,1,?2,?3,?4) ON CONFLICT DO NOTHING",
                   task.value, host, holder, now));
    return won(inserted);
  }
  ORC_TRY(const int changed, change("UPDATE transition_leases SET epoch=epoch+1,owner=?3,holder=?4,"
                                    "acquired_at=?5,released_at=NULL WHERE task_id=?1 AND epoch=?2",
                                    task.value, seen_epoch, host, holder, now));
  return won(changed);
}

Result<Write> SqliteStore::release_lease(TaskId task, WallTime now) {
  ORC_TRY(const int changed, change("UPDATE transition_leases SET owner=NULL,released_at=?2"
                                    " WHERE task_id=?1 AND released_at IS NULL",
                                    task.value, now));
  return won(changed);
}

// --- the serial gate ---------------------------------------------------------------------------

Result<bool> SqliteStore::enter_serial_gate(TaskId task, const std::string& repo, WallTime now) {
  constexpr const char* k_inside =
      "SELECT 1 FROM serial_gate WHERE task_id=?1 AND entered_at IS NOT NULL";
  ORC_TRY(const std::int64_t inside, db().number(k_inside, 0, task.value));
  if (inside != 0) return true;
  ORC_CHECK_OK(
      record("INSERT INTO serial_gate(task_id,repo,arrived_at) VALUES(?1,?2,?3)"
             " ON CONFLICT(task_id) DO NOTHING",
             task.value, repo, now));
  ORC_TRY(const int entered,
          change("UPDATE serial_gate SET entered_at=?3 WHERE task_id=?1"
                 " AND ticket=(SELECT min(ticket) FROM serial_gate WHERE repo=?2)"
                 " AND NOT EXISTS(SELECT 1 FROM serial_gate WHERE repo=?2"
                 " AND entered_at IS NOT NULL)",
                 task.value, repo, now));
  return entered == 1;
}

Result<Write> SqliteStore::leave_serial_gate(TaskId task, const std::string& repo, WallTime now) {
  ORC_TRY(const int left, change("DELETE FROM serial_gate WHERE task_id=?1", task.value));
  if (left == 0) return Write::lost;
  ORC_CHECK_OK(
      record("UPDATE jobs SET run_after=?2,reason='',text='' WHERE finished_at IS NULL"
             " AND state='queued' AND reason='serial_gate' AND task_id IN (?3,(SELECT task_id"
             " FROM serial_gate WHERE repo=?1 ORDER BY ticket LIMIT 1))",
             repo, now, task.value));
  return Write::written;
}

Result<Write> SqliteStore::postpone_job(JobId job, WallTime due, std::string_view reason,
                                        const std::string& text) {
  ORC_TRY(const int changed, change("UPDATE jobs SET run_after=?2,reason=?3,text=?4"
                                    " WHERE id=?1 AND state='queued'",
                                    job.value, due, reason, text));
  return won(changed);
}

}  // namespace orc::store
