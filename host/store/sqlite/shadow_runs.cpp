// SPDX-License-Identifier: Apache-2.0
// The runs that decide nothing.
#include "store/sqlite/reading.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

constexpr const char* k_compare = "compare";
constexpr const char* k_triage = "triage";
constexpr char k_columns[] = "id,job_id,task_id,stage,producer,decider,decided,commit_id,run_id,purpose";

Result<ShadowRun> shadow_row(const Statement& row) {
  ShadowRun run{.id = row.integer(0)};
  run.what.job = JobId{row.integer(1)};
  run.what.task = TaskId{row.integer(2)};
  ORC_TRY(run.what.stage, read_stage(row, 3, "shadow_runs", run.id));
  run.what.producer = row.text(4);
  run.what.decider = row.text(5);
  run.what.decided = row.text(6);
  run.what.commit = row.text(7);
  run.run_id = row.text(8);
  if (row.text(9) == k_triage) run.what.purpose = ShadowPurpose::triage;
  return run;
}

Result<ShadowTally> tally_row(const Statement& row) {
  ShadowTally tally;
  ORC_TRY(tally.stage, read_stage(row, 0, "shadow_runs", 0));
  tally.producer = row.text(1);
  tally.decider = row.text(2);
  tally.decided = row.text(3);
  tally.outcome = row.text(4);
  tally.reason = row.text(5);
  tally.verdict = row.text(6);
  tally.count = row.integer(7);
  tally.shadow_ms = row.integer(8);
  tally.decider_ms = row.integer(9);
  tally.cost_usd = row.real(10);
  tally.costs_known = row.integer(11);
  return tally;
}

Result<ShadowDisagreement> disagreement_row(const Statement& row) {
  ShadowDisagreement one{.id = row.integer(0), .work_item = row.text(1)};
  ORC_TRY(one.stage, read_stage(row, 2, "shadow_runs", one.id));
  one.producer = row.text(3);
  one.decided = row.text(4);
  one.verdict = row.text(5);
  one.text = row.text(6);
  one.artifact = row.text(7);
  one.at = row.time(8);
  return one;
}

}  // namespace

Result<std::vector<ShadowRun>> Reading::open_shadows(int limit) {
  ORC_TRY(Statement s,
          db.use((std::string("SELECT ") + k_columns +
                  " FROM shadow_runs INDEXED BY shadow_runs_open WHERE finished_at IS NULL"
                  " ORDER BY id LIMIT ?1")
                     .c_str()));
  s.bind_all(limit);
  return read_all<ShadowRun>(s, shadow_row);
}

Result<std::vector<ShadowTally>> Reading::shadow_tallies() {
  ORC_TRY(Statement s,
          db.use("SELECT s.stage,s.producer,s.decider,s.decided,s.outcome,s.reason,s.verdict,"
                 "count(*),ifnull(sum(s.finished_at-s.started_at),0),"
                 "ifnull(sum(j.finished_at-j.started_at),0),"
                 "ifnull(sum(s.cost),0.0),count(s.cost) FROM"
                 " (SELECT *,(SELECT sum(a.cost_usd) FROM agent_runs a"
                 "   WHERE a.task_id=r.task_id AND a.job_id=r.job_id) AS cost"
                 "  FROM shadow_runs r WHERE r.finished_at IS NOT NULL AND r.purpose='compare') s"
                 " JOIN jobs j ON j.id=s.job_id"
                 " GROUP BY s.stage,s.producer,s.decider,s.decided,s.outcome,s.reason,s.verdict"));
  return read_all<ShadowTally>(s, tally_row);
}

Result<std::vector<ShadowDisagreement>> Reading::shadow_disagreements(int limit) {
  ORC_TRY(
      Statement s,
      db.use("SELECT s.id,t.work_item,s.stage,s.producer,s.decided,s.verdict,s.text,s.artifact,"
             "s.finished_at FROM shadow_runs s JOIN tasks t ON t.id=s.task_id"
             " WHERE s.outcome='verdict' AND s.verdict<>s.decided AND s.purpose='compare'"
             " ORDER BY s.id DESC LIMIT ?1"));
  s.bind_all(limit);
  return read_all<ShadowDisagreement>(s, disagreement_row);
}

Status SqliteStore::queue_shadow(const NewShadow& shadow, WallTime now) {
  return record(
      "INSERT INTO shadow_runs(job_id,task_id,stage,producer,decider,decided,commit_id,state,"
      "queued_at,purpose) VALUES(?1,?2,?3,?4,?5,?6,?7,'queued',?8,?9) ON CONFLICT DO NOTHING",
      shadow.job.value, shadow.task.value, to_string(shadow.stage), shadow.producer, shadow.decider,
      shadow.decided, shadow.commit, now,
      shadow.purpose == ShadowPurpose::triage ? k_triage : k_compare);
}

Result<int> SqliteStore::count_triages(WallTime since) {
  ORC_TRY(Statement s, db().use("SELECT count(*) FROM shadow_runs INDEXED BY triages"
                                " WHERE purpose='triage' AND queued_at>=?1"));
  s.bind_all(since);
  ORC_TRY(const bool found, s.step());
  return found ? s.small(0) : 0;
}

Status SqliteStore::start_shadow(std::int64_t id, const std::string& run_id, WallTime now) {
  return record(
      "UPDATE shadow_runs SET state='running',run_id=?2,started_at=?3"
      " WHERE id=?1 AND state='queued'",
      id, run_id, now);
}

Status SqliteStore::finish_shadow(std::int64_t id, const ShadowEnd& end) {
  return record(
      "UPDATE shadow_runs SET state='finished',finished_at=?2,outcome=?3,reason=?4,verdict=?5,"
      "text=?6,artifact=?7 WHERE id=?1 AND finished_at IS NULL",
      id, end.at, end.outcome, end.reason, end.verdict, end.text, end.artifact);
}

}  // namespace orc::store
