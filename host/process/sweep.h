// SPDX-License-Identifier: Apache-2.0
// Ends processes for good. Blocks; waits on pidfds, never on a clock.
#pragma once

#include <functional>
#include <vector>

#include "base/time.h"
#include "process/process.h"
#include "process/table.h"

namespace orc::process {

// Which entries of a fresh table are to end; asked again in every round, since a target may fork.
using Targets = std::function<std::vector<ProcessEntry>(const ProcessTable&)>;

// SIGTERM to all targets, `grace`, then SIGKILL again and again until none is left or `limit` has
// passed. Reaps those that are children of the caller.
Sweep end_processes(const Targets& targets, Millis grace, Millis limit);

// Whether the caller has any child at all, ended ones included.
bool has_children();

}  // namespace orc::process
