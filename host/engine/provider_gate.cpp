// SPDX-License-Identifier: Apache-2.0
#include "engine/provider_gate.h"

#include <algorithm>
#include <array>

namespace orc::engine {

namespace {

constexpr Millis k_first_wait{60'000};
constexpr Millis k_longest_wait{3'600'000};
constexpr Millis k_breaker_window{15 * 60'000};
constexpr std::size_t k_breaker_failures = 5;
constexpr int k_most_trials = 12;
constexpr int k_alert_after_trials = 2;
// One that is shut is opened by somebody; a lost word of that costs this much.
constexpr Millis k_look_again{3'600'000};

struct SignRow {
  std::string_view result;
  ProviderFinding finding;
};
// A result without a row says nothing about the provider.
constexpr std::array k_signs{
    SignRow{"ok", {ProviderSign::answered}},
    SignRow{"bad_artifact", {ProviderSign::answered}},
    SignRow{"context", {ProviderSign::answered}},
    SignRow{"refusal", {ProviderSign::answered}},
    SignRow{"output_limit", {ProviderSign::answered}},
    SignRow{"turn_limit", {ProviderSign::answered}},
    SignRow{"budget_limit", {ProviderSign::answered}},
    SignRow{"rate_limit", {ProviderSign::limited}},
    SignRow{"overload", {ProviderSign::failing}},
    SignRow{"server_error", {ProviderSign::failing}},
    SignRow{"network", {ProviderSign::failing}},
    SignRow{"auth", {ProviderSign::shut}},
    SignRow{"billing", {ProviderSign::shut}},
    SignRow{"usage_error", {ProviderSign::shut}},
    SignRow{"model_unavailable", {ProviderSign::shut, true}},
};

Millis wait_after(int failed_trials, Millis named) {
  Millis wait = std::max(k_first_wait, named);
  for (int i = 0; i < failed_trials && wait < k_longest_wait; ++i) wait *= 2;
  return std::min(wait, k_longest_wait);
}

std::string name_of(const ProviderKey& key) {
  return key.model.empty() ? key.plugin : key.plugin + " with " + key.model;
}

}  // namespace

ProviderFinding finding_of(std::string_view result) {
  for (const SignRow& row : k_signs) {
    if (row.result == result) return row.finding;
  }
  return {};
}

void ProviderGate::load(const std::vector<ProviderPause>& pauses) {
  for (auto& [key, state] : states_) state.pause.reset();
  for (const ProviderPause& pause : pauses) states_[{pause.plugin, pause.model}].pause = pause;
}

ProviderGate::Admission ProviderGate::ask(const std::string& plugin, const std::string& model,
                                          TaskId task, WallTime now,
                                          const std::function<bool(TaskId)>& is_alive) {
  Admission answer;
  for (const ProviderKey& key : {ProviderKey{plugin, ""}, ProviderKey{plugin, model}}) {
    const auto found = states_.find(key);
    if (found == states_.end() || !found->second.pause) continue;
    State& state = found->second;
    const std::string why = name_of(key) + " is kept from being asked (" + state.pause->cause +
                            "): " + state.pause->text;
    if (!state.pause->trial_at) return {Admission::Kind::wait, why, std::nullopt};
    if (*state.pause->trial_at > now) return {Admission::Kind::wait, why, state.pause->trial_at};
    if (state.trial && *state.trial != task && is_alive(*state.trial)) {
      return {Admission::Kind::wait,
              why + "; another job tries it", now + k_look_again};
    }
    state.trial = task;
    answer.kind = Admission::Kind::trial;
  }
  return answer;
}

ProviderGate::Change ProviderGate::note(const ProviderRun& run, WallTime now) {
  const ProviderFinding finding = finding_of(run.result);
  switch (finding.sign) {
    case ProviderSign::answered:
      return answered(run, now);
    case ProviderSign::limited:
    case ProviderSign::failing:
    case ProviderSign::shut:
      return refused(run, finding, now);
    case ProviderSign::nothing:
      break;
  }
  // A trial that told nothing leaves its place to the next job.
  Change change;
  for (auto& [key, state] : states_) {
    if (state.trial != run.task) continue;
    state.trial.reset();
    change.recalls = true;
  }
  return change;
}

ProviderGate::Change ProviderGate::answered(const ProviderRun& run, WallTime now) {
  Change change;
  for (const ProviderKey& key : {ProviderKey{run.plugin, ""}, ProviderKey{run.plugin, run.model}}) {
    State& state = states_[key];
    state.answered_at = now;
    state.failures.clear();
    state.trial.reset();
    if (!state.pause) continue;
    state.pause.reset();
    change.opened.push_back(key);
    change.recalls = true;
  }
  return change;
}

// The provider has answered others since this task met its last refusal: then it is this task's own
// trouble, and its own budget bounds it.
bool ProviderGate::fails_alone(const ProviderRun& run, const State& state, WallTime now) {
  const auto last = failed_at_.find(run.task);
  const bool alone =
      last != failed_at_.end() && state.answered_at && *state.answered_at > last->second;
  failed_at_[run.task] = now;
  return alone;
}

ProviderGate::Change ProviderGate::refused(const ProviderRun& run, const ProviderFinding& finding,
                                           WallTime now) {
  const ProviderKey key{run.plugin, finding.model_only ? run.model : ""};
  State& state = states_[key];
  Change change;
  if (fails_alone(run, state, now)) return change;

  while (!state.failures.empty() && state.failures.front().second + k_breaker_window < now) {
    state.failures.pop_front();
  }
  const bool is_new = std::none_of(state.failures.begin(), state.failures.end(),
                                   [&](const auto& failure) { return failure.first == run.job; });
  if (is_new) state.failures.emplace_back(run.job, now);
  const bool trips = finding.sign != ProviderSign::failing ||
                     state.failures.size() >= k_breaker_failures || state.pause;
  if (!trips) {
    change.keep_until = now + std::max(run.retry_after, k_first_wait / 2);
    return change;
  }

  ProviderPause pause = state.pause.value_or(
      ProviderPause{.plugin = key.plugin, .model = key.model, .since = now});
  if (state.pause && state.trial == run.task && is_new) ++pause.failed_trials;
  state.trial.reset();
  pause.cause = run.result;
  pause.text = run.text;
  const bool stays_shut = finding.sign == ProviderSign::shut || pause.failed_trials >= k_most_trials;
  pause.trial_at = stays_shut ? std::nullopt
                              : std::optional(now + wait_after(pause.failed_trials, run.retry_after));
  change.wants_alert = finding.sign != ProviderSign::limited ||
                       pause.failed_trials >= k_alert_after_trials;
  // Behind the others: whoever failed last is not the first to try.
  change.keep_until = pause.trial_at.value_or(now + k_look_again) + Millis{1000};
  state.pause = pause;
  change.closed.push_back(std::move(pause));
  return change;
}

ProviderGate::Change ProviderGate::try_now(const std::string& plugin, WallTime now) {
  Change change;
  for (auto& [key, state] : states_) {
    if ((!plugin.empty() && key.plugin != plugin) || !state.pause) continue;
    state.pause->trial_at = now;
    state.trial.reset();
    change.closed.push_back(*state.pause);
    change.recalls = true;
  }
  return change;
}

std::vector<ProviderPause> ProviderGate::pauses() const {
  std::vector<ProviderPause> all;
  for (const auto& [key, state] : states_) {
    if (state.pause) all.push_back(*state.pause);
  }
  return all;
}

}  // namespace orc::engine
