// SPDX-License-Identifier: Apache-2.0
// The command line of bubblewrap (https://github.com/containers/bubblewrap, bwrap(1)) for the level
// `strict`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/confinement.h"

namespace orc::process {

// Where the launcher is found inside.
constexpr const char* k_launcher_inside = "/.orchestrator-sandbox";

// Everything but the folder to start in and the program. `plan.hidden` is resolved. `refused`:
// bubblewrap is not installed.
Result<std::vector<std::string>> namespace_command(
    const ConfinementPlan& plan, const std::vector<std::filesystem::path>& system);

}  // namespace orc::process
