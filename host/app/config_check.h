// SPDX-License-Identifier: Apache-2.0
// `config check`, and what it looks at beyond the file and the plugins: the machine. Starts nothing
// that stays, changes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "config/config.h"

namespace orc::app {

int config_check(const cli::ConfigCheckOptions& options);

// Whether this user could serve the configuration here: sockets, programs, credentials, database.
// `positions` are those of config::Loaded. What a running host holds itself is in order.
std::vector<config::Finding> look_at_machine(const config::Config& config,
                                             const std::map<std::string, std::string>& positions);

}  // namespace orc::app
