// SPDX-License-Identifier: Apache-2.0
// Deployments and the post-deploy monitors: reads and guarded writes.
#include "store/sqlite/reading.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

#define ORC_DEPLOYMENTS                                                              \
  "SELECT id,task_id,job_id,repo,commit_id,confirmed_by,producer,state,text,begun_at," \
  "updated_at FROM deployments "
#define ORC_MONITORS                                                                \
  "SELECT m.id,m.task_id,t.work_item,m.repo,m.commit_id,m.state,m.text,m.rollback," \
  "m.rollback_text,m.started_at,m.until,m.ended_at FROM monitors m JOIN tasks t"    \
  " ON t.id=m.task_id "
#define ORC_OPEN_DEPLOYMENT \
  " WHERE task_id=?1 AND (state='intended' OR state='running' OR state='unknown')"

namespace orc::store {

namespace {

Error unknown_word(const char* table, std::int64_t id, const char* column,
                   const std::string& word) {
  return Error{ErrorKind::malformed, std::string(table) + " " + std::to_string(id) + ", " + column +
                                         ": unknown word \"" + word + "\""};
}

Result<Deployment> deployment_row(const Statement& row) {
  Deployment deployment{.id = row.integer(0),
                        .task = TaskId{row.integer(1)},
                        .job = JobId{row.integer(2)},
                        .repo = row.text(3),
                        .commit = row.text(4),
                        .confirmed_by = row.text(5),
                        .producer = row.text(6),
                        .text = row.text(8),
                        .begun_at = row.time(9),
                        .updated_at = row.time(10)};
  const auto state = parse_deployment_state(row.text(7));
  if (!state) return unknown_word("deployments", deployment.id, "state", row.text(7));
  deployment.state = *state;
  return deployment;
}

Result<Monitor> monitor_row(const Statement& row) {
  Monitor monitor{.id = row.integer(0),
                  .task = TaskId{row.integer(1)},
                  .work_item = row.text(2),
                  .repo = row.text(3),
                  .commit = row.text(4),
                  .text = row.text(6),
                  .rollback_text = row.text(8),
                  .started_at = row.time(9),
                  .until = row.time(10),
                  .ended_at = row.time_or_null(11)};
  const auto state = parse_monitor_state(row.text(5));
  if (!state) return unknown_word("monitors", monitor.id, "state", row.text(5));
  const auto rollback = parse_rollback_state(row.text(7));
  if (!rollback) return unknown_word("monitors", monitor.id, "rollback", row.text(7));
  monitor.state = *state;
  monitor.rollback = *rollback;
  return monitor;
}

Result<Sample> sample_row(const Statement& row) {
  const auto health = parse_health(row.text(0));
  if (!health) return unknown_word("monitor_samples", row.integer(6), "health", row.text(0));
  Sample sample{.health = *health,
                .text = row.text(3),
                .before_deploy = row.integer(4) != 0,
                .at = row.time(5)};
  if (!row.is_null(1)) sample.latency_ms = row.real(1);
  if (!row.is_null(2)) sample.error_rate = row.real(2);
  return sample;
}

}  // namespace

// --- deployments -------------------------------------------------------------------------------

Result<std::vector<Deployment>> Reading::deployments(TaskId task) {
  ORC_TRY(Statement s, db.use(ORC_DEPLOYMENTS "WHERE task_id=?1 ORDER BY id"));
  s.bind_all(task.value);
  return read_all<Deployment>(s, deployment_row);
}

Result<std::optional<Deployment>> SqliteStore::open_deployment(TaskId task) {
  ORC_TRY(Statement s, db().use(ORC_DEPLOYMENTS ORC_OPEN_DEPLOYMENT));
  s.bind_all(task.value);
  ORC_TRY(std::vector<Deployment> found, read_all<Deployment>(s, deployment_row));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Status SqliteStore::begin_deployment(const Deployment& d) {
  return record(
      "INSERT INTO deployments(task_id,job_id,repo,commit_id,confirmed_by,state,begun_at,"
      "updated_at) VALUES(?1,?2,?3,?4,?5,'intended',?6,?6)",
      d.task.value, d.job.value, d.repo, d.commit, d.confirmed_by, d.begun_at);
}

Result<Write> SqliteStore::write_deployment(const Deployment& next) {
  ORC_TRY(const int changed,
          change("UPDATE deployments SET state=?2,text=?3,producer=?4,updated_at=?5,commit_id=?6 WHERE id=?1"
                 " AND (state='intended' OR state='running' OR state='unknown')",
                 next.id, to_string(next.state), next.text, next.producer, next.updated_at,
                 next.commit));
  return changed == 1 ? Write::written : Write::lost;
}

Result<std::string> SqliteStore::deployed_before(TaskId task, const std::string& repo,
                                                 const std::string& commit) {
  ORC_TRY(
      Statement s,
      db().use("SELECT d.commit_id FROM deployments d WHERE d.repo=?2 AND d.state='succeeded'"
               " AND d.id<(SELECT max(id) FROM deployments WHERE task_id=?1)"
               " AND d.commit_id<>?3 AND NOT EXISTS(SELECT 1 FROM monitors m"
               " WHERE m.task_id=d.task_id AND m.state='degraded') ORDER BY d.id DESC LIMIT 1"));
  s.bind_all(task.value, repo, commit);
  ORC_TRY(const bool row, s.step());
  return row ? s.text(0) : std::string();
}

// --- monitors ----------------------------------------------------------------------------------

Result<std::vector<Monitor>> Reading::monitors(TaskId task) {
  ORC_TRY(Statement s, db.use(ORC_MONITORS "WHERE m.task_id=?1 ORDER BY m.id DESC"));
  s.bind_all(task.value);
  return read_all<Monitor>(s, monitor_row);
}

Result<std::vector<Monitor>> Reading::open_monitors() {
  ORC_TRY(Statement s,
          db.use(ORC_MONITORS "WHERE m.ended_at IS NULL OR m.rollback='intended' ORDER BY m.id"));
  return read_all<Monitor>(s, monitor_row);
}

Result<std::vector<Monitor>> Reading::latest_monitors() {
  ORC_TRY(Statement s, db.use(ORC_MONITORS
                              "WHERE m.id IN (SELECT max(id) FROM monitors WHERE"
                              " state<>'abandoned' GROUP BY repo) ORDER BY m.repo"));
  return read_all<Monitor>(s, monitor_row);
}

Result<std::vector<Sample>> Reading::samples(std::int64_t monitor) {
  ORC_TRY(Statement s, db.use("SELECT health,latency_ms,error_rate,text,before_deploy,at,monitor_id"
                              " FROM monitor_samples WHERE monitor_id=?1 ORDER BY id"));
  s.bind_all(monitor);
  return read_all<Sample>(s, sample_row);
}

Result<std::vector<DeliveryCount>> Reading::delivery_counts() {
  ORC_TRY(Statement s,
          db.use("SELECT 'deployment',state,count(*) FROM deployments GROUP BY state"
                 " UNION ALL SELECT 'monitor',state,count(*) FROM monitors GROUP BY state"
                 " UNION ALL SELECT 'rollback',rollback,count(*) FROM monitors GROUP BY rollback"));
  return read_all<DeliveryCount>(s, [](const Statement& row) -> Result<DeliveryCount> {
    return DeliveryCount{row.text(0), row.text(1), row.integer(2)};
  });
}

Status SqliteStore::open_monitor(const Monitor& m) {
  ORC_CHECK_OK(
      record("UPDATE monitors SET state='abandoned',text='confirmed anew',ended_at=?2"
             " WHERE task_id=?1 AND state='baseline'",
             m.task.value, m.started_at));
  return record(
      "INSERT INTO monitors(task_id,repo,commit_id,state,started_at,until)"
      " VALUES(?1,?2,?3,'baseline',?4,?5)",
      m.task.value, m.repo, m.commit, m.started_at, m.until);
}

Result<Write> SqliteStore::write_monitor(const Monitor& before, const Monitor& next) {
  ORC_TRY(const int changed,
          change("UPDATE monitors SET state=?4,text=?5,rollback=?6,rollback_text=?7,commit_id=?8,"
                 "until=?9,ended_at=?10 WHERE id=?1 AND state=?2 AND rollback=?3",
                 before.id, to_string(before.state), to_string(before.rollback),
                 to_string(next.state), next.text, to_string(next.rollback), next.rollback_text,
                 next.commit, next.until, next.ended_at));
  return changed == 1 ? Write::written : Write::lost;
}

Status SqliteStore::record_sample(std::int64_t monitor, const Sample& s) {
  return record(
      "INSERT INTO monitor_samples(monitor_id,before_deploy,health,latency_ms,error_rate,text,at)"
      " VALUES(?1,?2,?3,?4,?5,?6,?7)",
      monitor, s.before_deploy, to_string(s.health), s.latency_ms, s.error_rate, s.text, s.at);
}

}  // namespace orc::store
