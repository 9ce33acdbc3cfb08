// SPDX-License-Identifier: Apache-2.0
// What the command line's exit status means. The values are those of sysexits.h, so that systemd
// and scripts can name them; the one table from everything that can go wrong to them stands in
// exit_code.cpp.
#pragma once

#include <string_view>

namespace orc::cli {

enum class ExitCode : int {
  done = 0,          // done, or yes
  no = 1,            // the answer is no: refused, failed, not there
  usage = 64,        // wrong use
  unreachable = 69,  // no daemon answers
  unusable = 74,     // a database or a file that cannot be read or written
  try_later = 75,    // draining, lease held, held by the environment, timed out
  not_permitted = 77,
  refused_config = 78,
};

constexpr int to_int(ExitCode code) {
  return static_cast<int>(code);
}

// For a problem that the host answered with: its code first, then its HTTP status.
ExitCode exit_code_of(int status, std::string_view problem_code);

}  // namespace orc::cli
