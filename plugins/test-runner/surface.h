// SPDX-License-Identifier: Apache-2.0
// The test surface: which files that decide what a green suite means did this branch change? Listed
// in the report, for the reader; it does not change the verdict.
#pragma once

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

}  // namespace test_runner
