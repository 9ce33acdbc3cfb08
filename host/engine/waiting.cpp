// SPDX-License-Identifier: Apache-2.0
#include "base/enum_names.h"
#include "engine/ports.h"

namespace orc::engine {

namespace {

constexpr EnumNames<WaitCode, 11> k_wait_codes{{{WaitCode::no_free_worker, "no_free_worker"},
                                                {WaitCode::lease_held, "lease_held"},
                                                {WaitCode::human_gate, "human_gate"},
                                                {WaitCode::infra_backoff, "infra_backoff"},
                                                {WaitCode::infra_hold, "infra_hold"},
                                                {WaitCode::merge_lock, "merge_lock"},
                                                {WaitCode::budget, "budget"},
                                                {WaitCode::paused, "paused"},
                                                {WaitCode::draining, "draining"},
                                                {WaitCode::dependency, "dependency"},
                                                {WaitCode::unknown, "unknown"}}};

Waiting at_human_gate(const Task& task) {
  const StageRule* rule = find_rule(task.stage);
  const bool confirms = rule != nullptr && rule->human == HumanGate::before_production;
  return {.code = WaitCode::human_gate,
          .text = std::string("waits for you: ") +
                  (confirms ? "confirm the deploy"
                            : "approve the " + std::string(to_string(task.stage))),
          .next = "orchestrator task approve " + task.work_item};
}

Waiting on_hold(const Task& task) {
  const Hold hold = task.hold.value_or(Hold{});
  const bool surroundings = is_infrastructure(hold.hold);
  const bool by_environment =
      hold.hold == HoldClass::environment || hold.hold == HoldClass::infra_budget;
  const std::string_view what = by_environment ? "held by its environment, not by its code: "
                                : surroundings ? "held, and not blamed on the code: "
                                               : "held: ";
  const bool needs_retry = hold.hold == HoldClass::retry_budget;
  return {.code = surroundings ? WaitCode::infra_hold : WaitCode::human_gate,
          .text = std::string(what) + hold.reason,
          .next = std::string("orchestrator task ") + (needs_retry ? "retry " : "release ") +
                  task.work_item};
}

Waiting in_queue(const Job& job, int jobs_ahead, int workers, bool draining, WallTime now) {
  if (job.run_after > now) {
    const bool polls = job.reason == to_string(ReasonCode::in_progress);
    return {.code = polls ? WaitCode::dependency : WaitCode::infra_backoff,
            .text = job.text + "; next look in " + to_words(job.run_after - now),
            .until = job.run_after};
  }
  if (draining) {
    return {.code = WaitCode::draining,
            .text = "the host starts nothing new",
            .next = "orchestrator resume"};
  }
  return {
      .code = WaitCode::no_free_worker,
      .text = std::to_string(jobs_ahead) + " jobs ahead, " + std::to_string(workers) + " workers",
      .position = jobs_ahead + 1};
}

}  // namespace

std::string_view to_string(WaitCode code) {
  return name_in(k_wait_codes, code);
}

std::optional<Waiting> why_waiting(const Task& task, const std::optional<Job>& live_job,
                                   int jobs_ahead, int workers, bool draining, WallTime now) {
  switch (task.state) {
    case TaskState::done:
    case TaskState::cancelled:
      return std::nullopt;
    case TaskState::waiting_human:
      return at_human_gate(task);
    case TaskState::held:
      return on_hold(task);
    case TaskState::active:
      break;
  }
  if (live_job && live_job->state == JobState::running) return std::nullopt;
  if (live_job) return in_queue(*live_job, jobs_ahead, workers, draining, now);
  return Waiting{.code = WaitCode::unknown,
                 .text = "the reason cannot be derived: an active task without a live job"};
}

}  // namespace orc::engine
