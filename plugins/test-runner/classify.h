// SPDX-License-Identifier: Apache-2.0
// What the end of a suite means. Pure; any thread.
//
// Only two things move a task: green, which needs exit code and report to agree, and red, which
// needs failures in the report, or the runner's own failing code beside a report with executed
// tests. Nothing that the tested code prints is looked at: it cannot buy a hold or a pass. A fault
// class needs positive evidence; without it the end is unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "evidence.h"
#include "orchestrator/plugin/sdk.hpp"
#include "suite.h"

namespace test_runner {

enum class Colour : std::uint8_t { green, red };
struct SuiteRan {
  Colour colour;
  std::string remark;  // where exit code and report disagree; else empty
};
struct EnvironmentDefect {
  orchestrator::plugin::Why why;
  std::string text;
};
struct Transient {
  orchestrator::plugin::Why why;
  std::string text;
};
struct Unknown {
  std::string text;
};
using Ending = std::variant<SuiteRan, EnvironmentDefect, Transient, Unknown>;

// What an exit code says, before the report is asked.
enum class Meaning : std::uint8_t {
  passed,      // the runner says all tests passed
  failed,      // the runner says a test failed
  by_report,   // failed if the report shows failures, else unknown
  no_tests,    // nothing was collected
  broken_run,  // the runner could not do its work: its own configuration or an internal error
  no_program,  // a shell or wrapper did not find the program, or could not start it
  timed_out,   // timeout(1) ended it
  killed,      // ended from outside
  crashed,     // ended by a fault in its own process
  unknown,
};
Meaning meaning_of(const Suite& suite, int exit_code);

Ending classify(const Suite& suite, const orchestrator::plugin::ProcessEnd& end,
                const Evidence& evidence);

// A step before the suite, `what` names it: nothing if it went well. A failed step is never red: no
// test ran.
std::optional<Ending> classify_step(const std::string& what,
                                    const orchestrator::plugin::ProcessEnd& end);

}  // namespace test_runner
