// SPDX-License-Identifier: Apache-2.0
// The body of 13-test-report.md, for people. Everything that tests or names contribute is made
// printable and fenced. Pure; any thread.
#pragma once

#include <chrono>
#include <string>

#include "classify.h"
#include "junit.h"
#include "orchestrator/plugin/sdk.hpp"
#include "suite.h"
#include "surface.h"

namespace test_runner {

struct Run {
  const Suite& suite;
  const orchestrator::plugin::Request& request;
  const orchestrator::plugin::ProcessResult& result;
  const JunitReport& report;
  const Surface& surface;
  std::string runner_version;
  SuiteRan ran;
};

// "PASS: 12 tests passed, 1 skipped, in 3.4 s"
std::string summary(const Run& run);
std::string report_body(const Run& run);

}  // namespace test_runner
