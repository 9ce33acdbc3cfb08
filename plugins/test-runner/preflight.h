// SPDX-License-Identifier: Apache-2.0
// Is the runner there? Asked by a step of our own, in a folder that tested code has not written to,
// so that "tool missing" is never read from what the suite printed.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"
#include "suite.h"

namespace test_runner {

struct RunnerFound {
  std::string version;  // one line for the report; empty if it was not asked
};

// `base` is the suite's process without its command line: environment and folder of the run.
// `safe_folder` holds nothing of the checkout.
std::variant<RunnerFound, Ending> find_runner(const Suite& suite,
                                              const orchestrator::plugin::Process& base,
                                              const std::string& safe_folder,
                                              orchestrator::plugin::Host& host);

}  // namespace test_runner
