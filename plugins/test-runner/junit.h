// SPDX-License-Identifier: Apache-2.0
// The JUnit XML that a suite wrote about itself. It is written by tested code: it can show that
// something is wrong, never prove that all is right. Pure; any thread.
#pragma once

#include <string_view>
#include <variant>

#include "test_report.h"

namespace test_runner {

inline constexpr std::size_t k_max_report_bytes = 32 * 1024 * 1024;

// Counts what lies in the file. Where a suite's own totals claim more failures or errors than it
// lists, the totals count. A document type, entities, an unknown root, a cut-off or oversized file
// make it bad. A test that failed and passed when it was run again is flaky (surefire's
// flakyFailure and flakyError, or the same test once more).
std::variant<TestReport, BadReport> read_junit(std::string_view xml);

}  // namespace test_runner
