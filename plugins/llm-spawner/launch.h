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

// Renders the role's prompt, makes the first run's private home below the job's scratch folder, and
// fills in the command line. Starts nothing.
std::variant<orchestrator::plugin::Process, NoLaunch> prepare_launch(
    const orchestrator::plugin::Request& request, const Settings& settings);

// A further run of the same job with a prompt of our own: a session and a home of its own again.
std::variant<orchestrator::plugin::Process, NoLaunch> prepare_repair(
    const orchestrator::plugin::Request& request, const Settings& settings,
    const std::string& prompt);

// The last component of argv[0].
std::string program_name(const Settings& settings);

}  // namespace llm_spawner
