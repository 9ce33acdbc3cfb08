// SPDX-License-Identifier: Apache-2.0
// `orchestrator replay`: the newest runs held against another configuration. Reads the database and
// the evidence, starts nothing, changes nothing.
#pragma once

#include "cli/cli.h"

namespace orc::app {

int replay(const cli::ReplayOptions& options);

}  // namespace orc::app
