// SPDX-License-Identifier: Apache-2.0
// The sub-gates on the edge from staging to production. What a staged branch is merged as is made
// and judged first (merge gate: rebase and re-test; security; coverage), then landed on the base
// branch exactly as it was judged, then looked for in the image that is to be deployed. Pure; any
// thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/records.h"

namespace orc {

struct EdgeGateRow {
  EdgeGate gate;
  std::string_view name;
  JobKind judged_in;  // the job that comes to its result
};
// In the order in which they are asked.
inline constexpr std::array k_edge_gates{
    EdgeGateRow{EdgeGate::merge, "merge", JobKind::edge},
    EdgeGateRow{EdgeGate::security, "security", JobKind::edge},
    EdgeGateRow{EdgeGate::coverage, "coverage", JobKind::edge},
    EdgeGateRow{EdgeGate::image, "image", JobKind::image},
};
std::string_view to_string(EdgeGate gate);
std::string gate_name(EdgeGate gate);  // "merge_gate"
std::optional<EdgeGate> parse_edge_gate(std::string_view text);
std::string_view to_string(GateResult result);
std::optional<GateResult> parse_gate_result(std::string_view text);
std::string_view to_string(EdgeEnd end);
std::optional<EdgeEnd> parse_edge_end(std::string_view text);
std::string_view to_string(MergeState state);
std::optional<MergeState> parse_merge_state(std::string_view text);

// The gates that act for one repository, in their order.
using EdgePlan = std::vector<EdgeGate>;
bool has_gate(const EdgePlan& plan, EdgeGate gate);
// The next job of the edge once a job of kind `done` has come to a good end (produce: the stage's
// own gate has passed); nothing: the edge is behind the task.
std::optional<JobKind> step_after(JobKind done, const EdgePlan& plan);
constexpr bool is_of_edge(JobKind kind) {
  return kind == JobKind::edge || kind == JobKind::land || kind == JobKind::image;
}

}  // namespace orc
