// SPDX-License-Identifier: Apache-2.0
#include "engine/monitoring.h"

#include <algorithm>
#include <iterator>

namespace orc::engine {

namespace {

constexpr const char* k_switched_off = "the monitor was switched off, or has left the configuration";

EventDraft told(const Monitor& monitor, std::string_view state, const std::string& text) {
  return {EventKind::of("monitor.", state), monitor.repo + ": " + text};
}

// One incident a deploy: the condition names the task.
AlertDraft alert(const Monitor& monitor, const std::string& what, const std::string& text) {
  return {what + ":" + monitor.work_item, monitor.repo + ", " + monitor.work_item + ": " + text};
}

std::vector<Sample> of_phase(const std::vector<Sample>& samples, bool before_deploy) {
  std::vector<Sample> kept;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(kept),
               [&](const Sample& sample) { return sample.before_deploy == before_deploy; });
  return kept;
}

MonitorStep ended(const Monitor& monitor, MonitorState state, const std::string& text,
                  WallTime now) {
  MonitorStep step{.next = monitor};
  step.next.state = state;
  step.next.text = text;
  step.next.ended_at = now;
  step.events.push_back(told(monitor, to_string(state), text));
  return step;
}

MonitorStep degraded(const Monitor& monitor, const std::string& text,
                     const gates::MonitorSettings& settings, WallTime now) {
  MonitorStep step = ended(monitor, MonitorState::degraded, text, now);
  std::string what = "degraded since the deploy of " + monitor.commit.substr(0, 12) + ": " + text;
  if (!settings.rollback.empty()) {
    step.next.rollback = RollbackState::intended;
    step.events.push_back(
        told(monitor, "rollback_intended", "the rollback command will run, once"));
    what += "; it is rolled back";
  }
  step.alert = alert(monitor, "degraded", what);
  return step;
}

}  // namespace

Sample sample_of(const JobOutcome& outcome, const Monitor& monitor, WallTime now) {
  const auto* sampled = std::get_if<Sampled>(&outcome);
  Sample sample = sampled != nullptr ? sampled->sample : Sample{.text = text_of(outcome)};
  sample.before_deploy = monitor.state == MonitorState::baseline;
  sample.at = now;
  return sample;
}

int baseline_taken(const std::vector<Sample>& samples) {
  return static_cast<int>(of_phase(samples, true).size());
}

MonitorStep after_deploy(const Monitor& monitor, const std::string& commit, bool deployed,
                         const gates::MonitorSettings& settings, bool is_on, WallTime now) {
  if (monitor.state != MonitorState::baseline) return {.next = monitor};
  if (!deployed) return ended(monitor, MonitorState::abandoned, "nothing was deployed", now);
  if (!is_on) return ended(monitor, MonitorState::abandoned, k_switched_off, now);
  MonitorStep step{.next = monitor};
  step.next.state = MonitorState::watching;
  step.next.commit = commit;
  step.next.until = now + settings.window;
  step.events.push_back(told(monitor, "watching", "watched for " + to_words(settings.window)));
  return step;
}

MonitorStep judge_window(const Monitor& monitor, const std::vector<Sample>& samples,
                         const gates::MonitorSettings& settings, bool is_on, WallTime now) {
  if (monitor.state != MonitorState::watching) return {.next = monitor};
  if (!is_on) return ended(monitor, MonitorState::unobserved, k_switched_off, now);
  const Judgement judgement = judge(of_phase(samples, true), of_phase(samples, false),
                                    settings.thresholds, now >= monitor.until);
  switch (judgement.state) {
    case MonitorState::degraded:
      return degraded(monitor, judgement.text, settings, now);
    case MonitorState::unobserved: {
      MonitorStep step = ended(monitor, judgement.state, judgement.text, now);
      step.alert = alert(monitor, "unobserved", judgement.text);
      return step;
    }
    case MonitorState::healthy: {
      MonitorStep step = ended(monitor, judgement.state, judgement.text, now);
      step.ends_earlier_incidents = true;
      return step;
    }
    case MonitorState::watching:
    case MonitorState::baseline:
    case MonitorState::superseded:
    case MonitorState::abandoned:
      break;
  }
  return {.next = monitor};
}

MonitorStep superseded_by(const Monitor& monitor, const std::string& work_item, WallTime now) {
  if (monitor.state != MonitorState::watching) return {.next = monitor};
  return ended(monitor, MonitorState::superseded, work_item + " is deployed", now);
}

MonitorStep after_rollback(const Monitor& monitor, const std::optional<JobOutcome>& outcome,
                           bool may_have_begun) {
  MonitorStep step{.next = monitor};
  if (monitor.rollback != RollbackState::intended) return step;
  const auto* known = outcome ? std::get_if<RolledBack>(&*outcome) : nullptr;
  step.next.rollback = known != nullptr ? known->state
                       : may_have_begun ? RollbackState::unknown
                                        : RollbackState::not_run;
  step.next.rollback_text = outcome ? text_of(*outcome) : "its worker is gone and left no report";
  const std::string state(to_string(step.next.rollback));
  step.events.push_back(told(monitor, "rollback_" + state, step.next.rollback_text));
  if (step.next.rollback == RollbackState::succeeded) return step;
  step.alert = alert(
      monitor, "rollback",
      "the rollback is not repeated, look what runs: " + state + ", " + step.next.rollback_text);
  return step;
}

}  // namespace orc::engine
