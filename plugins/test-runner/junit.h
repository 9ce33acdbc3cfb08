// SPDX-License-Identifier: Apache-2.0
// The JUnit XML that a suite wrote about itself. It is written by tested code: it can show that
// something is wrong, never prove that all is right. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace test_runner {

inline constexpr std::size_t k_max_report_bytes = 32 * 1024 * 1024;
inline constexpr std::size_t k_max_listed = 200;  // failing tests kept with their message

enum class CaseResult : std::uint8_t { passed, failed, error, skipped };

struct TestCase {
  std::string name;  // "classname::name"
  CaseResult result = CaseResult::passed;
  double seconds = 0;
  std::string message;
};

struct JunitReport {
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t errors = 0;
  std::int64_t skipped = 0;
  double seconds = 0;
  std::vector<TestCase> failing;  // the first k_max_listed
  std::vector<TestCase> slowest;  // at most ten, slowest first

  std::int64_t tests() const { return passed + failed + errors + skipped; }
  // Skipped and expected-to-fail tests show nothing.
  std::int64_t executed() const { return tests() - skipped; }
  bool is_red() const { return failed + errors > 0; }
};

struct BadReport {
  std::string reason;
};

// Counts what lies in the file. Where a suite's own totals claim more failures or errors than it
// lists, the totals count. A document type, entities, an unknown root, a cut-off or oversized file
// make it bad.
std::variant<JunitReport, BadReport> read_junit(std::string_view xml);

}  // namespace test_runner
