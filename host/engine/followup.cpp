// SPDX-License-Identifier: Apache-2.0
#include "engine/followup.h"

#include <algorithm>

#include "base/result.h"

namespace orc::engine {

namespace {

constexpr Millis k_longest_backoff{3'600'000};

store::NewJob fresh_job(const Task& task, WallTime now) {
  return {.task = task.id, .stage = task.stage, .attempt = 1, .run_after = now};
}

store::NewJob next_attempt(const Job& job, WallTime run_after) {
  return {.task = job.task,
          .kind = job.kind,
          .stage = job.stage,
          .attempt = job.attempt + 1,
          .run_after = run_after};
}

Millis backoff(const config::InfraRetry& infra, int failures) {
  Millis wait = infra.backoff;
  for (int i = 1; i < failures && wait < k_longest_backoff; ++i) wait *= 2;
  return std::min(wait, k_longest_backoff);
}

std::string stage_words(Stage from, Stage to) {
  return std::string(to_string(from)) + " → " + std::string(to_string(to));
}

// `gate`: which one decided; empty: the stage's own, or nobody.
EventDraft transition_event(Stage from, Stage to, std::string_view cause, const std::string& why,
                            std::string_view gate = "") {
  std::string data = R"({"from":")" + std::string(to_string(from)) + R"(","to":")" +
                     std::string(to_string(to)) + R"(","reason":")" + std::string(cause) + '"';
  if (!gate.empty()) data += R"(,"gate":")" + std::string(gate) + '"';
  return {"stage.transition", stage_words(from, to) + (why.empty() ? "" : ": " + why), data + "}"};
}

void reset_stage_budgets(Task& task) {
  task.contract_fail = 0;
  task.infra_fail = 0;
}

Followup advance(const Task& task, const std::string& why, WallTime now,
                 std::string_view gate = "") {
  const StageRule& rule = *find_rule(task.stage);
  Task next = task;
  next.feedback.clear();
  Followup followup = enter_stage(std::move(next), rule.on_pass, now);
  followup.events.insert(followup.events.begin(),
                         transition_event(task.stage, rule.on_pass, "gate_passed", why, gate));
  followup.clears_alerts = true;
  return followup;
}

// Back along on_fail with the reason in hand; a spent budget stops there and waits for a human.
Followup roll_back(const Task& task, const std::string& why, std::string_view cause,
                   int max_rollbacks, WallTime now, std::string_view gate = "") {
  const StageRule& rule = *find_rule(task.stage);
  Task next = task;
  next.feedback = why;
  Followup followup = enter_stage(std::move(next), rule.on_fail, now);
  followup.events.insert(followup.events.begin(),
                         transition_event(task.stage, rule.on_fail, cause, why, gate));
  if (followup.next.code_fail <= max_rollbacks) return followup;
  Followup held =
      put_on_hold(followup.next, HoldClass::retry_budget,
                  "sent back " + std::to_string(followup.next.code_fail) + " times, the limit is " +
                      std::to_string(max_rollbacks) + "; last: " + why);
  held.events.insert(held.events.begin(), followup.events.begin(), followup.events.end());
  return held;
}

Followup wait_for_human(Task task, const std::string& what) {
  Followup followup;
  task.state = TaskState::waiting_human;
  followup.next = std::move(task);
  followup.events.push_back({"task.waiting_human", what});
  followup.alert = AlertDraft{"human_gate:" + std::string(to_string(followup.next.stage)), what};
  return followup;
}

// The stage's own gate or a gate of the edge has passed, and the edge is not behind the task yet.
Followup next_step(const Task& task, const Job& job, JobKind step, const std::string& why,
                   WallTime now) {
  Followup followup;
  followup.next = task;
  followup.next.infra_fail = 0;
  followup.job = next_attempt(job, now);
  followup.job->kind = step;
  followup.events.push_back({"gate.passed", why});
  return followup;
}

Followup after_pass(const Task& task, const Job& job, const std::string& why, const EdgePlan& edge,
                    WallTime now) {
  const StageRule& rule = *find_rule(task.stage);
  if (const auto step = step_after(job.kind, edge))
    return next_step(task, job, *step, std::string(rule.gate) + ": " + why, now);
  if (rule.human != HumanGate::after_gate) return advance(task, why, now);
  Task next = task;
  reset_stage_budgets(next);
  return wait_for_human(std::move(next), "waits for a human to approve the " +
                                             std::string(to_string(task.stage)) + " (" + why + ")");
}

Followup after_fail(const Task& task, const std::string& why, const Budget& budget, WallTime now) {
  Task counted = task;
  ++counted.code_fail;
  return roll_back(counted, std::string(find_rule(task.stage)->gate) + ": " + why, "gate_failed",
                   budget.max_rollbacks, now);
}

Followup after_wait(const Task& task, const Job& job, const std::string& why, WallTime now) {
  Followup followup;
  followup.next = task;
  followup.job = next_attempt(job, now);
  followup.job->kind = JobKind::ci;
  followup.job->text = why;
  return followup;
}

