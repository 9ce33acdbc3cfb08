// SPDX-License-Identifier: Apache-2.0
#include "runners.h"

#include <algorithm>
#include <array>
#include <csignal>

namespace test_runner {

namespace {

using M = Meaning;

struct RunnerRow {
  Runner runner;
  std::string_view name;
  ReportKind report;
};
constexpr std::array k_runners{RunnerRow{Runner::pytest, "pytest", ReportKind::junit},
                               RunnerRow{Runner::ctest, "ctest", ReportKind::junit},
                               RunnerRow{Runner::node, "node", ReportKind::junit},
                               RunnerRow{Runner::go, "go", ReportKind::go_json},
                               RunnerRow{Runner::cargo, "cargo", ReportKind::cargo_output},
                               RunnerRow{Runner::maven, "maven", ReportKind::surefire},
                               RunnerRow{Runner::make, "make", ReportKind::make_output},
                               RunnerRow{Runner::generic, "generic", ReportKind::junit}};

// One row a code, one column a runner, in the order of Runner.
// pytest: ExitCode in its documentation; 2 is an interruption and a collection error.
// ctest: 8 says that a test failed and, with --no-tests=error, that there are none; 1, 2 and 4
// belong
//   to its dashboard steps and its command line.
// node: "Exit codes" in its documentation; 1 is also an uncaught exception, 7 one in a handler, 9
// an
//   invalid argument, 13 a top-level await that never settled.
// go: 1 is a failing test, 2 a failing build and, in places, a usage error (cmd/go).
// cargo: 101 is a failing test, a failing build and a panic of cargo; 1 an error before that.
// maven: 1 is anything that failed.
// make: GNU make's manual: 1 is for -q alone, 2 any error.
struct Row {
  int code;
  std::array<Meaning, k_runners.size()> meanings;
};
constexpr auto same(Meaning meaning) {
  return std::array<Meaning, k_runners.size()>{meaning, meaning, meaning, meaning,
                                               meaning, meaning, meaning, meaning};
}
constexpr std::array k_rows{
    //      pytest         ctest          node           go             cargo          maven
    //      make           generic
    Row{0, same(M::passed)},
    Row{1,
        {M::failed, M::broken_run, M::failed, M::by_report, M::broken_run, M::by_report, M::unknown,
         M::failed}},
    Row{2,
        {M::by_report, M::unknown, M::unknown, M::by_report, M::unknown, M::unknown, M::by_report,
         M::unknown}},
    Row{3,
        {M::broken_run, M::unknown, M::broken_run, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{4,
        {M::broken_run, M::unknown, M::broken_run, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{5,
        {M::no_tests, M::unknown, M::crashed, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{7,
        {M::unknown, M::unknown, M::crashed, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{8,
        {M::unknown, M::failed, M::unknown, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{9,
        {M::unknown, M::unknown, M::broken_run, M::unknown, M::unknown, M::unknown, M::unknown,
         M::unknown}},
    Row{13, same(M::unknown)},
    Row{101,
        {M::unknown, M::unknown, M::unknown, M::unknown, M::by_report, M::unknown, M::unknown,
         M::unknown}},
    Row{124, same(M::timed_out)},
    Row{125, same(M::unknown)},
    Row{126, same(M::no_program)},
    Row{127, same(M::no_program)},
    Row{129, same(M::killed)},   // SIGHUP
    Row{130, same(M::killed)},   // SIGINT
    Row{131, same(M::killed)},   // SIGQUIT
    Row{132, same(M::crashed)},  // SIGILL
    Row{134, same(M::crashed)},  // SIGABRT
    Row{135, same(M::crashed)},  // SIGBUS
    Row{136, same(M::crashed)},  // SIGFPE
    Row{137, same(M::killed)},   // SIGKILL: also out of memory
    Row{139, same(M::crashed)},  // SIGSEGV
    Row{143, same(M::killed)},   // SIGTERM
    Row{152, same(M::killed)},   // SIGXCPU
    Row{153, same(M::killed)},   // SIGXFSZ
};

constexpr std::array k_outside_signals{SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGQUIT, SIGXCPU, SIGXFSZ};

const RunnerRow& row_of(Runner runner) {
  return k_runners[static_cast<std::size_t>(runner)];
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin() + 1, words.end(), word) != words.end();
}

bool is_pytest(const std::vector<std::string>& command) {
  const std::string_view program = base_name(command.front());
  if (program == "pytest" || program == "py.test") return true;
  const auto module = std::find(command.begin() + 1, command.end(), "-m");
  return module != command.end() && module + 1 != command.end() && *(module + 1) == "pytest";
}

// What a program is called, and the word that makes it a test run; empty: none is needed.
struct Program {
  std::string_view name;
  std::string_view word;
  Runner runner;
};
constexpr std::array k_programs{
    Program{"ctest", "", Runner::ctest},     Program{"node", "--test", Runner::node},
    Program{"go", "test", Runner::go},       Program{"cargo", "test", Runner::cargo},
    Program{"mvn", "", Runner::maven},       Program{"mvnw", "", Runner::maven},
    Program{"make", "check", Runner::make},  Program{"make", "test", Runner::make},
    Program{"gmake", "check", Runner::make}, Program{"gmake", "test", Runner::make}};

}  // namespace

std::string_view name_of(Runner runner) {
  return row_of(runner).name;
}

ReportKind report_of(Runner runner) {
  return row_of(runner).report;
}

std::string_view name_of(ReportKind kind) {
  switch (kind) {
    case ReportKind::junit:
      return "JUnit XML";
    case ReportKind::surefire:
      return "the surefire folder";
    case ReportKind::go_json:
      return "the events of go test -json";
    case ReportKind::cargo_output:
      return "the results of cargo test";
    case ReportKind::make_output:
      return "automake's summary or TAP";
  }
  return "";
}

Runner runner_of(const std::vector<std::string>& command) {
  if (is_pytest(command)) return Runner::pytest;
  for (const Program& program : k_programs) {
    if (base_name(command.front()) != program.name) continue;
    if (program.word.empty() || holds(command, program.word)) return program.runner;
  }
  return Runner::generic;
}

std::string_view name_of(Meaning meaning) {
  switch (meaning) {
    case Meaning::passed:
      return "passed";
    case Meaning::failed:
      return "failed";
    case Meaning::by_report:
      return "by report";
    case Meaning::no_tests:
      return "no tests";
    case Meaning::broken_run:
      return "broken run";
    case Meaning::no_program:
      return "no program";
    case Meaning::timed_out:
      return "timed out";
    case Meaning::killed:
      return "killed";
    case Meaning::crashed:
      return "crashed";
    case Meaning::unknown:
      return "unknown";
  }
  return "";
}

Meaning meaning_of(Runner runner, int exit_code) {
  const auto* const row =
      std::find_if(k_rows.begin(), k_rows.end(), [&](const Row& r) { return r.code == exit_code; });
  return row == k_rows.end() ? Meaning::unknown : row->meanings[static_cast<std::size_t>(runner)];
}

Meaning meaning_of_signal(int signal) {
  const bool outside = std::find(k_outside_signals.begin(), k_outside_signals.end(), signal) !=
                       k_outside_signals.end();
  return outside ? Meaning::killed : Meaning::crashed;
}

std::vector<int> codes_with_a_row() {
  std::vector<int> codes;
  for (const Row& row : k_rows) codes.push_back(row.code);
  return codes;
}

}  // namespace test_runner
