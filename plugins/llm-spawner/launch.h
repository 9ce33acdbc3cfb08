// SPDX-License-Identifier: Apache-2.0
// Everything between a request and the process to start. [any thread]
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <variant>

#include "settings.h"

namespace llm_spawner {

// Why the agent is not started.
struct NoLaunch {
  orchestrator::plugin::Outcome outcome;
};

// Renders the prompt, makes the run's private home below the job's scratch folder, and fills in the
// command line. Starts nothing.
std::variant<orchestrator::plugin::Process, NoLaunch> prepare_launch(
    const orchestrator::plugin::Request& request, const Settings& settings);

// The last component of argv[0].
std::string program_name(const Settings& settings);

}  // namespace llm_spawner
