// SPDX-License-Identifier: Apache-2.0
// The edge from staging to production: merges, the merge lock, gate runs, the coverage baseline.
#include "domain/edge.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

namespace {

#define ORC_MERGE_COLUMNS                                                                  \
  "id,task_id,judged_by,repo,base,base_commit,branch_commit,commit_id,tree,content_id,"    \
  "coverage,state,at,settled_at"

Result<Merge> merge_row(const Statement& row) {
  Merge merge{.id = row.integer(0),
              .task = TaskId{row.integer(1)},
              .judged_by = JobId{row.integer(2)},
              .repo = row.text(3),
              .base = row.text(4),
              .candidate = {.base_commit = row.text(5),
                            .branch_commit = row.text(6),
                            .commit = row.text(7),
                            .tree = row.text(8),
                            .content_id = row.text(9)},
              .at = row.time(12),
              .settled_at = row.time_or_null(13)};
  if (!row.is_null(10)) merge.candidate.coverage = row.real(10);
  const auto state = parse_merge_state(row.text(11));
  if (!state) {
    return Error{ErrorKind::malformed, "merges " + std::to_string(merge.id) +
                                           ", state: unknown word \"" + row.text(11) + "\""};
  }
  merge.state = *state;
  return merge;
}

// The gate and the result that two columns name.
template <typename Record>
Status read_words(const Statement& row, int first, const char* table, Record& record) {
  const auto gate = parse_edge_gate(row.text(first));
  const auto result = parse_gate_result(row.text(first + 1));
  if (!gate || !result) {
    return Error{ErrorKind::malformed, std::string(table) + ": unknown gate or result \"" +
                                           row.text(first) + " " + row.text(first + 1) + "\""};
  }
  record.gate = *gate;
  record.result = *result;
  return Done{};
}

Write won(int changed_rows) {
  return changed_rows == 1 ? Write::written : Write::lost;
}

}  // namespace

// --- reads -------------------------------------------------------------------------------------

Result<std::vector<Merge>> Reading::merges(TaskId task) {
  ORC_TRY(Statement s,
          db.use("SELECT " ORC_MERGE_COLUMNS " FROM merges WHERE task_id=?1 ORDER BY id DESC"));
  s.bind_all(task.value);
  return read_all<Merge>(s, merge_row);
}

Result<std::vector<GateRun>> Reading::gate_runs(TaskId task) {
  ORC_TRY(Statement s,
          db.use("SELECT g.gate,g.result,g.job_id,g.text,g.duration_ms,g.at FROM jobs j"
                 " JOIN gate_runs g ON g.job_id=j.id WHERE j.task_id=?1 ORDER BY g.id"));
  s.bind_all(task.value);
  return read_all<GateRun>(s, [](const Statement& row) -> Result<GateRun> {
    GateRun run{.job = JobId{row.integer(2)},
                .text = row.text(3),
                .duration = Millis{row.integer(4)},
                .at = row.time(5)};
    ORC_CHECK_OK(read_words(row, 0, "gate_runs", run));
    return run;
  });
}

Result<std::vector<GateCount>> Reading::gate_counts() {
  ORC_TRY(Statement s, db.use("SELECT gate,result,count FROM gate_counts"));
  return read_all<GateCount>(s, [](const Statement& row) -> Result<GateCount> {
    GateCount count{.count = row.integer(2)};
    ORC_CHECK_OK(read_words(row, 0, "gate_counts", count));
    return count;
  });
}

Result<std::vector<MergeSlot>> Reading::merge_slots() {
  ORC_TRY(Statement s, db.use("SELECT m.repo,m.task_id,t.work_item,m.taken_at FROM merge_slots m"
                              " JOIN tasks t ON t.id=m.task_id ORDER BY m.repo"));
  return read_all<MergeSlot>(s, [](const Statement& row) -> Result<MergeSlot> {
    return MergeSlot{row.text(0), TaskId{row.integer(1)}, row.text(2), row.time(3)};
  });
}

Result<std::vector<CoverageBaseline>> Reading::coverage_baselines() {
  ORC_TRY(Statement s, db.use("SELECT repo,percent,commit_id,at FROM coverage_baselines"));
  return read_all<CoverageBaseline>(s, [](const Statement& row) -> Result<CoverageBaseline> {
    return CoverageBaseline{row.text(0), row.real(1), row.text(2), row.time(3)};
  });
}

