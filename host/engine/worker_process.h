// SPDX-License-Identifier: Apache-2.0
// The few things the engine does to a worker's process from outside.
#pragma once

#include <filesystem>
#include <string>

#include "base/kill_counts.h"
#include "domain/outcome.h"
#include "process/process.h"

namespace orc::engine {

// Through the pidfd: never a process that merely has the same number.
void signal_worker(const process::Child& worker, int signal, KillReason reason);

inline KillReason kill_reason(ReasonCode because) {
  return because == ReasonCode::timeout ? KillReason::timeout : KillReason::cancelled;
}

// Ends what a worker that died could no longer sweep itself: every process that carries its run
// marker. Bounded; what resists is found again by the next call.
void end_survivors(const std::string& run_id);

}  // namespace orc::engine
