// SPDX-License-Identifier: Apache-2.0
// The files that the stage owes, in the worktree that the agent works in. Only what this run wrote
// counts: older ones are moved away before it, and what a failed run left behind is moved away
// after it. No link is followed. [any thread]
#pragma once

#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <vector>

namespace llm_spawner {

// Moves everything that has the name of one of the stage's artifacts to `<folder>/<label>`, keeping
// what lies there; `folder` is trusted and outlives the job. Returns how many were moved, or
// nothing where one could not be: it lies where it lay.
std::optional<int> move_artifacts_away(const orchestrator::plugin::Request& request,
                                       const std::string& folder, const std::string& label);

// The required rules that no non-empty regular file fits.
std::vector<std::string> missing_artifacts(const orchestrator::plugin::Request& request);

// What keeps the host's gate from reading the stage's verdict, in words for the agent; nothing if
// there is no verdict key or the gate will probably read it. The gate has the last word.
std::optional<std::string> verdict_problem(const orchestrator::plugin::Request& request);

}  // namespace llm_spawner
