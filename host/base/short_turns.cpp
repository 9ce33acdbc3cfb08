// SPDX-License-Identifier: Apache-2.0
#include "base/short_turns.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace orc {

namespace {

constexpr unsigned long long k_turn_ns = 200'000;  // the kernel takes 0.1 ms to 100 ms

}  // namespace

void take_short_turns() {
  // Neither call has a wrapper in glibc 2.36. What was set before, such as Nice= of a service,
  // stays.
  sched_attr attributes{};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
  if (attributes.sched_policy != SCHED_NORMAL) return;
  attributes.sched_runtime = k_turn_ns;
  attributes.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace orc
