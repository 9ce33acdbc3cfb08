// SPDX-License-Identifier: Apache-2.0
// `orchestrator demo`: a folder with three small repositories, a host of its own, and four tasks
// that end in the four ways a task can end. No model, no network; git, the suites, ssh and the
// deploy are real. [main thread]
#pragma once

#include "cli/cli.h"

namespace orc::app {

// Returns the exit code: 0 if every task ended as said. With `check` nobody is waited for; without,
// the host keeps running until SIGINT or SIGTERM. At the end the host and everything it started
// have ended; the folder is removed unless `keep`, or `dir` without `check`, asks for it.
int demo(const cli::DemoOptions& options);

}  // namespace orc::app