Result<std::vector<std::string>> Reading::tested_contents(TaskId task, const std::string& suite) {
  ORC_TRY(Statement s, db.use("SELECT content_id FROM tested_contents WHERE task_id=?1 AND"
                              " suite=?2 ORDER BY content_id"));
  s.bind_all(task.value, suite);
  return read_all<std::string>(
      s, [](const Statement& row) -> Result<std::string> { return row.text(0); });
}

// --- the merge lock ----------------------------------------------------------------------------

Result<Write> SqliteStore::take_merge_slot(const std::string& repo, TaskId task, WallTime now) {
  // A holder that is in no merge any more has none to finish: a hand on the file left the row.
  ORC_CHECK_OK(
      record("DELETE FROM merge_slots WHERE repo=?1 AND NOT EXISTS (SELECT 1 FROM tasks t"
             " WHERE t.id=merge_slots.task_id AND t.state='active' AND t.stage='deploy-staging')",
             repo));
  constexpr const char* k_mine = "SELECT 1 FROM merge_slots WHERE repo=?1 AND task_id=?2";
  ORC_TRY(const std::int64_t mine, db().number(k_mine, 0, repo, task.value));
  if (mine != 0) return Write::written;
  ORC_TRY(const int taken,
          change("INSERT INTO merge_slots VALUES(?1,?2,?3) ON CONFLICT DO NOTHING", repo,
                 task.value, now));
  return won(taken);
}

Result<Write> SqliteStore::leave_merge_slot(TaskId task, WallTime now) {
  constexpr const char* k_held = "SELECT count(*) FROM merge_slots WHERE task_id=?1";
  ORC_TRY(const std::int64_t held, db().number(k_held, 0, task.value));
  if (held == 0) return Write::lost;
  ORC_CHECK_OK(
      record("UPDATE jobs SET run_after=?2,reason='',text='' WHERE finished_at IS NULL"
             " AND state='queued' AND reason='merge_lock' AND task_id IN (SELECT id FROM tasks"
             " WHERE repo=(SELECT repo FROM merge_slots WHERE task_id=?1))",
             task.value, now));
  ORC_TRY(const int left, change("DELETE FROM merge_slots WHERE task_id=?1", task.value));
  return won(left);
}

// --- merges ------------------------------------------------------------------------------------

Status SqliteStore::record_tested(TaskId task, const std::string& suite,
                                  const std::string& content_id, JobId job, WallTime now) {
  return record("INSERT INTO tested_contents VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO NOTHING",
                task.value, suite, content_id, job.value, now);
}

Status SqliteStore::open_merge(const Merge& merge) {
  ORC_TRY(const Write withdrawn, settle_merge(merge.task, MergeState::withdrawn, merge.at));
  (void)withdrawn;
  const MergeCandidate& c = merge.candidate;
  return record("INSERT INTO merges(task_id,judged_by,repo,base,base_commit,branch_commit,"
                "commit_id,tree,content_id,coverage,state,at)"
                " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,'judged',?11)",
                merge.task.value, merge.judged_by.value, merge.repo, merge.base, c.base_commit,
                c.branch_commit, c.commit, c.tree, c.content_id, c.coverage, merge.at);
}

Result<Write> SqliteStore::settle_merge(TaskId task, MergeState state, WallTime now) {
  ORC_TRY(const int changed,
          change("UPDATE merges SET state=?2,settled_at=?3"
                 " WHERE task_id=?1 AND settled_at IS NULL",
                 task.value, to_string(state), now));
  return won(changed);
}

Status SqliteStore::raise_coverage(const std::string& repo, double percent,
                                   const std::string& commit, WallTime now) {
  return record("INSERT INTO coverage_baselines VALUES(?1,?2,?3,?4) ON CONFLICT(repo) DO UPDATE"
                " SET percent=?2,commit_id=?3,at=?4 WHERE percent<?2",
                repo, percent, commit, now);
}

Status SqliteStore::record_gate_run(const GateRun& run) {
  ORC_CHECK_OK(record(
      "INSERT INTO gate_runs(job_id,gate,result,text,duration_ms,at) VALUES(?1,?2,?3,?4,?5,?6)",
      run.job.value, to_string(run.gate), to_string(run.result), run.text,
      static_cast<std::int64_t>(run.duration.count()), run.at));
  return record("INSERT INTO gate_counts VALUES(?1,?2,1) ON CONFLICT DO UPDATE SET count=count+1",
                to_string(run.gate), to_string(run.result));
}

}  // namespace orc::store
