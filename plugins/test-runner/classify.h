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

// With the contract's own codes laid over the runner's row.
Meaning meaning_of(const Suite& suite, int exit_code);

Ending classify(const Suite& suite, const orchestrator::plugin::ProcessEnd& end,
                const Evidence& evidence);

// A step before the suite, `what` names it: nothing if it went well. A failed step is never red: no
// test ran.
std::optional<Ending> classify_step(const std::string& what,
                                    const orchestrator::plugin::ProcessEnd& end);

}  // namespace test_runner
