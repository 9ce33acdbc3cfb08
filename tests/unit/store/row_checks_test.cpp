// SPDX-License-Identifier: Apache-2.0
// Each invariant over rows is broken once, past the program's guards, and must be named.
#include <algorithm>

#include "contract/store/fixture.h"
#include "store/row_audit.h"
#include "unit/store/raw.h"

namespace orc::store {

struct Planted {
  const char* check;
  const char* sql;
  const char* row;  // part of the row's name
};

class RowChecks : public StoreContract, public ::testing::WithParamInterface<Planted> {
 protected:
  std::filesystem::path file() const { return folder() / "orchestrator.db"; }

  void event(TaskId task, const std::string& from, const std::string& to,
             const std::string& reason) {
    must(store().append_event(
        {.task = task,
         .kind = "stage.transition",
         .actor = "engine",
         .text = from + " → " + to,
         .data = R"({"from":")" + from + R"(","to":")" + to + R"(","reason":")" + reason + R"("})",
         .at = k_now}));
  }
  // ORCH-1 passed review on recorded evidence, was sent back from testing, is in development, and
  // its job runs; ORCH-2 is held; ORCH-3 was cancelled.
  void make_a_history() {
    const HostIdentity host = recorded_host();
    Task task = new_task("ORCH-1", Stage::review);
    pass(host, task, Stage::review, Stage::testing, "gate_passed");
    pass(host, task, Stage::testing, Stage::development, "gate_failed");
    running_job(task.id, host, Stage::development);
    hold(new_task("ORCH-2"));
    Task cancelled = new_task("ORCH-3");
    Task next = cancelled;
    next.state = TaskState::cancelled;
    write(cancelled, next);
  }
  void pass(const HostIdentity& host, Task& task, Stage from, Stage to, const std::string& reason) {
    const Job job = running_job(task.id, host, from);
    Task next = task;
    next.stage = to;
    if (reason == "gate_failed") ++next.code_fail;
    JobEnd end = ended();
    end.stage = from;
    batch([&] {
      EXPECT_EQ(must(store().finish_job({job.id, 1, host.instance}, end)), Write::written);
      must(store().record_artifact({.job = job.id,
                                    .task = task.id,
                                    .stage = from,
                                    .attempt = 1,
                                    .name = "a.md",
                                    .at = k_now}));
      EXPECT_EQ(must(store().write_task({task.id, task.stage, task.state, task.rev}, next, k_now)),
                Write::written);
      event(task.id, std::string(to_string(from)), std::string(to_string(to)), reason);
      return Done{};
    });
    task = this->task(task.id);
  }
  void hold(const Task& task) {
    Task next = task;
    next.state = TaskState::held;
    next.hold = Hold{HoldClass::operator_hold, "because"};
    batch([&] {
      EXPECT_EQ(must(store().write_task({task.id, task.stage, task.state, task.rev}, next, k_now)),
                Write::written);
      return must(store().raise_alert(
          task.id, "held:" + std::string(to_string(HoldClass::operator_hold)), "because", k_now));
    });
  }
  std::vector<Violation> look(bool host_lives = true) {
    return must(must(open_sqlite_row_audit(file(), Millis{1000}))->check_rows(host_lives));
  }
  void edit(const std::string& sql) {
    Raw raw(file());
    ASSERT_EQ(
        raw.run(
            "PRAGMA ignore_check_constraints=ON; PRAGMA foreign_keys=OFF;"
            "DROP TRIGGER IF EXISTS events_unchanged; DROP TRIGGER IF EXISTS tasks_never_revived;"
            "DROP INDEX IF EXISTS jobs_live; DROP INDEX IF EXISTS alerts_open"),
        "");
    ASSERT_EQ(raw.run(sql), "") << sql;
  }
};

TEST_F(RowChecks, AHistoryThatTheStoreWroteBreaksNone) {
  make_a_history();
  for (const Violation& found : look())
    ADD_FAILURE() << found.check << ": " << found.row << ": " << found.problem;
}

TEST_P(RowChecks, NamesThePlantedRow) {
  make_a_history();
  edit(GetParam().sql);
  const std::vector<Violation> found = look();
  const auto named = std::find_if(found.begin(), found.end(),
                                  [](const Violation& v) { return v.check == GetParam().check; });
  ASSERT_NE(named, found.end()) << GetParam().check;
  EXPECT_NE(named->row.find(GetParam().row), std::string::npos) << named->row;
  EXPECT_NE(named->problem, "");
  EXPECT_NE(named->advice, "");
}

#define ORC_MOVE(task, from, to, why)                                 \
  "INSERT INTO events(task_id,kind,actor,text,data,at) VALUES(" #task \
  ",'stage.transition','e','', "                                      \
  "'{\"from\":\"" from "\",\"to\":\"" to "\",\"reason\":\"" why "\"}',1)"

INSTANTIATE_TEST_SUITE_P(
    Each, RowChecks,
    ::testing::Values(
        Planted{"references_lead_somewhere", "UPDATE jobs SET task_id=99 WHERE id=3", "jobs 3"},
        Planted{"a_job_ends_once", "UPDATE outcome_counts SET count=count+1 WHERE stage='review'",
                "outcome_counts review"},
        Planted{"an_agent_run_is_counted_once",
                "INSERT INTO agent_runs(job_id,task_id,stage,role,program,program_version,model,"
                "effort,wall_ms,complete,result,started_at) VALUES(1,1,'review','reviewer','p','1',"
                "'opus','high',1,1,'ok',1);UPDATE llm_totals SET runs=2",
                "llm_totals reviewer opus ok"},
        Planted{"attempts_follow_each_other", "UPDATE jobs SET attempt=3 WHERE id=3",
                "jobs 3-3 of ORCH-1"},
        Planted{"an_artifact_is_recorded_once",
                "INSERT INTO artifacts SELECT "
                "9,job_id,task_id,stage,attempt,name,sha256,size,commit_id,content_id,"
                "producer,generation,path,at FROM artifacts WHERE id=1",
                "job 1-1"},
        Planted{"transitions_are_readable", "UPDATE events SET data='{' WHERE id=1", "events 1"},
        Planted{"transitions_are_contiguous", ORC_MOVE(1, "review", "testing", "x"), "ORCH-1"},
        Planted{"the_last_transition_is_the_stage", ORC_MOVE(1, "development", "review", "x"),
                "ORCH-1"},
        Planted{"each_transition_was_one_write", "UPDATE tasks SET rev=2 WHERE id=1", "ORCH-1"},
        Planted{"transitions_are_legal", ORC_MOVE(1, "development", "deploy", "x"), "events 3"},
        Planted{"done_stays_done",
                ORC_MOVE(1, "development", "done", "x") ";" ORC_MOVE(1, "done", "development", "x"),
                "events 4 of ORCH-1"},
        Planted{"a_finished_task_has_no_live_job",
                "INSERT INTO "
                "jobs(task_id,kind,stage,attempt,first_link,failed_runs,state,run_after,created_at)"
                " VALUES(3,'produce','analysis',1,0,0,'queued',1,1)",
                "of ORCH-3"},
        Planted{"a_rollback_follows_a_verdict",
                ORC_MOVE(1, "development", "review", "x") ";" ORC_MOVE(
                    1, "review", "development",
                    "gate_failed") ";" ORC_MOVE(1, "development", "review",
                                                "x") ";" ORC_MOVE(1, "review", "development",
                                                                  "gate_failed"),
                "ORCH-1"},
        Planted{"only_rollbacks_are_counted", "UPDATE tasks SET code_fail=2 WHERE id=1", "ORCH-1"},
        Planted{"active_has_a_live_job", "UPDATE jobs SET task_id=2 WHERE id=3", "ORCH-1"},
        Planted{"waiting_has_no_live_job", "UPDATE jobs SET task_id=2 WHERE id=3", "of ORCH-2"},
        Planted{"a_live_job_is_of_the_tasks_stage", "UPDATE jobs SET stage='review' WHERE id=3",
                "of ORCH-1"},
        Planted{"a_hold_has_a_reason", "UPDATE tasks SET hold_reason='' WHERE id=2", "ORCH-2"},
        Planted{"a_running_job_has_a_live_owner",
                "INSERT INTO hosts(instance,pid,start_ticks,boot_id,version,started_at) "
                "VALUES('next',1,1,'b','1',1)",
                "of ORCH-1"},
        Planted{"a_lease_is_of_a_task_in_its_region",
                "INSERT INTO transition_leases(task_id,epoch,owner,holder,acquired_at) "
                "VALUES(1,1,1,'x',1)",
                "ORCH-1"},
        Planted{"a_pass_has_evidence",
                ORC_MOVE(1, "development", "review", "x") ";" ORC_MOVE(1, "review", "testing",
                                                                       "gate_passed"),
                "ORCH-1"},
        Planted{"what_landed_was_tested",
                "INSERT INTO merges(task_id,judged_by,repo,base,base_commit,branch_commit,"
                "commit_id,tree,content_id,state,at,settled_at)"
                " VALUES(1,1,'r','main','b','','c','t','untested','landed',1,1)",
                "merges 1 of ORCH-1"},
        Planted{"a_finished_task_has_no_open_deployment",
                "INSERT INTO deployments(task_id,job_id,repo,commit_id,confirmed_by,state,begun_at,"
                "updated_at) VALUES(3,1,'r','c','a','running',1,1)",
                "of ORCH-3"},
        Planted{"a_commit_is_deployed_once",
                "INSERT INTO deployments(task_id,job_id,repo,commit_id,confirmed_by,state,begun_at,"
                "updated_at) VALUES(3,1,'r','c','a','succeeded',1,1),"
                "(3,1,'r','c','a','succeeded',2,2)",
                "of ORCH-3"},
        Planted{"a_rollback_is_intended_once",
                "INSERT INTO events(task_id,kind,actor,text,data,at)"
                " VALUES(3,'monitor.rollback_intended','e','','{}',1)",
                "of ORCH-3"},
        Planted{"an_alert_is_open_once",
                "INSERT INTO alerts(task_id,condition,text,at) SELECT task_id,condition,text,at "
                "FROM alerts",
                "task 2"},
        Planted{"a_hold_has_an_alert", "UPDATE alerts SET cleared_at=1", "ORCH-2"},
        Planted{"a_finished_task_has_no_alert",
                "INSERT INTO alerts(task_id,condition,text,at) VALUES(3,'c','t',1)", "of ORCH-3"}),
    [](const auto& each) { return std::string(each.param.check); });

#undef ORC_MOVE

TEST_F(RowChecks, WithoutAHostARunningJobMayHaveAnEarlierOwner) {
  make_a_history();
  edit(
      "INSERT INTO hosts(instance,pid,start_ticks,boot_id,version,started_at) "
      "VALUES('next',1,1,'b','1',1)");
  for (const Violation& found : look(false))
    EXPECT_STRNE(found.check.c_str(), "a_running_job_has_a_live_owner");
}

TEST_F(RowChecks, EachCheckIsTriedHere) {
  // Damaged pages are planted with the tests of a damaged file.
  std::vector<std::string> tried{"pages_agree"};
  const auto* suite = ::testing::UnitTest::GetInstance();
  for (int i = 0; i < suite->total_test_suite_count(); ++i) {
    const auto* each = suite->GetTestSuite(i);
    if (std::string(each->name()).find("RowChecks") == std::string::npos) continue;
    for (int k = 0; k < each->total_test_count(); ++k) {
      const std::string name = each->GetTestInfo(k)->name();
      if (const auto slash = name.find('/'); slash != std::string::npos)
        tried.push_back(name.substr(slash + 1));
    }
  }
  for (const RowCheck& check : row_checks()) {
    EXPECT_NE(std::find(tried.begin(), tried.end(), check.name), tried.end()) << check.name;
  }
}

}  // namespace orc::store
