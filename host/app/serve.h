// SPDX-License-Identifier: Apache-2.0
// `orchestrator serve`: start-up in order, signals, tear-down in the reverse order.
#pragma once

#include <filesystem>

#include "config/config.h"

namespace orc::app {

// Runs the host until a signal ends it. Returns the exit code (sysexits): 0 stopped as asked, 69
// the control socket or port is taken, 74 the database cannot be used, 78 the configuration is
// refused.
//
// SIGHUP reloads, SIGTERM drains (a second one ends at once and leaves the workers running), SIGINT
// ends the workers and stops.
int serve(const config::Sources& sources);

// The worker that belongs to this binary, beside it.
std::filesystem::path worker_path();

}  // namespace orc::app
