// SPDX-License-Identifier: Apache-2.0
// How many tests the base branch executes: a branch that executes fewer has lost some. Measured by
// running the base's own suite in a checkout that the host made of the base commit, once for each
// base commit and suite; kept in the plugin's state folder of the task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"
#include "suite.h"

namespace test_runner {

struct Floor {
  std::optional<std::int64_t> executed;  // nothing: not known
  std::string source;                    // where it comes from, or why it is not known
};

// An Ending where the base could not be run now and may be later. `contract` as in find_suite.
std::variant<Floor, Ending> find_floor(const orchestrator::plugin::Request& request,
                                       const std::string& scratch,
                                       orchestrator::plugin::Host& host);

}  // namespace test_runner
