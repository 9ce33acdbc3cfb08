// SPDX-License-Identifier: Apache-2.0
// Which process stems from which start. A program that calls setsid and forks twice loses every
// visible tie to the process that started it: the kernel hands it to the nearest subreaper, us, and
// it looks like any other child of ours. So every child that spawn() makes is recorded here, and a
// child of ours that is not recorded is an orphan.
//
// An orphan belongs to a run if
//   1. it is in the session of the run's program, or in one seen below that program before it was
//   stopped; or
//   2. no other recorded child that lives now was there when the orphan was born; or
//   3. its ORCH_RUN_ID is the run's and no such other child carries the same.
// What stays undecided is left alive rather than risk another's child: the last run of those in
// question takes it by rule 2, and the worker's sweep at its end takes everything. Orphans older
// than the run are never its own.
//
// Thread-safe. spawn() holds the lock while it starts a child, so that no child is seen before it
// is recorded.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "process/table.h"

namespace orc::process {

struct Lineage {
  pid_t leader = 0;          // of its own session
  std::uint64_t born = 0;    // ticks; not later than any process of the run
  std::string marker;        // ORCH_RUN_ID of its environment; may be empty
  std::set<pid_t> sessions;  // further sessions known to be its own
};

class Lineages {
 public:
  static Lineages& of_this_process();

  // Starts a child by calling `start`, which returns its pid or 0, and records it.
  template <typename Start>
  void record(const std::string& marker, Start&& start) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t born = ticks_now();
    const pid_t pid = start();
    if (pid > 0) add(Lineage{.leader = pid, .born = born, .marker = marker, .sessions = {}});
  }
  Lineage find(pid_t leader) const;
  void forget(pid_t leader);

  // Everything in `table` that stems from `run`, zombies of ours included.
  std::vector<ProcessEntry> stemming_from(const Lineage& run, const ProcessTable& table) const;

 private:
  void add(Lineage lineage);
  bool owns(const Lineage& run, const ProcessEntry& orphan) const;

  mutable std::mutex mutex_;
  std::map<pid_t, Lineage> known_;
  std::size_t prune_at_ = 64;
};

}  // namespace orc::process
