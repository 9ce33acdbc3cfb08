// SPDX-License-Identifier: Apache-2.0
// Where repeating changes nothing: a producer that meets one class of faults again and again is
// paused for everybody but one canary, a task whose failures repeat is held. A language model's
// provider has a gate of its own and is not asked here.
#include <algorithm>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/repeats.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

constexpr Millis k_look_again{1000};

std::string condition_of(const Breaker& breaker) {
  return "breaker:" + breaker.producer + ":" + std::string(to_string(breaker.reason));
}

bool is_deterministic(const config::Generation& generation, const std::string& producer) {
  const auto loaded = generation.plugins.find(producer);
  return loaded != generation.plugins.end() && !loaded->second.is_llm;
}

}  // namespace

// --- what a job's end says -----------------------------------------------------------------------

Status Engine::heed_breakers(const Worker& worker, const jobs::WorkerReport& report) {
  const std::string producer = producer_of(worker, report);
  if (!is_deterministic(*worker.generation, producer)) return Done{};
  const bool got_through = std::holds_alternative<Verdict>(report.outcome) ||
                           std::holds_alternative<EdgeResult>(report.outcome);
  if (got_through)
    return tell_closed(breakers_.close(producer, batch_.now), "a run came to its end");
  const ReasonCode reason = reason_of(report.outcome);
  const config::Config& config = generation_->config;
  const BreakerLimits& limits = config.breaker_limits;
  if (limits.faults == 0 || !is_class_of_faults(reason)) return Done{};
  if (!covers(config.breaker, config, worker.task.repo)) return Done{};
  const bool was_open = breakers_.open_of(producer).has_value();
  const Breaker breaker = breakers_.note_fault(producer, reason, limits, batch_.now);
  ORC_CHECK_OK(store_->put_breaker(breaker));
  if (!breaker.open || was_open) return Done{};
  const std::string text = to_words(breaker) + " within " + to_words(limits.window) +
                           "; its jobs wait, one at a time tries; last: " + text_of(report.outcome);
  log(LogLevel::warning, "breaker.opened", text, {{"task", worker.task.work_item}});
  ORC_CHECK_OK(note(TaskId{}, "breaker.opened", text, "engine"));
  Task nobody;
  nobody.rev = batch_.now.ms;  // two incidents of one class are two
  return raise(nobody, {condition_of(breaker), text});
}

Status Engine::tell_closed(const std::vector<Breaker>& closed, const std::string& why) {
  for (const Breaker& breaker : closed) {
    const std::string text = breaker.producer + " goes on after " +
                             std::string(to_string(breaker.reason)) + ": " + why;
    log(LogLevel::info, "breaker.closed", text);
    ORC_CHECK_OK(note(TaskId{}, "breaker.closed", text, "engine"));
    ORC_CHECK_OK(store_->clear_alert(TaskId{}, condition_of(breaker), batch_.now));
  }
  return put_breakers(closed);
}

// Those that wait look again.
Status Engine::put_breakers(const std::vector<Breaker>& changed) {
  if (changed.empty()) return Done{};
  for (const Breaker& breaker : changed) ORC_CHECK_OK(store_->put_breaker(breaker));
  ORC_TRY(const int recalled, store_->recall_jobs(k_waits_for_canary, batch_.now));
  (void)recalled;
  batch_.looks_for_due = true;
  return Done{};
}

// A new configuration may have mended what paused a producer.
Status Engine::retry_breakers(const config::Config& config) {
  if (!config.breaker.enabled || config.breaker_limits.faults == 0)
    return tell_closed(breakers_.close("", batch_.now), "switched off");
  return put_breakers(breakers_.try_now("", config.breaker_limits, batch_.now));
}

// --- what a claim has to ask ---------------------------------------------------------------------

Result<std::optional<Engine::Waits>> Engine::await_producer(const Task& task, const Job& job,
                                                            const ResolvedChain& chain) {
  using Nothing = std::optional<Waits>;
  if (const auto plugin = trust_.awaited(chain, *generation_)) {
    const std::string text = *plugin + " is tried on its fixtures before it is used";
    if (!goes_on(job)) return Nothing(Waits{k_until_called, k_waits_for_selftest, text});
    return Nothing(
        Waits{batch_.now + k_look_again, to_string(ReasonCode::in_progress), text});
  }
  if (chain.links.empty() || goes_on(job)) return Nothing();
  const std::string& producer = chain.links.front().plugin;
  const auto open = breakers_.open_of(producer);
  const config::Config& config = generation_->config;
  if (!open || !covers(config.breaker, config, task.repo)) return Nothing();
  const bool one_tries = std::any_of(workers_.begin(), workers_.end(), [&](const auto& running) {
    const Worker& worker = running.second;
    return !worker.links.empty() && worker.links.front().plugin == producer;
  });
  if (one_tries || batch_.now < open->next_try) {
    return Nothing(Waits{
        std::max(open->next_try, batch_.now + k_look_again), k_waits_for_canary,
        producer + " is paused after " + faults_in_words(*open) + "; one job at a time tries"});
  }
  for (const Breaker& tried : breakers_.send_canary(producer, batch_.now))
    ORC_CHECK_OK(store_->put_breaker(tried));
  ORC_CHECK_OK(
      note(task.id, "breaker.canary", "tries whether " + producer + " goes on", "engine"));
  return Nothing();
}

// --- a task that repeats itself
// -------------------------------------------------------------------

Status Engine::stop_repeating(const Worker& worker, const jobs::WorkerReport& report,
                              Followup& followup) {
  const Task& task = worker.task;
  const config::Config& config = generation_->config;
  const int times = config.breaker_repeats;
  // Whoever was lost with its host says nothing about what it did.
  if (times == 0 || worker.lost_with_host || !followup.job) return Done{};
  if (!covers(config.breaker, config, task.repo)) return Done{};
  const bool again = followup.next.stage == task.stage;
  const bool ran = task.stage == Stage::testing || task.stage == Stage::deploy_staging;
  const bool is_red = followup.next.code_fail > task.code_fail && ran &&
                      std::holds_alternative<Verdict>(report.outcome) &&
                      is_deterministic(*worker.generation, report.producer);
  if (!again && !is_red) return Done{};
  ORC_TRY(const std::vector<Job> jobs, store_->jobs(task.id));
  if (again) {
    if (const auto why = same_end_again(jobs, report.outcome, times))
      followup = put_on_hold(followup.next, HoldClass::infra_budget, *why);
    return Done{};
  }
  ORC_TRY(const std::vector<ArtifactRecord> artifacts, store_->artifacts(task.id));
  const auto why = same_failures_again(jobs, artifacts, report.made_on_content, times);
  if (!why) return Done{};
  Followup held = put_on_hold(followup.next, HoldClass::repeats, *why);
  held.events.insert(held.events.begin(), followup.events.begin(), followup.events.end());
  followup = std::move(held);
  return Done{};
}

}  // namespace orc::engine
