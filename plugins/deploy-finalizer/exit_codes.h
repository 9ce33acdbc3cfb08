// SPDX-License-Identifier: Apache-2.0
// What the exit code of a deploy command means: one row a code. Only a code that the command itself
// chose says that the deploy failed; pure.
#pragma once

#include <cstdint>

namespace deploy_finalizer {

enum class ExitMeaning : std::uint8_t {
  succeeded,
  failed,
  program_missing,  // some program on the way was not found or not executable
  timed_out,        // a time limit struck, the wrapper's or one of its own
  killed,           // by a signal: half a deploy at most
  unknown,          // ssh's own failure: the remote side may or may not have run
};

ExitMeaning meaning_of(int exit_code);

}  // namespace deploy_finalizer
