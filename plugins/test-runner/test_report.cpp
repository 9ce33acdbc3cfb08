// SPDX-License-Identifier: Apache-2.0
#include "test_report.h"

#include <algorithm>

namespace test_runner {

namespace {

constexpr std::size_t k_slowest = 10;

void note_slow(std::vector<TestCase>& slowest, const TestCase& test) {
  const auto place = std::find_if(slowest.begin(), slowest.end(), [&](const TestCase& other) {
    return other.seconds < test.seconds;
  });
  if (place == slowest.end() && slowest.size() >= k_slowest) return;
  slowest.insert(place, TestCase{test.name, test.result, test.seconds, {}});
  if (slowest.size() > k_slowest) slowest.pop_back();
}

}  // namespace

void TestReport::add(TestCase test) {
  switch (test.result) {
    case CaseResult::passed:
      ++passed;
      break;
    case CaseResult::failed:
      ++failed;
      break;
    case CaseResult::error:
      ++errors;
      break;
    case CaseResult::skipped:
      ++skipped;
      break;
  }
  if (test.name.size() > k_max_name) test.name.resize(k_max_name);
  if (test.message.size() > k_max_message) test.message.resize(k_max_message);
  note_slow(slowest, test);
  const bool bad = test.result == CaseResult::failed || test.result == CaseResult::error;
  if (bad && failing.size() < k_max_listed) failing.push_back(std::move(test));
}

void TestReport::add_flaky(std::string name) {
  const bool is_known = std::find(flaky.begin(), flaky.end(), name) != flaky.end();
  if (!is_known && flaky.size() < k_max_listed) flaky.push_back(std::move(name));
}

void TestReport::add(const TestReport& other) {
  passed += other.passed;
  failed += other.failed;
  errors += other.errors;
  skipped += other.skipped;
  seconds += other.seconds;
  for (const TestCase& test : other.slowest) note_slow(slowest, test);
  for (const TestCase& test : other.failing) {
    if (failing.size() < k_max_listed) failing.push_back(test);
  }
  for (const std::string& name : other.flaky) add_flaky(name);
}

}  // namespace test_runner
