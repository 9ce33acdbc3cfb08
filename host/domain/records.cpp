// SPDX-License-Identifier: Apache-2.0
#include "domain/records.h"

#include "base/enum_names.h"

namespace orc {

namespace {

constexpr EnumNames<TaskState, 5> k_task_states{{{TaskState::active, "active"},
                                                 {TaskState::waiting_human, "waiting_human"},
                                                 {TaskState::held, "held"},
                                                 {TaskState::done, "done"},
                                                 {TaskState::cancelled, "cancelled"}}};
constexpr EnumNames<JobKind, 8> k_job_kinds{{{JobKind::produce, "produce"},
                                             {JobKind::ci, "ci"},
                                             {JobKind::shadow, "shadow"},
                                             {JobKind::edge, "edge"},
                                             {JobKind::land, "land"},
                                             {JobKind::image, "image"},
                                             {JobKind::monitor, "monitor"},
                                             {JobKind::rollback, "rollback"}}};
constexpr EnumNames<JobState, 3> k_job_states{{{JobState::queued, "queued"},
                                               {JobState::running, "running"},
                                               {JobState::finished, "finished"}}};

}  // namespace

std::string_view to_string(TaskState state) {
  return name_in(k_task_states, state);
}
std::optional<TaskState> parse_task_state(std::string_view text) {
  return value_in(k_task_states, text);
}
std::string_view to_string(JobKind kind) {
  return name_in(k_job_kinds, kind);
}
std::optional<JobKind> parse_job_kind(std::string_view text) {
  return value_in(k_job_kinds, text);
}
std::string_view to_string(JobState state) {
  return name_in(k_job_states, state);
}
std::optional<JobState> parse_job_state(std::string_view text) {
  return value_in(k_job_states, text);
}

}  // namespace orc
