// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/enum_names.h"
#include "engine/ports.h"

namespace orc::engine {

namespace {

constexpr EnumNames<WaitCode, 12> k_wait_codes{{{WaitCode::no_free_worker, "no_free_worker"},
                                                {WaitCode::serial_gate, "serial_gate"},
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

// How a hold is told and what moves the task on, by class.
struct HoldWords {
  HoldClass hold;
  WaitCode code;
  std::string_view words;
  std::string_view next;  // before the work item
};

constexpr std::string_view k_release = "orchestrator task release ";
constexpr std::string_view k_retry = "orchestrator task retry ";

constexpr std::array k_hold_words{
    HoldWords{HoldClass::environment, WaitCode::infra_hold,
              "held by its environment, not by its code: ", k_release},
    HoldWords{HoldClass::infra_budget, WaitCode::infra_hold,
              "held by its environment, not by its code: ", k_release},
    HoldWords{HoldClass::unknown, WaitCode::infra_hold,
              "held, and not blamed on the code: ", k_release},
    HoldWords{HoldClass::failed_run, WaitCode::infra_hold,
              "held, and not blamed on the code: ", k_release},
    HoldWords{HoldClass::broken_artifact, WaitCode::human_gate, "held: ", k_release},
    HoldWords{HoldClass::no_producer, WaitCode::dependency, "held: ",
              "give the stage a producer, orchestrator reload, then: orchestrator task release "},
    HoldWords{HoldClass::retry_budget, WaitCode::human_gate, "held: ", k_retry},
    HoldWords{HoldClass::repeats, WaitCode::human_gate, "held: ", k_release},
    HoldWords{HoldClass::blocked, WaitCode::human_gate, "held: ", k_release},
    HoldWords{HoldClass::llm_budget, WaitCode::budget, "held, no LLM run fits its budget: ",
              k_release},
    HoldWords{HoldClass::operator_hold, WaitCode::paused, "held by ", k_release},
};

Waiting on_hold(const Task& task) {
  const Hold hold = task.hold.value_or(Hold{});
  for (const HoldWords& row : k_hold_words) {
    if (row.hold != hold.hold) continue;
    return {.code = row.code,
            .text = std::string(row.words) + hold.reason,
            .next = std::string(row.next) + task.work_item};
  }
  return {.code = WaitCode::unknown, .text = "held: " + hold.reason};
}

Waiting in_queue(const Job& job, int jobs_ahead, int workers, bool draining, WallTime now) {
  if (job.reason == k_waits_for_lease) {
    return {.code = WaitCode::lease_held, .text = job.text, .until = job.run_after};
  }
  if (job.reason == k_provider_paused) {
    return {.code = WaitCode::dependency, .text = job.text, .until = job.run_after};
  }
  if (job.reason == k_waits_for_merge_lock) {
    return {.code = WaitCode::merge_lock, .text = job.text, .until = job.run_after};
  }
  if (job.reason == k_waits_for_monitor) {
    return {.code = WaitCode::dependency, .text = job.text, .until = job.run_after};
  }
  if (job.reason == k_waits_for_selftest || job.reason == k_waits_for_canary) {
    const bool is_called = job.run_after == k_until_called;
    return {.code = WaitCode::dependency,
            .text = job.text,
            .until = is_called ? std::nullopt : std::optional(job.run_after)};
  }
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

Waiting at_serial_gate(const std::vector<SerialPlace>& ahead) {
  if (ahead.empty()) {
    return {.code = WaitCode::serial_gate,
            .text = "is called: first in line for its repository's deploy",
            .position = 1};
  }
  const SerialPlace& first = ahead.front();
  return {.code = WaitCode::serial_gate,
          .text = first.work_item + " is " +
                  (first.entered_at ? "between staging and production" : "first in line") +
                  " for " + first.repo + ", which takes one task at a time; " +
                  std::to_string(ahead.size()) + " ahead",
          .next = "orchestrator task why " + first.work_item,
          .position = static_cast<int>(ahead.size()) + 1};
}

}  // namespace orc::engine
