// SPDX-License-Identifier: Apache-2.0
// What follows from what happened, as data: the task's next row, the job that is queued with it,
// the events and the alert. Every rule about budgets, holds, rollbacks and stages stands here;
// nothing here touches the store, a process or a file. Pure; any thread.
//
// clang-format off
//   outcome         | the stage | counts            | then
//   ----------------+-----------+-------------------+----------------------------------------------
//   gate passes     | on_pass   | all reset         | next job, or a human, or done
//   ... and an edge | stays     | infra_fail reset  | the next job of the edge; behind the last: on_pass
//   base moved      | stays     | none              | the edge from its start; tries spent: hold
//   gate fails      | on_fail   | code_fail + 1     | next job with the reason; spent: hold
//   gate waits      | stays     | none              | a ci job
//   gate holds      | stays     | none              | hold
//   broken contract | stays     | contract_fail + 1 | next attempt with the reason; spent: hold
//   deferred        | stays     | infra_fail + 1    | next attempt after a backoff; spent: hold
//   held, unknown   | stays     | none              | hold
//   nobody accepted | stays     | none              | hold
//   fault deciding  | stays     | none              | the rest of the chain, at once, in a fresh worker
//   failed run      | stays     | none              | one fresh attempt, then hold; never the next link
// clang-format on
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/edge.h"
#include "domain/event_kinds.h"
#include "domain/gates.h"
#include "domain/records.h"
#include "store/store.h"

namespace orc::engine {

struct EventDraft {
  EventKind kind;
  std::string text;
  std::string data = "{}";
};

struct AlertDraft {
  std::string condition;  // one alert per task and condition
  std::string text;
};

struct Followup {
  Task next;
  std::optional<store::NewJob> job;
  std::vector<EventDraft> events;
  std::optional<AlertDraft> alert;
  bool clears_alerts = false;
};

// The limits that apply to one task's job.
struct Budget {
  config::InfraRetry infra;  // of the producer that deferred
  int max_rollbacks = 3;
  int max_broken_artifacts = 2;
};

// The task at the door of `stage`: a job is queued, a human is asked, or it is done.
Followup enter_stage(Task task, Stage stage, WallTime now);

// `edge`: the gates that still stand between this gate and on_pass.
Followup after_gate(const Task& task, const Job& job, const GateDecision& gate,
                    const Budget& budget, WallTime now, const EdgePlan& edge = {});
// A job of the edge came to its own end, other than that the base branch had moved.
Followup after_edge(const Task& task, const Job& job, const EdgeResult& result,
                    const Budget& budget, const EdgePlan& edge, WallTime now);
// `moved`: how often it has during this visit of the stage, this time included.
Followup after_base_moved(const Task& task, const Job& job, const EdgeResult& result, int moved,
                          int most, WallTime now);
Followup after_deferral(const Task& task, const Job& job, const Deferred& deferred,
                        const Budget& budget, WallTime now);
Followup after_refusal(const Task& task, const Job& job, const Held& held);
Followup after_nobody(const Task& task, const Job& job,
                      const std::vector<ChainDecision>& decisions);
// `next_link`: the configured position behind the link that faulted.
Followup after_deciding_fault(const Task& task, const Job& job, const FaultWhileDeciding& fault,
                              int next_link, WallTime now);
// The job was not to blame and nobody is charged: it stays queued until `until`, at its link.
struct KeptBack {
  std::string reason;  // Job::reason
  std::string text;
  WallTime until;
  int first_link = 0;
};
Followup after_keeping_back(const Task& task, const Job& job, const KeptBack& kept);
Followup after_failed_run(const Task& task, const Job& job, const FailedRun& failed, WallTime now);

// The attempt was lost with its host, or nobody knows where (`job`: none): the next one starts at
// once, and the budget for infrastructure says how often.
Followup after_lost(const Task& task, const std::optional<Job>& job, const std::string& text,
                    const Budget& budget, WallTime now);

Followup put_on_hold(Task task, HoldClass hold, const std::string& reason);
// A human decided for the work at a human gate: along on_pass where the artifact was approved, to
// work where the production was confirmed.
Followup approved_by_human(const Task& task, WallTime now);
// A human sends the work back: at a human gate, along the stage's on_fail.
Followup sent_back(const Task& task, const std::string& actor, const std::string& reason,
                   WallTime now);
// The held task tries its stage again.
Followup try_again(Task task, WallTime now);

}  // namespace orc::engine
