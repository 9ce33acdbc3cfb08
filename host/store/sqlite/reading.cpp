// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/reading.h"

#include "store/sqlite/rows.h"

namespace orc::store {

namespace {

template <typename Record, typename Read>
Result<std::optional<Record>> read_one(Statement& statement, Read&& read) {
  ORC_TRY(const bool row, statement.step());
  if (!row) return std::optional<Record>();
  ORC_TRY(Record record, read(statement));
  return std::optional<Record>(std::move(record));
}

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

Result<DecisionRow> decision_row(const Statement& row) {
  DecisionRow one{.job = JobId{row.integer(0)}};
  const std::string word = row.text(3);
  const auto decision = parse_decision(word);
  if (!decision) {
    return Error{ErrorKind::malformed, "chain_decisions of job " + std::to_string(one.job.value) +
                                           ", decision: unknown word \"" + word + "\""};
  }
  one.decision = {row.small(1), row.text(2), *decision, row.text(4), row.text(5)};
  return one;
}

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

Result<AgentRun> agent_run_row(const Statement& row) {
  AgentRun run{.job = JobId{row.integer(0)}, .task = TaskId{row.integer(1)}};
  ORC_TRY(run.stage, read_stage(row, 2, "agent_runs of job", run.job.value));
  const auto role = parse_role(row.text(3));
  if (!role)
    return Error{ErrorKind::malformed, "agent_runs, role: unknown word \"" + row.text(3) + "\""};
  run.role = *role;
  run.program = row.text(4);
  run.program_version = row.text(5);
  run.model = row.text(6);
  run.effort = row.text(7);
  run.input_tokens = row.integer_or_null(8);
  run.output_tokens = row.integer_or_null(9);
  run.cache_read_tokens = row.integer_or_null(10);
  run.cache_write_tokens = row.integer_or_null(11);
  if (!row.is_null(12)) run.cost_usd = row.real(12);
  run.turns = row.integer_or_null(13);
  run.wall_ms = row.integer(14);
  run.complete = row.integer(15) != 0;
  run.result = row.text(16);
  run.started_at = row.time(17);
  return run;
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

Result<StageCount> stage_count_row(const Statement& row) {
  StageCount count{.running = row.integer(2) != 0, .count = row.integer(4), .oldest = row.time(5)};
  ORC_TRY(count.stage, read_stage(row, 0, "tasks", 0));
  const auto state = parse_task_state(row.text(1));
  if (!state)
    return Error{ErrorKind::malformed, "tasks, state: unknown word \"" + row.text(1) + "\""};
  count.state = *state;
  if (!row.is_null(3)) count.hold = parse_hold_class(row.text(3)).value_or(HoldClass::unknown);
  return count;
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
  ORC_TRY(Statement s,
          db.use("SELECT " ORC_TASK_COLUMNS " FROM " ORC_TASK_TABLES
                 " WHERE t.id>?1 AND (?2 IS NULL OR t.stage=?2) AND (?3 IS NULL OR t.state=?3)"
                 " AND (?4='' OR t.repo=?4) ORDER BY t.id LIMIT ?5"));
  s.bind_all(filter.after.value,
             filter.stage ? std::optional(to_string(*filter.stage)) : std::nullopt,
             filter.state ? std::optional(to_string(*filter.state)) : std::nullopt, filter.repo,
             filter.limit);
  return read_all<Task>(s, task_row);
}

Result<std::vector<LiveJob>> Reading::live_jobs(int limit) {
  ORC_TRY(Statement running,
          db.use("SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS " FROM " ORC_JOB_TABLES
                 " JOIN tasks t ON t.id=j.task_id LEFT JOIN task_requests r ON r.task_id=t.id"
                 " WHERE j.state='running' ORDER BY j.id LIMIT ?1"));
  running.bind_all(limit);
  ORC_TRY(std::vector<LiveJob> jobs, read_all<LiveJob>(running, live_job_row));
  ORC_TRY(Statement queued,
          db.use("SELECT " ORC_JOB_COLUMNS "," ORC_TASK_COLUMNS " FROM " ORC_JOB_TABLES
                 " JOIN tasks t ON t.id=j.task_id LEFT JOIN task_requests r ON r.task_id=t.id"
                 " WHERE j.state='queued' ORDER BY j.run_after,j.id LIMIT ?1"));
  queued.bind_all(limit - static_cast<int>(jobs.size()));
  ORC_TRY(std::vector<LiveJob> waiting, read_all<LiveJob>(queued, live_job_row));
  std::move(waiting.begin(), waiting.end(), std::back_inserter(jobs));
  return jobs;
}

Result<std::optional<Job>> Reading::live_job(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT " ORC_JOB_COLUMNS " FROM " ORC_JOB_TABLES
                              " WHERE j.task_id=?1 AND j.finished_at IS NULL"));
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

Result<std::vector<DecisionRow>> Reading::decisions(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT d.job_id,d.position,d.producer,d.decision,d.reason,d.text"
                              " FROM jobs j JOIN chain_decisions d ON d.job_id=j.id"
                              " WHERE j.task_id=?1 ORDER BY d.job_id,d.position"));
  s.bind_all(task.value);
  return read_all<DecisionRow>(s, decision_row);
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

Result<std::vector<AgentRun>> Reading::agent_runs(TaskId task) {
  ORC_TRY(
      Statement s,
      db.use("SELECT job_id,task_id,stage,role,program,program_version,model,effort,input_tokens,"
             "output_tokens,cache_read_tokens,cache_write_tokens,cost_usd,turns,wall_ms,complete,"
             "result,started_at FROM agent_runs WHERE task_id=?1 ORDER BY id"));
  s.bind_all(task.value);
  return read_all<AgentRun>(s, agent_run_row);
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
  static constexpr const char* k_all =
      "SELECT id,task_id,kind,actor,text,data,at FROM events WHERE id>?1 AND ?2=0 ORDER BY id "
      "LIMIT ?3";
  static constexpr const char* k_of_task =
      "SELECT id,task_id,kind,actor,text,data,at FROM events WHERE task_id=?2 AND id>?1 ORDER BY "
      "id LIMIT ?3";
  ORC_TRY(Statement s, db.use(task.value == 0 ? k_all : k_of_task));
  s.bind_all(after.value, task.value, limit);
  return read_all<Event>(s, event_row);
}

Result<std::vector<StageCount>> Reading::stage_counts() {
  ORC_TRY(Statement open,
          db.use("SELECT t.stage,t.state,coalesce(j.state='running',0),t.hold_class,count(*),"
                 "min(t.stage_since) FROM tasks t LEFT JOIN jobs j ON j.task_id=t.id AND"
                 " j.finished_at IS NULL WHERE t.state NOT IN ('done','cancelled')"
                 " GROUP BY 1,2,3,4"));
  ORC_TRY(std::vector<StageCount> counts, read_all<StageCount>(open, stage_count_row));
  ORC_TRY(Statement ended, db.use("SELECT state,count FROM ended_tasks"));
  while (true) {
    ORC_TRY(const bool row, ended.step());
    if (!row) return counts;
    const auto state = parse_task_state(ended.text(0));
    if (state) counts.push_back({.stage = Stage::done, .state = *state, .count = ended.integer(1)});
  }
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
  ORC_TRY(
      Statement s,
      db.use(
          "SELECT id,task_id,condition,text,at FROM alerts WHERE cleared_at IS NULL ORDER BY id"));
  return read_all<Alert>(s, [](const Statement& row) -> Result<Alert> {
    return Alert{.id = row.integer(0),
                 .task = TaskId{row.integer(1)},
                 .condition = row.text(2),
                 .text = row.text(3),
                 .at = row.time(4)};
  });
}

Result<std::vector<PluginKill>> Reading::kills(WallTime now) {
  ORC_TRY(Statement s, db.use("SELECT plugin,actor,reason,at,until FROM plugin_kills"
                              " WHERE until IS NULL OR until>?1 ORDER BY plugin"));
  s.bind_all(now);
  return read_all<PluginKill>(s, [](const Statement& row) -> Result<PluginKill> {
    return PluginKill{.plugin = row.text(0),
                      .actor = row.text(1),
                      .reason = row.text(2),
                      .at = row.time(3),
                      .until = row.time_or_null(4)};
  });
}

Result<std::optional<std::string>> Reading::delivery(const std::string& source,
                                                     const std::string& key) {
  ORC_TRY(Statement s, db.use("SELECT answer FROM deliveries WHERE source=?1 AND key=?2"));
  s.bind_all(source, key);
  return read_one<std::string>(
      s, [](const Statement& row) -> Result<std::string> { return row.text(0); });
}

}  // namespace orc::store
