// SPDX-License-Identifier: Apache-2.0
// Reading LLM runs: one by one, and added up for people.
#include "store/sqlite/reading.h"
#include "store/sqlite/rows.h"

#define ORC_RUN_COLUMNS                                                                         \
  "r.job_id,r.task_id,r.stage,r.role,r.program,r.program_version,r.model,r.effort,"              \
  "r.input_tokens,r.output_tokens,r.cache_read_tokens,r.cache_write_tokens,r.cost_usd,r.turns,"  \
  "r.wall_ms,r.complete,r.result,r.started_at,r.cost_estimated"

namespace orc::store {

namespace {

constexpr int k_run_columns = 19;

Result<Role> read_role(const Statement& row, int column) {
  const auto role = parse_role(row.text(column));
  if (role) return *role;
  return Error{ErrorKind::malformed, "agent_runs, role: unknown word \"" + row.text(column) + "\""};
}

Result<AgentRun> agent_run_row(const Statement& row) {
  AgentRun run{.job = JobId{row.integer(0)}, .task = TaskId{row.integer(1)}};
  ORC_TRY(run.stage, read_stage(row, 2, "agent_runs of job", run.job.value));
  ORC_TRY(run.role, read_role(row, 3));
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
  run.cost_estimated = row.integer(18) != 0;
  return run;
}

Result<UsageRow> usage_row(const Statement& row) {
  UsageRow usage{.model = row.text(2), .effort = row.text(3), .runs = row.integer(4), .ok = row.integer(5)};
  ORC_TRY(usage.role, read_role(row, 0));
  ORC_TRY(usage.stage, read_stage(row, 1, "agent_runs", 0));
  int column = 6;
  for (UsageSum* sum : {&usage.input_tokens, &usage.output_tokens, &usage.cache_read_tokens,
                        &usage.cache_write_tokens, &usage.cost_micro_usd}) {
    sum->sum = row.integer(column++);
    sum->told = row.integer(column++);
  }
  usage.cost_estimated = row.integer(column++);
  usage.wall_ms = row.integer(column);
  return usage;
}

}  // namespace

Result<std::vector<AgentRun>> Reading::agent_runs(TaskId task) {
  ORC_TRY(Statement s, db.use("SELECT " ORC_RUN_COLUMNS
                              " FROM agent_runs r WHERE r.task_id=?1 ORDER BY r.id"));
  s.bind_all(task.value);
  return read_all<AgentRun>(s, agent_run_row);
}

Result<std::vector<RunRow>> Reading::runs(const RunFilter& filter) {
  ORC_TRY(Statement s, db.use("SELECT " ORC_RUN_COLUMNS ",r.id,t.work_item"
                              " FROM agent_runs r JOIN tasks t ON t.id=r.task_id"
                              " WHERE (?1 IS NULL OR r.task_id=?1) AND (?2 IS NULL OR r.job_id=?2)"
                              " AND (?3=0 OR r.id<?3) ORDER BY r.id DESC LIMIT ?4"));
  std::optional<std::int64_t> task;
  std::optional<std::int64_t> job;
  if (filter.task) task = filter.task->value;
  if (filter.job) job = filter.job->value;
  s.bind_all(task, job, filter.before, filter.limit);
  return read_all<RunRow>(s, [](const Statement& row) -> Result<RunRow> {
    ORC_TRY(AgentRun run, agent_run_row(row));
    return RunRow{row.integer(k_run_columns), std::move(run), row.text(k_run_columns + 1)};
  });
}

Result<std::vector<UsageRow>> Reading::llm_usage(WallTime since) {
  ORC_TRY(Statement s,
          db.use("SELECT role,stage,model,effort,count(*),sum(result='ok'),"
                 "ifnull(sum(input_tokens),0),count(input_tokens),"
                 "ifnull(sum(output_tokens),0),count(output_tokens),"
                 "ifnull(sum(cache_read_tokens),0),count(cache_read_tokens),"
                 "ifnull(sum(cache_write_tokens),0),count(cache_write_tokens),"
                 "CAST(round(ifnull(sum(cost_usd),0)*1000000) AS INTEGER),count(cost_usd),"
                 "sum(cost_estimated),sum(wall_ms)"
                 " FROM agent_runs INDEXED BY agent_runs_by_time WHERE started_at>=?1"
                 " GROUP BY role,stage,model,effort ORDER BY role,stage,model,effort"));
  s.bind_all(since);
  return read_all<UsageRow>(s, usage_row);
}

// A verdict was made without a model where no run of one belongs to its job; a triage, which comes
// after it, made none.
Result<std::vector<VerdictCount>> Reading::verdict_counts(WallTime since) {
  ORC_TRY(Statement s,
          db.use("SELECT stage,sum(modelled),sum(1-modelled),"
                 "sum(iif(modelled,0,finished_at-started_at)) FROM"
                 " (SELECT j.stage,j.started_at,j.finished_at,EXISTS(SELECT 1 FROM agent_runs r"
                 "  WHERE r.task_id=j.task_id AND r.job_id=j.id) AND NOT EXISTS(SELECT 1 FROM"
                 "  shadow_runs s WHERE s.job_id=j.id AND s.purpose='triage') AS modelled FROM jobs j"
                 "  WHERE j.outcome='verdict' AND j.kind='produce' AND j.finished_at>=?1"
                 "  AND j.started_at IS NOT NULL)"
                 " GROUP BY stage"));
  s.bind_all(since);
  return read_all<VerdictCount>(s, [](const Statement& row) -> Result<VerdictCount> {
    VerdictCount count{.by_model = row.integer(1),
                       .without_model = row.integer(2),
                       .without_model_ms = row.integer(3)};
    ORC_TRY(count.stage, read_stage(row, 0, "jobs", 0));
    return count;
  });
}

}  // namespace orc::store