Followup after_broken_contract(const Task& task, const Job& job, const std::string& why,
                               const Budget& budget, WallTime now) {
  Task next = task;
  ++next.contract_fail;
  next.feedback = "The artifact of this stage broke its contract: " + why;
  if (next.contract_fail > budget.max_broken_artifacts) {
    return put_on_hold(std::move(next), HoldClass::broken_artifact,
                       "the artifact broke its contract " + std::to_string(task.contract_fail + 1) +
                           " times; last: " + why);
  }
  Followup followup;
  followup.job = next_attempt(job, now);
  followup.job->text = "the artifact broke its contract: " + why;
  followup.events.push_back({"artifact.broken", why});
  followup.next = std::move(next);
  return followup;
}

HoldClass hold_class_of(ReasonCode reason) {
  switch (reason) {
    case ReasonCode::tool_missing:
    case ReasonCode::credentials:
    case ReasonCode::config:
      return HoldClass::environment;
    case ReasonCode::none:
    case ReasonCode::out_of_scope:
    case ReasonCode::no_contract:
    case ReasonCode::disabled:
    case ReasonCode::timeout:
    case ReasonCode::network:
    case ReasonCode::resource:
    case ReasonCode::busy:
    case ReasonCode::cancelled:
    case ReasonCode::in_progress:
    case ReasonCode::contract_broken:
    case ReasonCode::unknown:
      return HoldClass::unknown;
  }
  return HoldClass::unknown;
}

// Neither says anything about the surroundings: a human or the host stopped it, or it is simply not
// finished.
bool costs_no_budget(ReasonCode reason) {
  return reason == ReasonCode::in_progress || reason == ReasonCode::cancelled;
}

}  // namespace

Followup enter_stage(Task task, Stage stage, WallTime now) {
  const bool moved = task.stage != stage;
  task.stage = stage;
  task.state = TaskState::active;
  task.hold.reset();
  if (moved) task.stage_since = now;
  reset_stage_budgets(task);
  const StageRule* rule = find_rule(stage);
  if (rule == nullptr) {
    task.state = TaskState::done;
    return Followup{.next = std::move(task), .clears_alerts = true};
  }
  if (rule->human == HumanGate::before_production) {
    return wait_for_human(std::move(task),
                          "waits for a human to confirm the " + std::string(to_string(stage)));
  }
  Followup followup;
  followup.job = fresh_job(task, now);
  followup.next = std::move(task);
  return followup;
}

Followup after_gate(const Task& task, const Job& job, const GateDecision& gate,
                    const Budget& budget, WallTime now, const EdgePlan& edge) {
  return std::visit(overloaded{
                        [&](const GatePassed& d) {
                          return after_pass(task, job, d.text, edge, now);
                        },
                        [&](const GateFailed& d) { return after_fail(task, d.text, budget, now); },
                        [&](const GateWaits& d) { return after_wait(task, job, d.text, now); },
                        [&](const GateHolds& d) { return put_on_hold(task, d.hold, d.text); },
                        [&](const ContractBroken& d) {
                          return after_broken_contract(task, job, d.text, budget, now);
                        },
                    },
                    gate);
}

Followup after_edge(const Task& task, const Job& job, const EdgeResult& result,
                    const Budget& budget, const EdgePlan& edge, WallTime now) {
  const std::string gate = gate_name(result.gate);
  const std::string why = gate + ": " + result.text;
  switch (result.end) {
    case EdgeEnd::passed:
      if (const auto step = step_after(job.kind, edge))
        return next_step(task, job, *step, why, now);
      return advance(task, result.text, now, gate);
    case EdgeEnd::failed: {
      Task counted = task;
      ++counted.code_fail;
      return roll_back(counted, why, "gate_failed", budget.max_rollbacks, now, gate);
    }
    case EdgeEnd::blocked:
    case EdgeEnd::base_moved:  // has a function of its own
      break;
  }
  return put_on_hold(task, HoldClass::blocked, why);
}

Followup after_base_moved(const Task& task, const Job& job, const EdgeResult& result, int moved,
                          int most, WallTime now) {
  if (moved >= most) {
    return put_on_hold(task, HoldClass::infra_budget,
                       "merge_gate: the base branch moved under each of " +
                           std::to_string(moved) + " tries; last: " + result.text);
  }
  Followup followup;
  followup.next = task;
  followup.job = next_attempt(job, now);
  followup.job->kind = JobKind::edge;
  followup.job->text = result.text;
  followup.events.push_back({"merge.base_moved", result.text + "; try " + std::to_string(moved) +
                                                     " of " + std::to_string(most)});
  return followup;
}

Followup after_deferral(const Task& task, const Job& job, const Deferred& deferred,
                        const Budget& budget, WallTime now) {
  Task next = task;
  const bool free_of_charge = costs_no_budget(deferred.reason);
  if (!free_of_charge) ++next.infra_fail;
  if (next.infra_fail >= budget.infra.attempts && !free_of_charge) {
    return put_on_hold(std::move(next), HoldClass::infra_budget,
                       "did not run " + std::to_string(task.infra_fail + 1) + " times (" +
                           std::string(to_string(deferred.reason)) + "); last: " + deferred.text);
  }
  const Millis wait = std::max(deferred.retry_after,
                               free_of_charge ? Millis{0} : backoff(budget.infra, next.infra_fail));
  Followup followup;
  followup.job = next_attempt(job, now + wait);
  followup.job->reason = to_string(deferred.reason);
  followup.job->text = deferred.text;
  followup.job->resume_token = deferred.resume_token;
  if (!free_of_charge) {
    followup.events.push_back({"job.deferred", deferred.text + "; attempt " +
                                                   std::to_string(next.infra_fail) + " of " +
                                                   std::to_string(budget.infra.attempts) +
                                                   ", next in " + to_words(wait)});
  }
  followup.next = std::move(next);
  return followup;
}

