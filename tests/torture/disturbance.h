// SPDX-License-Identifier: Apache-2.0
// What a test does to the surroundings of a running host: its disk refuses, its wall clock steps.
// The test writes, the library `disturbing` in the host reads, both through one mapped file.
#pragma once

#include <atomic>
#include <cstdint>

namespace orc::test {

// The environment names of the mapped file, and of the folder whose files are refused.
inline constexpr const char* k_disturbance_file = "ORCH_TEST_DISTURBANCE";
inline constexpr const char* k_disturbed_folder = "ORCH_TEST_DISTURBED_FOLDER";

struct Disturbance {
  // Every write below the folder fails with this errno; 0: none does.
  std::atomic<std::int32_t> write_error;
  // Added to the wall clock; the monotonic clock goes on as it is.
  std::atomic<std::int64_t> wall_step_seconds;
};

}  // namespace orc::test
