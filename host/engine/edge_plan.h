// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/generation.h"
#include "domain/edge.h"
#include "domain/records.h"
#include "jobs/job_folder.h"

namespace orc::engine {

// The gates of the edge that act for the task: switched on, in scope, and with something to look
// at. Empty for a task without a repository. Pure. [any thread]
EdgePlan edge_plan(const config::Config& config, const Task& task);

// The switch behind each gate.
const config::Switch& switch_of(const config::Config& config, EdgeGate gate);

// Names what a branch is tested with: two equal names, and equal content needs no second test.
std::string suite_of(const std::string& contract, const std::vector<jobs::RequestLink>& links);

}  // namespace orc::engine
