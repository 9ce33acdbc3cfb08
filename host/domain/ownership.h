// SPDX-License-Identifier: Apache-2.0
// Who owns what in the stages whose work reaches beyond the task's own branch: the transition lease
// of a task, and a repository's one place between staging and production. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/records.h"

namespace orc {

// The exclusive right to carry out the side effects of one task's transition. It has no time to
// live: it is live as long as its owner is, and a merge may block for a quarter of an hour.
struct Lease {
  TaskId task;
  std::string work_item;
  std::int64_t epoch = 0;      // grows with every acquire, and never comes twice
  HostIdentity owner;          // empty instance: nobody holds it
  bool owner_stopped = false;  // the owner ended as it was asked to
  std::string holder;          // what took it: "job 41"
  WallTime acquired_at;

  bool is_held() const { return !owner.instance.empty(); }
};

// True while the owner's process lives: `me`, or exactly the process that is written down, unless
// it has said that it stopped. Looks at /proc; signals nobody.
bool has_live_owner(const Lease& lease, const HostIdentity& me);
// "owned by pid 4711 (boot 7f3a…) since …, taken by job 41", for people.
std::string owner_in_words(const Lease& lease);

// A task's place in the line of its repository.
struct SerialPlace {
  TaskId task;
  std::string work_item;
  std::string repo;
  WallTime arrived_at;
  std::optional<WallTime> entered_at;  // nothing: it waits
};

// Whether a task that is inside keeps its place. It does while it works or waits for a person in
// the region, and on a hold once its work has landed on the base branch or production was begun:
// whoever came next would carry the half-done work along. A hold before that lets the next one in.
bool keeps_place(const Task& task, bool has_landed);

// Why a queued job is not due, where it is not a producer's reason.
inline constexpr std::string_view k_waits_at_serial_gate = "serial_gate";
inline constexpr std::string_view k_waits_for_lease = "lease_held";
inline constexpr std::string_view k_waits_for_merge_lock = "merge_lock";
inline constexpr std::string_view k_waits_for_monitor = "post_deploy_monitor";
inline constexpr std::string_view k_waits_for_canary = "breaker";
inline constexpr std::string_view k_waits_for_selftest = "selftest";
// Until somebody calls: the last second of the year 9999.
inline constexpr WallTime k_until_called{253'402'300'799'000};

}  // namespace orc
