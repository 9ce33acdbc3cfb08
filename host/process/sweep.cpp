// SPDX-License-Identifier: Apache-2.0
#include "process/sweep.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <set>
#include <string>
#include <system_error>

#include "process/pidfd.h"

namespace orc::process {

namespace {

// Bounds the descriptors of one round; what is beyond it is met in the next.
constexpr std::size_t k_watched_at_once = 256;
// A round of SIGKILL is repeated after this even if a target has not gone: it may have forked
// before it died.
constexpr Millis k_kill_round{100};

Millis until(MonoTime deadline) {
  return std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - mono_now()));
}

void reap(pid_t child) {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG);
}

using Seen = std::set<std::pair<pid_t, std::uint64_t>>;

// A zombie shows neither environment nor family: what was a target while it lived stays one.
void add_ended_targets(std::vector<ProcessEntry>& found, const ProcessTable& table,
                       const Seen& signalled) {
  for (const ProcessEntry& entry : table.entries()) {
    const bool known = entry.ended && signalled.contains({entry.pid, entry.start_ticks});
    if (known && std::find(found.begin(), found.end(), entry) == found.end())
      found.push_back(entry);
  }
}

void reap_ended(const std::vector<ProcessEntry>& found) {
  for (const ProcessEntry& entry : found) {
    if (entry.ended && entry.parent == ::getpid()) reap(entry.pid);
  }
}

// What has ended and is not a child of ours is somebody else's to reap, whenever that may be.
bool is_done(const std::vector<ProcessEntry>& found) {
  return std::all_of(found.begin(), found.end(), [](const ProcessEntry& entry) {
    return entry.ended && entry.parent != ::getpid();
  });
}

// Sends `signal` and returns pidfds to wait on; those that are gone already have none.
std::vector<UniqueFd> signal_each(const std::vector<ProcessEntry>& targets, int signal,
                                  KilledGroups& killed) {
  std::vector<UniqueFd> pidfds;
  for (const ProcessEntry& entry : targets) {
    UniqueFd pidfd = open_exact(entry);
    if (!pidfd) continue;
    if (::pidfd_send_signal(pidfd.get(), signal, nullptr, 0) == 0) killed.add(entry.group, signal);
    // A stopped process acts on nothing but SIGKILL until it goes on.
    if (signal != SIGKILL) ::pidfd_send_signal(pidfd.get(), SIGCONT, nullptr, 0);
    if (pidfds.size() < k_watched_at_once) pidfds.push_back(std::move(pidfd));
  }
  return pidfds;
}

// A process that forks and ends all the time is a step ahead of any list of pids, but a signal to
// its group is atomic against fork. Groups with a member that is no target are left alone.
void kill_groups(const std::vector<ProcessEntry>& targets, const ProcessTable& table) {
  std::set<pid_t> groups;
  for (const ProcessEntry& entry : targets) groups.insert(entry.group);
  for (const ProcessEntry& entry : table.entries()) {
    const bool is_target = std::find(targets.begin(), targets.end(), entry) != targets.end();
    if (!is_target && !entry.ended) groups.erase(entry.group);
  }
  groups.erase(::getpgrp());
  for (const pid_t group : groups) {
    if (group > 1) ::kill(-group, SIGKILL);
  }
}

void wait_for_all(std::vector<UniqueFd>& pidfds, MonoTime deadline) {
  while (!pidfds.empty() && mono_now() < deadline) {
    std::vector<pollfd> watched;
    for (const UniqueFd& pidfd : pidfds) watched.push_back({pidfd.get(), POLLIN, 0});
    ::poll(watched.data(), watched.size(), static_cast<int>(until(deadline).count()));
    std::size_t at = 0;
    std::erase_if(pidfds, [&](const UniqueFd&) { return watched[at++].revents != 0; });
  }
}

Status be_subreaper(unsigned long yes, const char* what) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, yes, 0, 0, 0) == 0) return Done{};
  return Error{ErrorKind::io, std::string(what) + ": " + std::generic_category().message(errno)};
}

// A spared child leads a session, and the session outlives the family tie: what it left behind there
// is spared too. The kernel gives a number away again only when no session bears it, so a leader
// that is not the spared one says that the session is not either.
std::set<pid_t> spared_sessions(const ProcessTable& table, const std::vector<Spared>& spared) {
  std::set<pid_t> sessions;
  for (const Spared& one : spared) {
    const auto& all = table.entries();
    const bool replaced = std::any_of(all.begin(), all.end(), [&](const ProcessEntry& entry) {
      return entry.pid == one.pid && entry.start_ticks != one.start_ticks;
    });
    if (one.start_ticks != 0 && !replaced) sessions.insert(one.pid);
  }
  return sessions;
}

}  // namespace

Sweep end_processes(const Targets& targets, Millis grace, Millis limit, KilledGroups& killed) {
  const MonoTime soft_end = mono_now() + grace;
  const MonoTime hard_end = mono_now() + limit;
  Seen signalled;
  int empty_rounds = 0;
  while (true) {
    const ProcessTable table = ProcessTable::read();
    std::vector<ProcessEntry> found = targets(table);
    add_ended_targets(found, table, signalled);
    std::vector<ProcessEntry> live;
    std::copy_if(found.begin(), found.end(), std::back_inserter(live),
                 [](const ProcessEntry& entry) { return !entry.ended; });
    const MonoTime now = mono_now();
    const bool soft = now < soft_end && !live.empty();
    for (const ProcessEntry& entry : live) signalled.emplace(entry.pid, entry.start_ticks);
    std::vector<UniqueFd> pidfds = signal_each(live, soft ? SIGTERM : SIGKILL, killed);
    if (!soft) kill_groups(found, table);
    reap_ended(found);
    if (live.empty() && !has_children()) break;
    // One look can miss a process that was just being forked: without the kernel's word two must
    // agree.
    empty_rounds = is_done(found) ? empty_rounds + 1 : 0;
    if (empty_rounds == 2) break;
    wait_for_all(pidfds, std::min(hard_end, soft ? soft_end : now + k_kill_round));
    if (now >= hard_end) {
      return Sweep{.killed = static_cast<int>(signalled.size()),
                   .left = static_cast<int>(live.size())};
    }
  }
  return Sweep{.killed = static_cast<int>(signalled.size()), .left = 0};
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

Status become_subreaper() {
  return be_subreaper(1, "become a subreaper");
}

Status resign_as_subreaper() {
  return be_subreaper(0, "stop being a subreaper");
}

Spared spare(pid_t child) {
  const ProcessTable table = ProcessTable::read();
  for (const ProcessEntry& entry : table.entries()) {
    if (entry.pid == child && entry.parent == ::getpid()) return {child, entry.start_ticks};
  }
  return {child, 0};
}

Sweep sweep_descendants(Millis grace, Millis limit, const std::vector<pid_t>& spared) {
  std::vector<Spared> marks;
  for (const pid_t child : spared) marks.push_back(spare(child));
  return sweep_descendants(grace, limit, marks);
}

Sweep sweep_descendants(Millis grace, Millis limit, const std::vector<Spared>& spared) {
  if (!has_children()) return Sweep{};
  const pid_t self = ::getpid();
  const auto is_child = [self](const ProcessEntry& entry) { return entry.parent == self; };
  KilledGroups killed(KillReason::leftover);
  return end_processes(
      [&](const ProcessTable& table) {
        const std::set<pid_t> sessions = spared_sessions(table, spared);
        return table.trees(is_child, [&](const ProcessEntry& entry) {
          return sessions.contains(entry.session);
        });
      },
      grace, limit, killed);
}

}  // namespace orc::process
