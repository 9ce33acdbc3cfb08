// SPDX-License-Identifier: Apache-2.0
// What the claim, the queue page and the start-up read must cost the same with ten finished tasks
// and with a million: none of these statements may walk a table.
#include <algorithm>
#include <array>

#include "contract/store/fixture.h"
#include "store/sqlite/llm_sql.h"
#include "store/sqlite/queue_sql.h"
#include "unit/store/raw.h"

namespace orc::store {

namespace {

struct Expected {
  const char* name;
  const char* sql;
  const char* uses;
};
constexpr std::array k_statements{
    Expected{"running_jobs", sql::k_running_jobs, "SCAN j USING INDEX jobs_live"},
    Expected{"queued_jobs", sql::k_queued_jobs, "SCAN j USING INDEX jobs_queued"},
    Expected{"due_jobs", sql::k_due_jobs, "SCAN jobs USING COVERING INDEX jobs_queued"},
    Expected{"queued_job", sql::k_queued_job, "SEARCH j USING INTEGER PRIMARY KEY (rowid=?)"},
    Expected{"next_due", sql::k_next_due, "SEARCH jobs USING COVERING INDEX jobs_queued"},
    Expected{"live_job", sql::k_live_job, "SEARCH j USING INDEX jobs_live (task_id=?)"},
    Expected{"stage_counts", sql::k_stage_counts, "SCAN t USING INDEX tasks_open"},
    Expected{"open_tasks", sql::k_open_tasks,
             "SEARCH t USING INDEX tasks_open (state=? AND rowid>?)"},
    Expected{"open_task_on", sql::k_open_task_on,
             "SEARCH tasks USING INDEX tasks_open_branch (repo=? AND branch=?)"},
    Expected{"next_task_number", sql::k_next_task_number, "SEARCH tasks"},
    Expected{"events", sql::k_events, "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"},
    Expected{"events_of_task", sql::k_events_of_task,
             "SEARCH events USING INDEX events_of_task (task_id=? AND rowid>?)"},
    Expected{"open_alerts", sql::k_open_alerts, "SCAN a USING INDEX alerts_open"},
    Expected{"llm_spend_of_task", sql::k_llm_spend_of_task,
             "SEARCH agent_runs USING INDEX agent_runs_of_task (task_id=?)"},
    Expected{"llm_spend_of_time", sql::k_llm_spend_of_time,
             "SEARCH agent_runs USING INDEX agent_runs_by_time (started_at>? AND started_at<?)"},
    Expected{"due_outbox", sql::k_due_outbox, "SEARCH outbox USING INDEX outbox_due (due<?)"},
};

// A step that visits all rows of something that grows; a partial index, a subquery and the dozen
// rows of finished_tasks and the running jobs' reservations do not.
bool walks_a_table(const std::string& step) {
  return step.starts_with("SCAN") && step.find(" USING ") == std::string::npos &&
         step != "SCAN finished_tasks" && step != "SCAN llm_reservations";
}

}  // namespace

class QueryPlan : public StoreContract {
 protected:
  std::vector<std::string> plan_of(const char* sql) {
    return Raw(folder() / "orchestrator.db").column(std::string("EXPLAIN QUERY PLAN ") + sql);
  }
};

TEST_F(QueryPlan, UsesTheIndexThatHoldsOnlyWhatIsOpen) {
  for (const Expected& statement : k_statements) {
    const auto plan = plan_of(statement.sql);
    const auto uses = [&](const std::string& step) { return step.starts_with(statement.uses); };
    EXPECT_TRUE(std::any_of(plan.begin(), plan.end(), uses))
        << statement.name << ": " << ::testing::PrintToString(plan);
    EXPECT_TRUE(std::none_of(plan.begin(), plan.end(), walks_a_table))
        << statement.name << ": " << ::testing::PrintToString(plan);
  }
}

TEST_F(QueryPlan, SortsNothingThatCanBeLong) {
  for (const char* sql : {sql::k_due_jobs, sql::k_queued_jobs, sql::k_next_due, sql::k_events,
                          sql::k_events_of_task, sql::k_stage_counts, sql::k_due_outbox}) {
    for (const std::string& step : plan_of(sql)) {
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step << "\n" << sql;
    }
  }
}

}  // namespace orc::store
