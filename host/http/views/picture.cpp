// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_outcome_words{{
    {"verdict", "suite_ran"},
    {"deferred", "transient_infra"},
    {"held", "permanent_env"},
    {"edge_result", "gates_ran"},
}};

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view outcome_word(std::string_view job_outcome) {
  for (const auto& [stored, word] : k_outcome_words) {
    if (stored == job_outcome) return word;
  }
  return job_outcome;
}

std::string_view state_word(TaskState state, bool running, const std::optional<HoldClass>& hold) {
  switch (state) {
    case TaskState::active:
      return running ? "running" : "queued";
    case TaskState::held:
      return hold && is_infrastructure(*hold) ? "infra_hold" : "held";
    case TaskState::waiting_human:
    case TaskState::done:
    case TaskState::cancelled:
      return to_string(state);
  }
  return "";
}

const Job* Picture::live_job(TaskId task) const {
  for (const store::LiveJob& row : live) {
    if (row.job.task == task) return &row.job;
  }
  return nullptr;
}

std::optional<engine::Waiting> Picture::why(const Task& task) const {
  int ahead = 0;
  for (const store::LiveJob& row : live) {
    if (row.job.task == task.id) return why(task, row.job, ahead);
    if (row.job.state == JobState::queued) ++ahead;
  }
  return why(task, std::nullopt, 0);
}

std::optional<engine::Waiting> Picture::why(const Task& task, const std::optional<Job>& own,
                                            int ahead) const {
  if (own && own->state == JobState::queued && own->reason == k_waits_at_serial_gate)
    return engine::at_serial_gate(ahead_at_serial_gate(task.id));
  return engine::why_waiting(task, own, ahead, workers, draining, now);
}

std::vector<SerialPlace> Picture::ahead_at_serial_gate(TaskId task) const {
  std::vector<SerialPlace> ahead;
  for (const SerialPlace& place : places) {
    if (!ahead.empty() && ahead.front().repo != place.repo) ahead.clear();
    if (place.task == task) return ahead;
    ahead.push_back(place);
  }
  return {};
}

std::string_view Picture::state_of(const Task& task) const {
  const Job* job = live_job(task.id);
  const bool running = job != nullptr && job->state == JobState::running;
  return state_word(task.state, running, task.hold ? std::optional(task.hold->hold) : std::nullopt);
}

const store::PluginKill* Picture::kill_of(const std::string& plugin) const {
  for (const store::PluginKill& kill : kills) {
    if (kill.plugin == plugin && kill.repo.empty()) return &kill;
  }
  return nullptr;
}

}  // namespace orc::http::views
