// SPDX-License-Identifier: Apache-2.0
// What the isolation of jobs' programs needs to know of a configuration, and what this machine
// cannot give of it.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.h"

namespace orc::config {

// State folder, database, files that settings name as secrets, the credentials' folder.
std::vector<std::filesystem::path> hidden_places(const Config& config);

// One warning for each level in use that this machine cannot give in full. Starts a program where
// `strict` is in use. `worker`: the launcher lies beside it.
std::vector<Finding> isolation_gaps(const Config& config, const std::filesystem::path& worker);

}  // namespace orc::config
