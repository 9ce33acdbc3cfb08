// SPDX-License-Identifier: Apache-2.0
// The body of 15-staging-log.md, for people. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"
#include "settings.h"

namespace staging_runner {

struct Run {
  const Settings& settings;
  const std::vector<std::string>& command;
  const orchestrator::plugin::Request& request;
  const orchestrator::plugin::ProcessResult& result;
  const std::optional<Revision>& before;
  const std::optional<Revision>& after;
  Verdict verdict;
  int exit_code = 0;
};

// "SUCCESS: the staging suite ended with code 0 after 41 s"
std::string summary(const Run& run);
std::string report_body(const Run& run);

}  // namespace staging_runner
