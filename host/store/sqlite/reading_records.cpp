// SPDX-License-Identifier: Apache-2.0
// Reads of what was recorded about tasks, and of the host's own small tables.
#include <iterator>
#include <utility>

#include "store/sqlite/decisions.h"
#include "store/sqlite/queue_sql.h"
#include "store/sqlite/reading.h"
#include "store/sqlite/rows.h"

namespace orc::store {

namespace {

Result<ArtifactRecord> artifact_row(const Statement& row) {
  ArtifactRecord record{.job = JobId{row.integer(0)}, .task = TaskId{row.integer(1)}};
  ORC_TRY(record.stage, read_stage(row, 2, "artifacts of job", record.job.value));
  record.attempt = row.small(3);
  record.name = row.text(4);
  record.sha256 = row.text(5);
  record.size = row.integer(6);
  record.commit = row.text(7);
  record.content_id = row.text(8);
  record.producer = row.text(9);
  record.generation = row.integer(10);
  record.path = row.text(11);
  record.at = row.time(12);
  return record;
}

Result<Approval> approval_row(const Statement& row) {
  Approval approval{.task = TaskId{row.integer(0)}};
  ORC_TRY(approval.stage, read_stage(row, 1, "approvals of task", approval.task.value));
  approval.approved = row.integer(2) != 0;
  approval.actor = row.text(3);
  approval.channel = row.text(4);
  approval.reason = row.text(5);
  approval.content_id = row.text(6);
  approval.at = row.time(7);
  return approval;
}

Result<Event> event_row(const Statement& row) {
  return Event{.id = EventId{row.integer(0)},
               .task = TaskId{row.integer(1)},
               .kind = row.text(2),
               .actor = row.text(3),
               .text = row.text(4),
               .data = row.text(5),
               .at = row.time(6)};
}

}  // namespace

Result<std::vector<DecisionRow>> Reading::decisions(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT id,decisions FROM jobs WHERE task_id=?1 ORDER BY id"));
  s.bind_all(task.value);
  using OfJob = std::vector<DecisionRow>;
  ORC_TRY(std::vector<OfJob> jobs,
          read_all<OfJob>(s, [](const Statement& row) -> Result<OfJob> {
            return read_decision_lines(JobId{row.integer(0)}, row.text(1));
          }));
  std::vector<DecisionRow> all;
  for (OfJob& one : jobs) std::move(one.begin(), one.end(), std::back_inserter(all));
  return all;
}

Result<std::vector<ArtifactRecord>> Reading::artifacts(TaskId task) {
  ORC_TRY(
      Statement s,
      db.use("SELECT job_id,task_id,stage,attempt,name,sha256,size,commit_id,content_id,producer,"
             "generation,path,at FROM artifacts WHERE task_id=?1 ORDER BY id DESC"));
  s.bind_all(task.value);
  return read_all<ArtifactRecord>(s, artifact_row);
}

Result<std::vector<Approval>> Reading::approvals(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT task_id,stage,approved,actor,channel,reason,content_id,at"
                              " FROM approvals WHERE task_id=?1 ORDER BY id"));
  s.bind_all(task.value);
  return read_all<Approval>(s, approval_row);
}

Result<std::optional<PullRequest>> Reading::pull_request(TaskId task) {
  ORC_TRY(Statement s,
          db.use("SELECT number,task_id,repo,branch,base,title,head_commit,state,ci,ci_text"
                 " FROM pull_requests WHERE task_id=?1"));
  s.bind_all(task.value);
  return read_one<PullRequest>(s, [](const Statement& row) -> Result<PullRequest> {
    return PullRequest{.number = row.integer(0),
                       .task = TaskId{row.integer(1)},
                       .repo = row.text(2),
                       .branch = row.text(3),
                       .base = row.text(4),
                       .title = row.text(5),
                       .head_commit = row.text(6),
                       .state = row.text(7),
                       .ci = row.text(8),
                       .ci_text = row.text(9)};
  });
}

Result<std::vector<Event>> Reading::events(EventId after, TaskId task, int limit) {
  if (task.value == 0) {
    ORC_TRY(Statement all, db.use(sql::k_events));
    all.bind_all(after.value);
    return read_all<Event>(all, event_row, limit);
  }
  ORC_TRY(Statement s, db.use(sql::k_events_of_task));
  s.bind_all(after.value, task.value);
  return read_all<Event>(s, event_row, limit);
}

Result<EventId> Reading::last_event() {
  ORC_TRY(Statement s, db.use(sql::k_last_event));
  ORC_TRY(const auto id, read_one<EventId>(s, [](const Statement& row) -> Result<EventId> {
            return EventId{row.integer(0)};
          }));
  return id.value_or(EventId{});
}

Result<std::vector<OutcomeCount>> Reading::outcome_counts() {
  ORC_TRY(Statement s, db.use("SELECT stage,producer,outcome,reason,count FROM outcome_counts"));
  return read_all<OutcomeCount>(s, [](const Statement& row) -> Result<OutcomeCount> {
    OutcomeCount count{.producer = row.text(1),
                       .outcome = row.text(2),
                       .reason = row.text(3),
                       .count = row.integer(4)};
    ORC_TRY(count.stage, read_stage(row, 0, "outcome_counts", 0));
    return count;
  });
}

Result<std::vector<Alert>> Reading::open_alerts() {
  ORC_TRY(Statement s, db.use(sql::k_open_alerts));
  return read_all<Alert>(s, [](const Statement& row) -> Result<Alert> {
    return Alert{.id = row.integer(0),
                 .task = TaskId{row.integer(1)},
                 .work_item = row.text(2),
                 .condition = row.text(3),
                 .text = row.text(4),
                 .at = row.time(5)};
  });
}

Result<std::vector<PluginKill>> Reading::kills(WallTime now) {
  ORC_TRY(Statement s, db.use("SELECT plugin,repo,actor,reason,at,until FROM plugin_kills"
                              " WHERE until IS NULL OR until>?1 ORDER BY plugin,repo"));
  s.bind_all(now);
  return read_all<PluginKill>(s, [](const Statement& row) -> Result<PluginKill> {
    return PluginKill{.plugin = row.text(0),
                      .repo = row.text(1),
                      .actor = row.text(2),
                      .reason = row.text(3),
                      .at = row.time(4),
                      .until = row.time_or_null(5)};
  });
}

Result<std::optional<std::string>> Reading::delivery(const std::string& source,
                                                     const std::string& key) {
  ORC_TRY(Statement s, db.use("SELECT answer FROM deliveries WHERE source=?1 AND key=?2"));
  s.bind_all(source, key);
  return read_one<std::string>(
      s, [](const Statement& row) -> Result<std::string> { return row.text(0); });
}

Result<std::vector<OutboxItem>> Reading::due_outbox(WallTime now, int limit) {
  ORC_TRY(Statement s, db.use(sql::k_due_outbox));
  s.bind_all(now);
  const auto item = [](const Statement& row) -> Result<OutboxItem> {
    return OutboxItem{row.integer(0), row.text(1),  row.text(2),
                      row.text(3),    row.small(4), row.time(5)};
  };
  return read_all<OutboxItem>(s, item, limit);
}

}  // namespace orc::store
