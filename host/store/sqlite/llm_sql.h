// SPDX-License-Identifier: Apache-2.0
// Adding up what LLM runs used: runs, tokens, cost in millionths of a dollar, wall time. ?1 and ?2
// stand in for tokens and cost that a run did not tell; a row of runs, a row of reservations.
#pragma once

#define ORC_LLM_SPEND                                                                 \
  "SELECT count(*),ifnull(sum(iif(input_tokens IS NULL AND output_tokens IS NULL,?1," \
  "ifnull(input_tokens,0)+ifnull(output_tokens,0)+ifnull(cache_read_tokens,0)"        \
  "+ifnull(cache_write_tokens,0))),0),"                                               \
  "ifnull(sum(iif(cost_usd IS NULL,?2,CAST(round(cost_usd*1000000) AS INTEGER))),0)," \
  "ifnull(sum(wall_ms),0)"
// A reservation of a job that ended counts no more: its agent runs stand in its place.
#define ORC_LLM_RUNS "(SELECT state FROM jobs WHERE id=llm_reservations.job_id)='running'"
#define ORC_LLM_RESERVED                                                            \
  " UNION ALL SELECT count(*),ifnull(sum(tokens),0),ifnull(sum(cost_micro_usd),0)," \
  "ifnull(sum(wall_ms),0) FROM llm_reservations WHERE " ORC_LLM_RUNS

namespace orc::store::sql {

// ?3 task
inline constexpr char k_llm_spend_of_task[] =
    ORC_LLM_SPEND " FROM agent_runs INDEXED BY agent_runs_of_task WHERE task_id=?3" ORC_LLM_RESERVED
                  " AND task_id=?3";
// ?3 from, ?4 to, ?5 role or NULL. A reservation belongs to the day in which it was made.
inline constexpr char k_llm_spend_of_time[] = ORC_LLM_SPEND
    " FROM agent_runs INDEXED BY agent_runs_by_time"
    " WHERE started_at>=?3 AND started_at<?4 AND (?5 IS NULL OR role=?5)" ORC_LLM_RESERVED
    " AND at>=?3 AND at<?4 AND (?5 IS NULL OR role=?5)";

// Before the next one is made.
inline constexpr char k_forget_llm_reservations[] =
    "DELETE FROM llm_reservations WHERE NOT " ORC_LLM_RUNS;

}  // namespace orc::store::sql
