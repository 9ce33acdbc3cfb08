// SPDX-License-Identifier: Apache-2.0
// The body of 13-test-report.md, for people: the counts, what failed, what was run again, how it
// ran, and what that proves. Everything that tests or names contribute is made printable and
// fenced. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "floor.h"
#include "orchestrator/plugin/sdk.hpp"
#include "run_suite.h"
#include "smoke.h"
#include "surface.h"

namespace test_runner {

enum class Result : std::uint8_t { pass, fail, blocked };
const char* token_of(Result result);

struct Judgement {
  Result result = Result::blocked;
  std::vector<std::string> notes;  // why, and what was approved by whom; in the report's words
};

struct Findings {
  const orchestrator::plugin::Request& request;
  const Judgement& judgement;
  const Surface& surface;
  SurfacePolicy policy = SurfacePolicy::verify;
  const SuiteRun* run = nullptr;  // null: it was stopped before the suite ran
  std::optional<Floor> floor;     // nothing: not asked
  std::vector<SmokeAnswer> smoke;
};

// "PASS: 12 passed, 1 skipped, in 3.4 s"
std::string summary(const Findings& findings);
std::string report_body(const Findings& findings);

}  // namespace test_runner
