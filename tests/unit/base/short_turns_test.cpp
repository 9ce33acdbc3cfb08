// SPDX-License-Identifier: Apache-2.0
#include "base/short_turns.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

namespace orc {
namespace {

// sched_setattr(2). The kernel's header defines sched_param again, and cannot stand beside
// <sched.h>.
struct Attributes {
  std::uint32_t size = 0;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

Attributes attributes_of_this_thread() {
  Attributes attributes;
  EXPECT_EQ(::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0), 0);
  return attributes;
}

TEST(ShortTurns, LeavePolicyAndNicenessAsTheyAreAndAreNotInherited) {
  std::thread([] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 3), 0);
    const Attributes before = attributes_of_this_thread();
    take_short_turns();
    const Attributes after = attributes_of_this_thread();
    EXPECT_EQ(after.policy, before.policy);
    EXPECT_EQ(after.nice, 3);
    // A kernel before 6.12 knows no slice of an ordinary thread.
    if (after.runtime == before.runtime) GTEST_SKIP() << "this kernel has no such thing";
    EXPECT_LT(after.runtime, before.runtime);
    std::thread([&] { EXPECT_NE(attributes_of_this_thread().runtime, after.runtime); }).join();
  }).join();
}

}  // namespace
}  // namespace orc
