// SPDX-License-Identifier: Apache-2.0
// Who a process is. A bare pid is never enough: it is reused, and it means nothing after a reboot.
#pragma once

#include <string>

#include "base/result.h"

namespace orc {

struct ProcessIdentity {
  int pid = 0;
  long long start_ticks = 0;  // field 22 of /proc/PID/stat, proc(5)
  std::string boot_id;        // /proc/sys/kernel/random/boot_id
  bool operator==(const ProcessIdentity&) const = default;
};

// The identity of a live process; `not_found` when there is none (a zombie counts as none).
Result<ProcessIdentity> identify_process(int pid);
ProcessIdentity identify_self();
// True only if exactly this process still lives.
bool is_alive(const ProcessIdentity& identity);
const std::string& boot_id();

// A host process, for the whole of its life: what owns a running job or a lease.
struct HostIdentity {
  std::string instance;  // 128 random bits per start
  ProcessIdentity process;
};
HostIdentity new_host_identity();

}  // namespace orc
