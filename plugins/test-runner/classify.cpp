// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace test_runner {

namespace {

using orchestrator::plugin::Cancelled;
using orchestrator::plugin::Exited;
using orchestrator::plugin::NotStarted;
using orchestrator::plugin::ProcessEnd;
using orchestrator::plugin::Signalled;
using orchestrator::plugin::TimedOut;
using orchestrator::plugin::Why;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

bool holds(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// 124 is timeout(1)'s only where the contract starts it; a suite may exit with any number.
bool starts_timeout(const Suite& suite) {
  const std::string& program = suite.command.front();
  return program.substr(program.rfind('/') + 1) == "timeout";
}

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

Ending not_started(const std::string& what, const NotStarted& end) {
  switch (end.error_number) {
    case ENOENT:
    case EACCES:
    case ENOEXEC:
      return EnvironmentDefect{Why::tool_missing, what + " cannot be started: " + end.text};
    case ENOTDIR:
      return EnvironmentDefect{Why::config, what + " has no folder to run in: " + end.text};
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Transient{Why::resource, what + " could not be started now: " + end.text};
    default:
      return Unknown{what + " was not started: " + end.text};
  }
}

Ending by_exit_and_report(const Suite& suite, Meaning meaning, const std::string& ended,
                          const Evidence& evidence) {
  if (const auto* none = std::get_if<NoEvidence>(&evidence)) {
    // A doubtful code beside no report proves nothing, not even whose fault it is.
    if (meaning == Meaning::by_report) return Unknown{ended + ", and " + none->reason};
    return EnvironmentDefect{Why::contract_broken, ended + ", but " + none->reason};
  }
  const auto& report = std::get<TestReport>(evidence);
  if (report.is_red()) {
    if (meaning != Meaning::passed) return SuiteRan{Colour::red, ""};
    return SuiteRan{Colour::red, ended + ", but its report shows failures: the report counts"};
  }
  if (report.executed() < suite.min_tests) {
    return EnvironmentDefect{Why::contract_broken, ended + ", but only " +
                                                       std::to_string(report.executed()) +
                                                       " tests were executed of at least " +
                                                       std::to_string(suite.min_tests)};
  }
  if (meaning == Meaning::passed) return SuiteRan{Colour::green, ""};
  if (meaning == Meaning::failed)
    return SuiteRan{Colour::red,
                    ended + ", though its report lists no failure: the exit code counts"};
  return Unknown{ended + ", and its report shows no failure"};
}

Ending by_meaning(const Suite& suite, Meaning meaning, const std::string& ended,
                  const Evidence& evidence) {
  switch (meaning) {
    case Meaning::passed:
    case Meaning::failed:
    case Meaning::by_report:
      return by_exit_and_report(suite, meaning, ended, evidence);
    case Meaning::no_tests:
      return EnvironmentDefect{Why::contract_broken, ended + ": it found no tests"};
    case Meaning::broken_run:
      return EnvironmentDefect{
          Why::config,
          ended + ": the runner could not start the tests (options, configuration, conftest)"};
    case Meaning::no_program:
      return EnvironmentDefect{Why::tool_missing, ended + ": a program it needs is missing"};
    case Meaning::timed_out:
      return Transient{Why::timeout, ended + ": timeout(1) ended it"};
    case Meaning::killed:
      return Transient{Why::resource, ended + ": it was killed from outside"};
    case Meaning::crashed:
      return Unknown{ended + ": the test process crashed"};
    case Meaning::unknown:
      return Unknown{ended + ": no rule knows this code"};
  }
  return Unknown{ended};
}

}  // namespace

Meaning meaning_of(const Suite& suite, int exit_code) {
  if (holds(suite.pass_codes, exit_code)) return Meaning::passed;
  if (holds(suite.fail_codes, exit_code)) return Meaning::failed;
  const Meaning meaning = test_runner::meaning_of(suite.runner, exit_code);
  const bool replaced = (meaning == Meaning::passed && !suite.pass_codes.empty()) ||
                        (meaning == Meaning::failed && !suite.fail_codes.empty()) ||
                        (meaning == Meaning::timed_out && !starts_timeout(suite));
  return replaced ? Meaning::unknown : meaning;
}

Ending classify(const Suite& suite, const ProcessEnd& end, const Evidence& evidence) {
  const std::string what = "the suite";
  return std::visit(
      Overloaded{[&](const Exited& e) -> Ending {
                   return by_meaning(suite, meaning_of(suite, e.code),
                                     what + " ended with code " + std::to_string(e.code), evidence);
                 },
                 [&](const Signalled& s) -> Ending {
                   return by_meaning(suite, meaning_of_signal(s.signal),
                                     what + " ended by " + signal_name(s.signal), evidence);
                 },
                 [&](const TimedOut&) -> Ending {
                   return Transient{Why::timeout, what + " did not end in its time"};
                 },
                 [&](const NotStarted& n) -> Ending { return not_started(what, n); },
                 [&](const Cancelled&) -> Ending {
                   return Transient{Why::cancelled, what + " was cancelled"};
                 }},
      end);
}

std::optional<Ending> classify_step(const std::string& what, const ProcessEnd& end) {
  return std::visit(
      Overloaded{[&](const Exited& e) -> std::optional<Ending> {
                   if (e.code == 0) return std::nullopt;
                   return Unknown{what + " ended with code " + std::to_string(e.code) +
                                  "; the tests did not run"};
                 },
                 [&](const Signalled& s) -> std::optional<Ending> {
                   const std::string ended = what + " ended by " + signal_name(s.signal);
                   if (meaning_of_signal(s.signal) == Meaning::killed)
                     return Transient{Why::resource, ended};
                   return Unknown{ended};
                 },
                 [&](const TimedOut&) -> std::optional<Ending> {
                   return Transient{Why::timeout, what + " did not end in its time"};
                 },
                 [&](const NotStarted& n) -> std::optional<Ending> { return not_started(what, n); },
                 [&](const Cancelled&) -> std::optional<Ending> {
                   return Transient{Why::cancelled, what + " was cancelled"};
                 }},
      end);
}

}  // namespace test_runner
