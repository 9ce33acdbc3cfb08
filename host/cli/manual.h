// SPDX-License-Identifier: Apache-2.0
// The manual pages, in man(7)'s macros, made from the command tree and the option table: the build
// installs what these print.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/tree.h"

namespace orc::cli {

// `orchestrator` or `orchestrator.yaml`.
ExitCode print_manual(const Tree& tree, const std::vector<std::string>& page);

}  // namespace orc::cli
