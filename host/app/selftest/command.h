// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/cli.h"

namespace orc::app {

// `orchestrator gate selftest`: every gate and every loaded plugin that has fixtures, one line
// each, or {"schema": "orchestrator.selftest/1", "rows": […]}. Needs no running host and leaves
// nothing behind. Exit code 0: all went as they should; 1: one did not; 78: the configuration is
// refused.
int gate_selftest(const std::filesystem::path& config_file, cli::OutputFormat output);

}  // namespace orc::app
