// SPDX-License-Identifier: Apache-2.0
#include "domain/ownership.h"

namespace orc {

bool has_live_owner(const Lease& lease, const HostIdentity& me) {
  if (!lease.is_held()) return false;
  if (lease.owner.instance == me.instance) return true;
  return !lease.owner_stopped && is_alive(lease.owner.process);
}

std::string owner_in_words(const Lease& lease) {
  constexpr std::size_t k_enough = 8;
  return "owned by pid " + std::to_string(lease.owner.process.pid) + " (boot " +
         lease.owner.process.boot_id.substr(0, k_enough) + "…) since " +
         to_iso8601(lease.acquired_at) + ", taken by " + lease.holder;
}

bool keeps_place(const Task& task, bool has_landed) {
  if (!has_side_effects(task.stage)) return false;
  switch (task.state) {
    case TaskState::active:
    case TaskState::waiting_human:
      return true;
    case TaskState::held:
      return has_landed || task.stage == Stage::deploy;
    case TaskState::done:
    case TaskState::cancelled:
      return false;
  }
  return false;
}

}  // namespace orc
