// SPDX-License-Identifier: Apache-2.0
#include "classify.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <variant>

#include "fault_text.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

constexpr std::size_t k_detail_cap = 300;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

struct ErrnoRow {
  int error_number;
  AgentEnd end;
};
constexpr std::array k_start_errors{
    ErrnoRow{ENOENT, AgentEnd::tool_missing},  ErrnoRow{EACCES, AgentEnd::tool_missing},
    ErrnoRow{ENOEXEC, AgentEnd::tool_missing}, ErrnoRow{ENOTDIR, AgentEnd::tool_missing},
    ErrnoRow{EAGAIN, AgentEnd::no_resources},  ErrnoRow{ENOMEM, AgentEnd::no_resources},
    ErrnoRow{EMFILE, AgentEnd::no_resources},  ErrnoRow{ENFILE, AgentEnd::no_resources},
    ErrnoRow{E2BIG, AgentEnd::bad_command}};

Ending not_started(const sdk::NotStarted& failure) {
  for (const ErrnoRow& row : k_start_errors) {
    if (row.error_number == failure.error_number)
      return {row.end, printable(failure.text, k_detail_cap)};
  }
  return {AgentEnd::unknown, "not started: " + printable(failure.text, k_detail_cap)};
}

Ending signalled(int signal) {
  const bool from_outside = signal == SIGKILL || signal == SIGTERM;
  return {from_outside ? AgentEnd::killed : AgentEnd::crashed, "signal " + std::to_string(signal)};
}

Ending reported(const AgentReport& report) {
  const sdk::Milliseconds retry = report.retry_after.value_or(rule_of(*report.fault).retry_after);
  return {*report.fault, printable(report.message, k_detail_cap), retry};
}

std::string exit_text(int code, const RunEvidence& evidence) {
  std::string text = "exit " + std::to_string(code);
  if (!evidence.stderr_tail.empty()) text += ": " + evidence.stderr_tail;
  return text;
}

bool is_usage_exit(int code) {
  return code == 1 || code == 2 || code == 41 || code == 42;
}

Ending exited(int code, const RunEvidence& evidence) {
  const AgentReport& report = evidence.report;
  if (report.fault) return reported(report);
  const std::string text = exit_text(code, evidence);
  if (code == 0) {
    if (always_closes(evidence.dialect) && !report.closed) {
      return {AgentEnd::no_result, "no closing event in its output",
              rule_of(AgentEnd::no_result).retry_after};
    }
    return {AgentEnd::ok, {}};
  }
  // A shell, or the program itself, passing on that it was ended from outside.
  if (code == 128 + SIGKILL || code == 128 + SIGTERM) return {AgentEnd::killed, text};
  // Only a program known to speak as soon as it understood its arguments tells something by
  // silence.
  if (always_closes(evidence.dialect) && !evidence.spoke && is_usage_exit(code)) {
    const bool locked_out = fault_from_text(evidence.stderr_tail, std::nullopt) == AgentEnd::auth;
    return {locked_out ? AgentEnd::auth : AgentEnd::usage_error, text};
  }
  return {AgentEnd::unknown, text};
}

}  // namespace

Ending classify(const sdk::ProcessEnd& end, const RunEvidence& evidence) {
  return std::visit(Overloaded{
                        [](const sdk::TimedOut&) {
                          return Ending{AgentEnd::timeout, {}};
                        },
                        [](const sdk::Cancelled&) {
                          return Ending{AgentEnd::cancelled, {}};
                        },
                        [](const sdk::NotStarted& failure) { return not_started(failure); },
                        [&](const sdk::Signalled& s) {
                          return evidence.report.fault ? reported(evidence.report)
                                                       : signalled(s.signal);
                        },
                        [&](const sdk::Exited& e) { return exited(e.code, evidence); },
                    },
                    end);
}

sdk::Outcome outcome_of(const Ending& ending, const std::string& program) {
  const EndRule& rule = rule_of(ending.end);
  std::string text = program + " " + std::string(rule.text);
  if (!ending.detail.empty()) text += ": " + ending.detail;
  switch (rule.fate) {
    case Fate::verdict:
      return sdk::Verdict{"", std::move(text)};
    case Fate::defer:
      return sdk::Defer{rule.why, std::move(text), ending.retry_after};
    case Fate::hold:
      return sdk::Hold{rule.why, std::move(text)};
  }
  return sdk::Hold{sdk::Why::unknown, std::move(text)};
}

}  // namespace llm_spawner
