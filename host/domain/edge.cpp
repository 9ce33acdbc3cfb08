// SPDX-License-Identifier: Apache-2.0
#include "domain/edge.h"

#include <algorithm>

#include "base/enum_names.h"

namespace orc {

namespace {

constexpr EnumNames<GateResult, 4> k_results{{{GateResult::passed, "passed"},
                                              {GateResult::failed, "failed"},
                                              {GateResult::blocked, "blocked"},
                                              {GateResult::not_run, "not_run"}}};
constexpr EnumNames<EdgeEnd, 4> k_ends{{{EdgeEnd::passed, "passed"},
                                        {EdgeEnd::failed, "failed"},
                                        {EdgeEnd::blocked, "blocked"},
                                        {EdgeEnd::base_moved, "base_moved"}}};
constexpr EnumNames<MergeState, 4> k_merge_states{{{MergeState::judged, "judged"},
                                                   {MergeState::landed, "landed"},
                                                   {MergeState::base_moved, "base_moved"},
                                                   {MergeState::withdrawn, "withdrawn"}}};

bool is_wanted(JobKind kind, const EdgePlan& plan) {
  // Landing is the merge gate's second half.
  if (kind == JobKind::land) return has_gate(plan, EdgeGate::merge);
  return std::any_of(k_edge_gates.begin(), k_edge_gates.end(), [&](const EdgeGateRow& row) {
    return row.judged_in == kind && has_gate(plan, row.gate);
  });
}

}  // namespace

std::string_view to_string(EdgeGate gate) {
  for (const EdgeGateRow& row : k_edge_gates) {
    if (row.gate == gate) return row.name;
  }
  return "";
}
std::string gate_name(EdgeGate gate) {
  return std::string(to_string(gate)) + "_gate";
}

std::optional<EdgeGate> parse_edge_gate(std::string_view text) {
  for (const EdgeGateRow& row : k_edge_gates) {
    if (row.name == text) return row.gate;
  }
  return std::nullopt;
}
std::string_view to_string(GateResult result) {
  return name_in(k_results, result);
}
std::optional<GateResult> parse_gate_result(std::string_view text) {
  return value_in(k_results, text);
}
std::string_view to_string(EdgeEnd end) {
  return name_in(k_ends, end);
}
std::optional<EdgeEnd> parse_edge_end(std::string_view text) {
  return value_in(k_ends, text);
}
std::string_view to_string(MergeState state) {
  return name_in(k_merge_states, state);
}
std::optional<MergeState> parse_merge_state(std::string_view text) {
  return value_in(k_merge_states, text);
}

bool has_gate(const EdgePlan& plan, EdgeGate gate) {
  return std::find(plan.begin(), plan.end(), gate) != plan.end();
}

std::optional<JobKind> step_after(JobKind done, const EdgePlan& plan) {
  constexpr std::array k_steps{JobKind::produce, JobKind::edge, JobKind::land, JobKind::image};
  const auto at = std::find(k_steps.begin(), k_steps.end(), done);
  if (at == k_steps.end()) return std::nullopt;
  const auto next =
      std::find_if(at + 1, k_steps.end(), [&](JobKind kind) { return is_wanted(kind, plan); });
  return next == k_steps.end() ? std::nullopt : std::optional(*next);
}

}  // namespace orc