Followup after_lost(const Task& task, const std::optional<Job>& job, const std::string& text,
                    const Budget& budget, WallTime now) {
  Task next = task;
  ++next.infra_fail;
  if (next.infra_fail >= budget.infra.attempts) {
    return put_on_hold(std::move(next), HoldClass::infra_budget,
                       "lost " + std::to_string(task.infra_fail + 1) + " times; last: " + text);
  }
  Followup followup;
  followup.job = job ? next_attempt(*job, now) : fresh_job(next, now);
  followup.job->text = text;
  followup.events.push_back({"job.lost", text + "; attempt " + std::to_string(next.infra_fail) +
                                             " of " + std::to_string(budget.infra.attempts)});
  followup.next = std::move(next);
  return followup;
}

Followup after_refusal(const Task& task, const Job&, const Held& held) {
  return put_on_hold(task, hold_class_of(held.reason),
                     std::string(to_string(held.reason)) + ": " + held.text);
}

Followup after_nobody(const Task& task, const Job&, const std::vector<ChainDecision>& decisions) {
  std::string reasons;
  for (const ChainDecision& decision : decisions) {
    if (!reasons.empty()) reasons += "; ";
    reasons += decision.producer + " " + std::string(to_string(decision.decision)) + " (" +
               decision.reason + (decision.text.empty() ? "" : ": " + decision.text) + ")";
  }
  return put_on_hold(task, HoldClass::no_producer,
                     "no producer accepted " + std::string(to_string(task.stage)) + ": " +
                         (reasons.empty() ? "the chain is empty" : reasons));
}

Followup after_deciding_fault(const Task& task, const Job& job, const FaultWhileDeciding& fault,
                              int next_link, WallTime now) {
  Followup followup;
  followup.next = task;
  followup.job = next_attempt(job, now);
  followup.job->first_link = next_link;
  followup.job->text = fault.text;
  followup.events.push_back({"producer.faulted", fault.text});
  return followup;
}

Followup after_keeping_back(const Task& task, const Job& job, const KeptBack& kept) {
  Followup followup;
  followup.next = task;
  followup.job = next_attempt(job, kept.until);
  followup.job->first_link = kept.first_link;
  followup.job->failed_runs = job.failed_runs;
  followup.job->reason = kept.reason;
  followup.job->text = kept.text;
  followup.events.push_back({"job.kept_back", kept.text});
  return followup;
}

Followup after_failed_run(const Task& task, const Job& job, const FailedRun& failed, WallTime now) {
  if (job.failed_runs > 0) {
    return put_on_hold(task, HoldClass::failed_run,
                       "failed twice after it had accepted: " + failed.text);
  }
  Followup followup;
  followup.next = task;
  followup.job = next_attempt(job, now);
  followup.job->failed_runs = job.failed_runs + 1;
  followup.job->first_link = job.first_link;
  followup.job->text = failed.text;
  followup.events.push_back({"producer.failed", failed.text});
  return followup;
}

Followup put_on_hold(Task task, HoldClass hold, const std::string& reason) {
  Followup followup;
  task.state = TaskState::held;
  task.hold = Hold{hold, reason};
  followup.next = std::move(task);
  followup.events.push_back({"task.held", std::string(to_string(hold)) + ": " + reason,
                             R"({"class":")" + std::string(to_string(hold)) + R"("})"});
  followup.alert = AlertDraft{"held:" + std::string(to_string(hold)), reason};
  return followup;
}

Followup approved_by_human(const Task& task, WallTime now) {
  if (find_rule(task.stage)->human == HumanGate::after_gate) return advance(task, "", now);
  Followup followup{.next = task, .job = fresh_job(task, now), .clears_alerts = true};
  followup.next.state = TaskState::active;
  return followup;
}

Followup sent_back(const Task& task, const std::string& actor, const std::string& reason,
                   WallTime now) {
  Task next = task;
  next.feedback = actor + " rejected the " + std::string(to_string(task.stage)) + ": " + reason;
  const Stage to = find_rule(task.stage)->on_fail;
  const std::string why = next.feedback;
  Followup followup = enter_stage(std::move(next), to, now);
  followup.events.insert(followup.events.begin(),
                         transition_event(task.stage, to, "operator", why));
  followup.clears_alerts = true;
  return followup;
}

Followup try_again(Task task, WallTime now) {
  const Stage stage = task.stage;
  Followup followup = enter_stage(std::move(task), stage, now);
  followup.clears_alerts = true;
  return followup;
}

}  // namespace orc::engine
