// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/cli.h"

namespace orc::app {

// `serve --dev`: a host whose state, database and control socket lie in a temporary folder that
// goes with it, with a board on any free port of the loopback address and no webhooks. `--set` wins
// over all of that. Returns when the host has ended.
int serve_dev(const cli::ServeOptions& options);

}  // namespace orc::app
