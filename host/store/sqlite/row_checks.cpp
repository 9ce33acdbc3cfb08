// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/row_checks.h"

#include <array>

#include "domain/stage.h"

namespace orc::store {

namespace {

// Two columns: the row's name and what is wrong. ?1, where used, is 1 while a host serves the
// database.
struct Check {
  RowCheck row;
  const char* sql;
  const char* advice;
};

#define ORC_TASK_NAME "'tasks '||t.id||' ('||t.work_item||')'"
#define ORC_JOB_NAME "'jobs '||j.id||'-'||j.attempt||' of '||t.work_item"
// One row a stage change: task, from, to, why, and the `to` before it.
#define ORC_MOVES                                                                           \
  "WITH moves AS (SELECT id,task_id,json_extract(data,'$.from') AS source,"                 \
  "json_extract(data,'$.to') AS target,json_extract(data,'$.reason') AS reason FROM events" \
  " WHERE kind='stage.transition' AND json_valid(data)) "

constexpr const char* k_restore =
    "restore a backup made before this, or export what is needed and start anew";
constexpr const char* k_report =
    "keep a copy of the state folder and report it: no step of the program writes this";
constexpr const char* k_why =
    "orchestrator task why TASK says what moves it; hold and release it if nothing does";

constexpr std::array k_checks{
    Check{{"DB", "pages_agree"},
          "SELECT 'database',quick_check FROM pragma_quick_check(20) WHERE quick_check<>'ok'",
          k_restore},
    Check{{"DB", "references_lead_somewhere"},
          "SELECT \"table\"||' '||coalesce(rowid,'?'),'refers to a row of '||parent||' that is not "
          "there'"
          " FROM pragma_foreign_key_check LIMIT 20",
          k_restore},
    Check{{"I1", "a_job_ends_once"},
          "WITH ended AS (SELECT stage,producer,outcome,reason,count(*) AS n FROM jobs WHERE "
          "state='finished'"
          " GROUP BY stage,producer,outcome,reason)"
          " SELECT 'outcome_counts '||c.stage||' '||c.producer||' '||c.outcome||' '||c.reason,"
          "'counts '||c.count||' ends, but '||coalesce(e.n,0)||' jobs ended so'"
          " FROM outcome_counts c LEFT JOIN ended e USING(stage,producer,outcome,reason) WHERE "
          "c.count IS NOT e.n"
          " UNION ALL SELECT 'jobs '||e.stage||' '||e.producer||' '||e.outcome||' '||e.reason,"
          "e.n||' jobs ended so, but none was counted' FROM ended e LEFT JOIN outcome_counts c"
          " USING(stage,producer,outcome,reason) WHERE c.count IS NULL",
          k_report},
    Check{
        {"I1", "an_agent_run_is_counted_once"},
        "WITH ran AS (SELECT role,model,effort,result,count(*) AS n FROM agent_runs GROUP BY"
        " role,model,effort,result)"
        " SELECT 'llm_totals '||c.role||' '||c.model||' '||c.result,"
        "'counts '||c.runs||' runs, but '||coalesce(r.n,0)||' are recorded'"
        " FROM llm_totals c LEFT JOIN ran r USING(role,model,effort,result) WHERE c.runs IS NOT r.n"
        " UNION ALL SELECT 'agent_runs '||r.role||' '||r.model||' '||r.result,"
        "r.n||' runs are recorded, but none was counted' FROM ran r LEFT JOIN llm_totals c"
        " USING(role,model,effort,result) WHERE c.runs IS NULL",
        k_report},
    Check{{"I1", "attempts_follow_each_other"},
          "SELECT " ORC_JOB_NAME
          ",'is attempt '||j.attempt||' of '||j.stage||' after attempt '||j.before||' of '||"
          "j.stage_before FROM (SELECT *,lag(attempt) OVER w AS before,lag(stage) OVER w AS "
          "stage_before FROM jobs"
          " WINDOW w AS (PARTITION BY task_id ORDER BY id)) j JOIN tasks t ON t.id=j.task_id"
          " WHERE j.attempt<>1 AND (j.before IS NULL OR j.stage<>j.stage_before OR "
          "j.attempt<>j.before+1)",
          k_report},
    Check{
        {"I1", "an_artifact_is_recorded_once"},
        "SELECT 'artifacts of job '||job_id||'-'||attempt,name||' is recorded '||count(*)||' times'"
        " FROM artifacts GROUP BY job_id,attempt,name HAVING count(*)>1",
        k_report},
    Check{{"I2", "transitions_are_readable"},
          "SELECT 'events '||id,'its data is no JSON object with from and to' FROM events WHERE "
          "kind='stage.transition'"
          " AND (NOT json_valid(data) OR json_extract(data,'$.from') IS NULL OR "
          "json_extract(data,'$.to') IS NULL)",
          k_restore},
    Check{{"I2", "transitions_are_contiguous"},
          ORC_MOVES "SELECT 'events '||m.id||' of '||t.work_item,'leaves '||m.source||', but the "
                    "task stood at '||m.before"
                    " FROM (SELECT *,lag(target) OVER (PARTITION BY task_id ORDER BY id) AS before "
                    "FROM moves) m"
                    " JOIN tasks t ON t.id=m.task_id WHERE m.before<>m.source",
          k_report},
    Check{{"I2", "the_last_transition_is_the_stage"},
          ORC_MOVES "SELECT " ORC_TASK_NAME
                    ",'stands at '||t.stage||', but its last transition led to '||m.target"
                    " FROM (SELECT *,row_number() OVER (PARTITION BY task_id ORDER BY id DESC) AS "
                    "back FROM moves) m"
                    " JOIN tasks t ON t.id=m.task_id WHERE m.back=1 AND m.target<>t.stage",
          k_report},
    Check{{"I2", "each_transition_was_one_write"},
          ORC_MOVES
          "SELECT " ORC_TASK_NAME
          ",'has revision '||t.rev||', too few for '||count(*)||' transitions'"
          " FROM tasks t JOIN moves m ON m.task_id=t.id GROUP BY t.id HAVING t.rev<1+count(*)",
          k_report},
    Check{{"I3", "done_stays_done"},
          ORC_MOVES "SELECT 'events '||m.id||' of '||t.work_item,'leads to '||m.target||' after "
                    "the task was done'"
                    " FROM (SELECT *,count(*) FILTER (WHERE target='done') OVER (PARTITION BY "
                    "task_id ORDER BY id"
                    " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS dones FROM moves) m"
                    " JOIN tasks t ON t.id=m.task_id WHERE m.dones>0",
          k_report},
    Check{{"I3", "a_finished_task_has_no_live_job"},
          "SELECT " ORC_JOB_NAME
          ",'is '||j.state||', but the task is '||t.state FROM jobs j JOIN tasks t ON"
          " t.id=j.task_id WHERE j.finished_at IS NULL AND t.finished_at IS NOT NULL",
          k_report},
    Check{{"I5", "a_rollback_follows_a_verdict"},
          ORC_MOVES
          "SELECT " ORC_TASK_NAME
          ",'was sent back from '||m.source||' '||count(*)||' times, but only '||"
          "(SELECT count(*) FROM jobs j WHERE j.task_id=t.id AND j.stage=m.source AND j.outcome IN"
          " ('verdict','ci_result','edge_result'))||' of its jobs there came to a verdict'"
          " FROM moves m JOIN tasks t ON t.id=m.task_id WHERE m.reason='gate_failed' GROUP BY "
          "t.id,m.source"
          " HAVING count(*)>(SELECT count(*) FROM jobs j WHERE j.task_id=t.id AND j.stage=m.source "
          "AND j.outcome IN"
          " ('verdict','ci_result','edge_result'))",
          k_report},
    Check{{"I5", "only_rollbacks_are_counted"},
          ORC_MOVES "SELECT " ORC_TASK_NAME
                    ",'counts '||t.code_fail||' faults of the code, but a gate sent it back '||"
                    "count(m.id)||' times' FROM tasks t LEFT JOIN moves m ON m.task_id=t.id AND "
                    "m.reason='gate_failed'"
                    " WHERE t.code_fail>0 GROUP BY t.id HAVING t.code_fail>count(m.id)",
          k_report},
    Check{{"I7", "active_has_a_live_job"},
          "SELECT " ORC_TASK_NAME ",'is active, but no job of it is queued or running' FROM tasks t"
          " WHERE t.state='active' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.task_id=t.id AND "
          "j.finished_at IS NULL)",
          k_why},
    Check{{"I7", "waiting_has_no_live_job"},
          "SELECT " ORC_JOB_NAME
          ",'is '||j.state||', but the task is '||t.state FROM jobs j JOIN tasks t ON"
          " t.id=j.task_id WHERE j.finished_at IS NULL AND t.state IN ('waiting_human','held')",
          k_report},
    Check{{"I7", "a_live_job_is_of_the_tasks_stage"},
          "SELECT " ORC_JOB_NAME
          ",'is for '||j.stage||', but the task stands at '||t.stage FROM jobs j JOIN tasks t"
          " ON t.id=j.task_id WHERE j.finished_at IS NULL AND j.stage<>t.stage",
          k_report},
    Check{{"I7", "a_hold_has_a_reason"},
          "SELECT " ORC_TASK_NAME
          ",'is held, class '||t.hold_class||', without a reason' FROM tasks t"
          " WHERE t.state='held' AND coalesce(t.hold_reason,'')=''",
          k_report},
    Check{{"I7", "a_running_job_has_a_live_owner"},
          "SELECT " ORC_JOB_NAME
          ",'is owned by an earlier host, process '||h.pid FROM jobs j JOIN tasks t ON"
          " t.id=j.task_id LEFT JOIN hosts h ON h.id=j.owner"
          " WHERE ?1=1 AND j.state='running' AND j.owner<>(SELECT max(id) FROM hosts)",
          "restart the host: a start adopts, finishes or re-queues every running job"},
    Check{{"I7", "a_lease_is_of_a_task_in_its_region"},
          "SELECT 'transition_leases '||l.task_id||' ('||t.work_item||')','is held, but the task "
          "stands at '||"
          "t.stage||', '||t.state FROM transition_leases l JOIN tasks t ON t.id=l.task_id"
          " WHERE l.owner IS NOT NULL AND (t.stage NOT IN ('deploy-staging','deploy') OR "
          "t.finished_at IS NOT NULL)",
          "orchestrator lease release TASK"},
    Check{{"I8", "a_pass_has_evidence"},
          ORC_MOVES
          "SELECT " ORC_TASK_NAME
          ",'passed '||m.source||' '||count(*)||' times on '||(SELECT count(DISTINCT a.job_id)"
          " FROM artifacts a JOIN jobs j ON j.id=a.job_id AND j.attempt=a.attempt WHERE "
          "a.task_id=t.id AND"
          " a.stage=m.source AND j.outcome='verdict')||' recorded verdicts'"
          " FROM moves m JOIN tasks t ON t.id=m.task_id WHERE m.reason='gate_passed' AND "
          "m.source<>'development'"
          " GROUP BY t.id,m.source HAVING count(*)>(SELECT count(DISTINCT a.job_id) FROM artifacts "
          "a JOIN jobs j ON"
          " j.id=a.job_id AND j.attempt=a.attempt WHERE a.task_id=t.id AND a.stage=m.source AND "
          "j.outcome='verdict')",
          "do not deploy it; hold the task and look at its timeline"},
    Check{{"I4", "what_landed_was_tested"},
          "SELECT 'merges '||m.id||' of '||t.work_item,'landed '||m.commit_id||', whose content '||"
          "m.content_id||' passed no test of the task' FROM merges m JOIN tasks t ON t.id=m.task_id"
          " WHERE m.state='landed' AND NOT EXISTS (SELECT 1 FROM tested_contents c WHERE"
          " c.task_id=m.task_id AND c.content_id=m.content_id)",
          "compare that commit with the tests' reports; hold the task until somebody has"},
    Check{{"I9", "a_finished_task_has_no_open_deployment"},
          "SELECT 'deployments '||d.id||' of '||t.work_item,'is '||d.state||', but the task is "
          "'||t.state FROM deployments d JOIN tasks t ON t.id=d.task_id"
          " WHERE t.finished_at IS NOT NULL AND d.state IN ('intended','running')",
          k_report},
    Check{{"I9", "a_commit_is_deployed_once"},
          "SELECT 'deployments of '||t.work_item,'commit '||d.commit_id||' was deployed '||count(*)"
          "||' times' FROM deployments d JOIN tasks t ON t.id=d.task_id"
          " WHERE d.state='succeeded' AND d.commit_id<>'' GROUP BY d.task_id,d.commit_id"
          " HAVING count(*)>1",
          k_report},
    Check{{"I9", "a_rollback_is_intended_once"},
          "SELECT 'monitors of '||t.work_item,'tell of '||count(e.id)||' rollbacks, but '||"
          "(SELECT count(*) FROM monitors m WHERE m.task_id=t.id AND m.rollback<>'none')"
          "||' are written down' FROM events e JOIN tasks t ON t.id=e.task_id"
          " WHERE e.kind='monitor.rollback_intended' GROUP BY t.id HAVING count(e.id)<>"
          "(SELECT count(*) FROM monitors m WHERE m.task_id=t.id AND m.rollback<>'none')",
          k_report},
    Check{{"I11", "an_alert_is_open_once"},
          "SELECT 'alerts of task '||task_id,condition||' is open '||count(*)||' times' FROM alerts"
          " WHERE cleared_at IS NULL GROUP BY task_id,condition HAVING count(*)>1",
          k_report},
    Check{{"I11", "a_hold_has_an_alert"},
          "SELECT " ORC_TASK_NAME
          ",'is held, class '||t.hold_class||', but no alert of it is open' FROM tasks t"
          " WHERE t.state='held' AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.task_id=t.id AND"
          " a.cleared_at IS NULL)",
          k_report},
    Check{{"I11", "a_finished_task_has_no_alert"},
          "SELECT 'alerts '||a.id||' of '||t.work_item,a.condition||' is open, but the task is "
          "'||t.state"
          " FROM alerts a JOIN tasks t ON t.id=a.task_id WHERE a.cleared_at IS NULL AND "
          "t.finished_at IS NOT NULL",
          k_report},
};

#undef ORC_TASK_NAME
#undef ORC_JOB_NAME
#undef ORC_MOVES

constexpr RowCheck k_legal{"I2", "transitions_are_legal"};

Status run(Database& db, const Check& check, bool host_lives, std::vector<Violation>& found) {
  ORC_TRY(Statement rows, db.use(check.sql));
  rows.bind(1, host_lives);  // where there is no ?1, SQLite says so and nothing happens
  while (true) {
    ORC_TRY(const bool more, rows.step());
    if (!more) return Done{};
    found.push_back(
        {check.row.invariant, check.row.name, rows.text(0), rows.text(1), check.advice});
  }
}

// The transition table lives in the program, not in the file.
Status check_legal(Database& db, std::vector<Violation>& found) {
  ORC_TRY(Statement rows, db.use("SELECT id,coalesce(json_extract(data,'$.from'),''),"
                                 "coalesce(json_extract(data,'$.to'),'') FROM events"
                                 " WHERE kind='stage.transition' AND json_valid(data)"));
  while (true) {
    ORC_TRY(const bool more, rows.step());
    if (!more) return Done{};
    const auto from = parse_stage(rows.text(1));
    const auto to = parse_stage(rows.text(2));
    if (from && to && is_legal_transition(*from, *to)) continue;
    found.push_back({k_legal.invariant, k_legal.name, "events " + rows.text(0),
                     "no row of the stage table leads from " + rows.text(1) + " to " + rows.text(2),
                     k_report});
  }
}

}  // namespace

const std::vector<RowCheck>& row_checks() {
  static const std::vector<RowCheck> all = [] {
    std::vector<RowCheck> checks;
    for (const Check& check : k_checks) checks.push_back(check.row);
    checks.push_back(k_legal);
    return checks;
  }();
  return all;
}

Result<std::vector<Violation>> check_rows(Database& db, bool host_lives) {
  std::vector<Violation> found;
  for (const Check& check : k_checks) ORC_CHECK_OK(run(db, check, host_lives, found));
  ORC_CHECK_OK(check_legal(db, found));
  return found;
}

}  // namespace orc::store
