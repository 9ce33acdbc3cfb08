// SPDX-License-Identifier: Apache-2.0
// What keeps LLM runs back: reservations, spending, and providers that answer nobody.
#include "store/sqlite/llm_sql.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/writing.h"

namespace orc::store {

Result<std::vector<ProviderPause>> Reading::provider_pauses() {
  ORC_TRY(Statement s, db.use("SELECT plugin,model,cause,text,since,trial_at,failed_trials"
                              " FROM provider_pauses ORDER BY plugin,model"));
  return read_all<ProviderPause>(s, [](const Statement& row) -> Result<ProviderPause> {
    return ProviderPause{.plugin = row.text(0),
                         .model = row.text(1),
                         .cause = row.text(2),
                         .text = row.text(3),
                         .since = row.time(4),
                         .trial_at = row.time_or_null(5),
                         .failed_trials = row.small(6)};
  });
}

Result<LlmAmount> Reading::llm_spend(const LlmScope& scope, const LlmAmount& unknown) {
  ORC_TRY(Statement s, db.use(scope.task ? sql::k_llm_spend_of_task : sql::k_llm_spend_of_time));
  std::optional<std::string_view> role;
  if (scope.role) role = to_string(*scope.role);
  if (scope.task) {
    s.bind_all(unknown.tokens, unknown.cost_micro_usd, scope.task->value);
  } else {
    s.bind_all(unknown.tokens, unknown.cost_micro_usd, scope.from, scope.to, role);
  }
  LlmAmount sum;
  while (true) {
    ORC_TRY(const bool row, s.step());
    if (!row) return sum;
    sum.runs += s.integer(0);
    sum.tokens += s.integer(1);
    sum.cost_micro_usd += s.integer(2);
    sum.wall_ms += s.integer(3);
  }
}

Result<std::vector<LlmTotal>> Reading::llm_totals() {
  ORC_TRY(Statement s,
          db.use("SELECT role,model,effort,result,runs,input_tokens,output_tokens,"
                 "cache_read_tokens,cache_write_tokens,cost_micro_usd FROM llm_totals"));
  return read_all<LlmTotal>(s, [](const Statement& row) -> Result<LlmTotal> {
    return LlmTotal{.role = row.text(0),
                    .model = row.text(1),
                    .effort = row.text(2),
                    .result = row.text(3),
                    .runs = row.integer(4),
                    .input_tokens = row.integer(5),
                    .output_tokens = row.integer(6),
                    .cache_read_tokens = row.integer(7),
                    .cache_write_tokens = row.integer(8),
                    .cost_micro_usd = row.integer(9)};
  });
}

Status SqliteStore::reserve_llm(const Job& job, Role role, const LlmAmount& amount, WallTime now) {
  ORC_CHECK_OK(record(sql::k_forget_llm_reservations));
  return record("INSERT OR REPLACE INTO llm_reservations VALUES(?1,?2,?3,?4,?5,?6,?7)",
                job.id.value, job.task.value, to_string(role), now, amount.tokens,
                amount.cost_micro_usd, amount.wall_ms);
}

Status SqliteStore::put_provider_pause(const ProviderPause& p) {
  return record("INSERT OR REPLACE INTO provider_pauses VALUES(?1,?2,?3,?4,?5,?6,?7)", p.plugin,
                p.model, p.cause, p.text, p.since, p.trial_at, p.failed_trials);
}

Status SqliteStore::remove_provider_pause(const std::string& plugin, const std::string& model) {
  return record("DELETE FROM provider_pauses WHERE plugin=?1 AND model=?2", plugin, model);
}

Result<int> SqliteStore::recall_jobs(std::string_view reason, WallTime now) {
  return change("UPDATE jobs INDEXED BY jobs_queued SET run_after=?2,reason='',text=''"
                " WHERE state='queued' AND reason=?1 AND run_after>?2",
                reason, now);
}

}  // namespace orc::store
