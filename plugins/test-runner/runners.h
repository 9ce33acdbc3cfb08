// SPDX-License-Identifier: Apache-2.0
// The runners this plugin knows: how each is recognized, where its evidence comes from, and what
// every exit code of it says before the evidence is asked. Tables only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace test_runner {

enum class Runner : std::uint8_t { pytest, ctest, node, go, cargo, maven, make, generic };
std::string_view name_of(Runner runner);

enum class ReportKind : std::uint8_t {
  junit,         // one JUnit XML file
  surefire,      // TEST-*.xml below every target/surefire-reports
  go_json,       // events on the standard output
  cargo_output,  // libtest's lines on the standard output
  make_output,   // automake's summaries or TAP on the standard output
};
std::string_view name_of(ReportKind kind);
ReportKind report_of(Runner runner);

// By the program that `command` starts, and what it is told to do.
Runner runner_of(const std::vector<std::string>& command);

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
std::string_view name_of(Meaning meaning);
// A code without a row is unknown.
Meaning meaning_of(Runner runner, int exit_code);
Meaning meaning_of_signal(int signal);
// Every code that has a row, ascending.
std::vector<int> codes_with_a_row();

}  // namespace test_runner
