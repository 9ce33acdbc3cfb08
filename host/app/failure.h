// SPDX-License-Identifier: Apache-2.0
// How a command that runs without the host says why it could not, and how long it waits for a
// database that is busy.
#pragma once

#include <cstdio>
#include <string>

#include "base/time.h"
#include "cli/exit_code.h"

namespace orc::app {

inline constexpr Millis k_busy_timeout{5000};

// Prints the message; the exit code for main().
inline int fail(cli::ExitCode code, const std::string& message) {
  std::fprintf(stderr, "orchestrator: %s\n", message.c_str());
  return to_int(code);
}

}  // namespace orc::app
