// SPDX-License-Identifier: Apache-2.0
// What a suite said about itself, whatever it was written in. It comes from tested code: it can
// show that something is wrong, never prove that all is right. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace test_runner {

inline constexpr std::size_t k_max_listed = 200;  // failing tests kept with their message
inline constexpr std::size_t k_max_message = 4000;
inline constexpr std::size_t k_max_name = 400;

enum class CaseResult : std::uint8_t { passed, failed, error, skipped };

struct TestCase {
  std::string name;  // "classname::name"
  CaseResult result = CaseResult::passed;
  double seconds = 0;
  std::string message;
};

struct TestReport {
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t errors = 0;
  std::int64_t skipped = 0;
  double seconds = 0;
  std::vector<TestCase> failing;   // the first k_max_listed
  std::vector<TestCase> slowest;   // at most ten, slowest first
  std::vector<std::string> flaky;  // failed first and passed when run again; the first k_max_listed

  std::int64_t tests() const { return passed + failed + errors + skipped; }
  // Skipped and expected-to-fail tests show nothing.
  std::int64_t executed() const { return tests() - skipped; }
  bool is_red() const { return failed + errors > 0; }

  // Counts one test and keeps what is worth showing of it.
  void add(TestCase test);
  void add_flaky(std::string name);
  // Several reports of one run: a folder of files.
  void add(const TestReport& other);
};

struct BadReport {
  std::string reason;
};

}  // namespace test_runner
