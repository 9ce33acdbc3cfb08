// SPDX-License-Identifier: Apache-2.0
#include "process/lineage.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace orc::process {

namespace {

bool is_reaped(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 &&
         errno == ECHILD;
}

}  // namespace

Lineages& Lineages::of_this_process() {
  static Lineages lineages;
  return lineages;
}

void Lineages::add(Lineage lineage) {
  known_.insert_or_assign(lineage.leader, std::move(lineage));
  if (known_.size() < prune_at_) return;
  // spawn()'s callers reap their children themselves and tell nobody.
  std::erase_if(known_, [](const auto& item) { return is_reaped(item.first); });
  prune_at_ = std::max<std::size_t>(64, known_.size() * 2);
}

Lineage Lineages::find(pid_t leader) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(leader);
  return found == known_.end() ? Lineage{.leader = leader, .born = 0, .marker = {}, .sessions = {}}
                               : found->second;
}

void Lineages::forget(pid_t leader) {
  const std::lock_guard lock(mutex_);
  known_.erase(leader);
}

bool Lineages::owns(const Lineage& run, const ProcessEntry& orphan) const {
  if (orphan.session == run.leader || run.sessions.contains(orphan.session)) return true;
  if (orphan.start_ticks < run.born || known_.contains(orphan.session)) return false;
  std::vector<const Lineage*> others;
  for (const auto& [pid, other] : known_) {
    if (pid != run.leader && other.born <= orphan.start_ticks && !is_reaped(pid)) {
      others.push_back(&other);
    }
  }
  if (others.empty()) return true;
  if (run.marker.empty() || run_marker(orphan.pid) != run.marker) return false;
  return std::none_of(others.begin(), others.end(),
                      [&](const Lineage* other) { return other->marker == run.marker; });
}

std::vector<ProcessEntry> Lineages::stemming_from(const Lineage& run,
                                                  const ProcessTable& table) const {
  const std::lock_guard lock(mutex_);
  const pid_t self = ::getpid();
  const auto is_another_child = [&](const ProcessEntry& entry) {
    return entry.parent == self && entry.pid != run.leader && known_.contains(entry.pid);
  };
  const auto is_root = [&](const ProcessEntry& entry) {
    if (entry.pid == self) return false;
    if (entry.pid == run.leader || entry.session == run.leader) return true;
    return entry.parent == self && owns(run, entry);
  };
  return table.trees(is_root, is_another_child);
}

}  // namespace orc::process
