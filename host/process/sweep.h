// SPDX-License-Identifier: Apache-2.0
// Ends processes for good. Blocks; waits on pidfds, never on a clock.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/kill_counts.h"
#include "base/time.h"
#include "process/process.h"
#include "process/table.h"

namespace orc::process {

// Which entries of a fresh table are to end; asked again in every round, since a target may fork.
using Targets = std::function<std::vector<ProcessEntry>(const ProcessTable&)>;

// SIGTERM to all targets, `grace`, then SIGKILL again and again until none is left or `limit` has
// passed. Reaps those that are children of the caller. `killed` knows whom the caller has signalled
// already.
Sweep end_processes(const Targets& targets, Millis grace, Millis limit, KilledGroups& killed);

// A child that a sweep leaves alone, with everything in its session and below it. The start time
// keeps a process that is given the same number later from being taken for it.
struct Spared {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // 0: it was gone already, and spares nothing
};
// Of a child that has not been waited for.
Spared spare(pid_t child);

// As sweep_descendants() of process.h, sparing exactly these.
Sweep sweep_descendants(Millis grace, Millis limit, const std::vector<Spared>& spared);

// Orphans are nobody's business here any more: the reverse of become_subreaper().
Status resign_as_subreaper();

// Whether the caller has any child at all, ended ones included.
bool has_children();

}  // namespace orc::process
