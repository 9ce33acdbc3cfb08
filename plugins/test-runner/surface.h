// SPDX-License-Identifier: Apache-2.0
// The test surface: which files that decide what a green suite means did this branch change? They
// are listed in the report; what else follows is the operator's policy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/plugin/sdk.hpp"

namespace test_runner {

struct Surface {
  bool known = false;
  std::string reason;  // why it is not known
  std::vector<std::string>
      files;  // changed tests, test configuration and build files, sorted as git lists them
};

// Whether `path` is a test, or configures how tests are found and run.
bool is_test_surface(std::string_view path);

// Compares base and head by git in the task's clone; 5 ms.
Surface changed_surface(const orchestrator::plugin::Request& request,
                        orchestrator::plugin::Host& host);

enum class SurfacePolicy : std::uint8_t {
  verify,   // a changed configuration is not believed on its own word: recheck.h
  list,     // the report lists the changed files
  base,     // the suite runs with the base's versions of them
  approve,  // a human has to approve this content first
};
std::optional<SurfacePolicy> parse_surface_policy(std::string_view text);

// Whether `path` configures how tests are found and run: a new one of these is no new test.
bool is_test_configuration(std::string_view path);

// Those of the changed files that can change a result inside the runner's own process, whatever the
// tests say: its hooks and its options. How the code is built is none of it.
Surface runner_configuration(const Surface& surface);

// Puts the base's versions of the changed files into `checkout`: changed and deleted ones come
// back, new configuration goes, new tests stay. A text says what could not be done.
std::optional<std::string> restore_base(const Surface& surface, const std::filesystem::path& base,
                                        const std::filesystem::path& checkout);

}  // namespace test_runner
