// SPDX-License-Identifier: Apache-2.0
// One look at all processes of the machine. Reading takes about 10 µs a process: callers first make
// sure that there is something to look for. Values; any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace orc::process {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t start_ticks = 0;  // since boot
  bool ended = false;             // a zombie: nothing but its status is left

  bool operator==(const ProcessEntry& other) const {
    return pid == other.pid && start_ticks == other.start_ticks;
  }
};

class ProcessTable {
 public:
  // Processes that end or start while it is read may be missing.
  static ProcessTable read();

  const std::vector<ProcessEntry>& entries() const& { return entries_; }
  const std::vector<ProcessEntry>& entries() const&& = delete;  // would outlive the table
  // The entries below the ones for which `is_root` holds, roots included, but nothing at or below
  // `is_spared`.
  using Predicate = std::function<bool(const ProcessEntry&)>;
  std::vector<ProcessEntry> trees(const Predicate& is_root, const Predicate& is_spared) const;

 private:
  std::vector<ProcessEntry> entries_;  // sorted by parent
};

// A pidfd of exactly this process; empty once it has been reaped.
UniqueFd open_exact(const ProcessEntry& entry);

// Whether a process above `pid`, or itself, runs a program of this name (as the kernel shortens
// it). A process that has gone counts as one, another user's that may not be looked at does
// not.
bool has_ancestor(std::string_view program, pid_t pid);

// Whether the process has, or inherited, the mark of a launcher below this process
// (launch_protocol.h). One that has gone counts as marked, another user's does not.
bool is_marked(pid_t pid);

// The value of ORCH_RUN_ID in the environment the process was started with; empty if it has none,
// has ended, or may not be looked at.
std::string run_marker(pid_t pid);

// Now, in the unit of ProcessEntry::start_ticks, rounded down.
std::uint64_t ticks_now();

}  // namespace orc::process
