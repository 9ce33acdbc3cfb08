// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>

#include "report_text.h"

namespace test_runner {

namespace {

using report_text::fenced;
using report_text::in_words;
using report_text::inline_code;
using report_text::tail;

using orchestrator::plugin::Exited;

constexpr std::size_t k_shown_failures = 25;
constexpr std::size_t k_shown_message_lines = 40;
constexpr std::size_t k_shown_message_bytes = 4000;
constexpr std::size_t k_shown_log_lines = 60;
constexpr std::size_t k_shown_log_bytes = 16 * 1024;
constexpr std::size_t k_shown_files = 40;

std::string plural(std::int64_t count, const char* word) {
  return std::to_string(count) + ' ' + word + (count == 1 ? "" : "s");
}

std::string seconds(double value) {
  return in_words(std::chrono::milliseconds(static_cast<std::int64_t>(value * 1000)));
}

std::string row(const std::string& name, const std::string& value) {
  return "| " + name + " | " + value + " |\n";
}

std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& argument : argv) {
    if (!line.empty()) line += ' ';
    const bool simple =
        !argument.empty() && argument.find_first_of(" \n\t'\"\\$") == std::string::npos;
    line += simple ? argument : '"' + argument + '"';
  }
  return line;
}

std::string facts(const Run& run) {
  std::string table = "| | |\n| --- | --- |\n";
  table += row("command", inline_code(command_line(run.suite.command), 400));
  table += row("taken from", run.suite.source);
  if (!run.runner_version.empty()) table += row("runner", inline_code(run.runner_version, 120));
  if (!run.request.commit().empty())
    table += row("commit", inline_code(run.request.commit(), 64) + " on " +
                               inline_code(run.request.branch(), 120));
  table += row("checkout", run.request.verification().empty()
                               ? "the task's own folder: there is no repository"
                               : "made by the host from exactly this commit");
  table += row("duration", in_words(run.result.duration));
  if (const auto* exited = std::get_if<Exited>(&run.result.end))
    table += row("exit code", std::to_string(exited->code));
  return table + '\n';
}

std::string counts(const Run& run) {
  const JunitReport& report = run.report;
  std::string table =
      "| tests | passed | failed | errors | skipped | executed | required |\n"
      "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const std::int64_t count : {report.tests(), report.passed, report.failed, report.errors,
                                   report.skipped, report.executed(), run.suite.min_tests})
    table += "| " + std::to_string(count) + ' ';
  return table + "|\n\n";
}

std::string failures(const JunitReport& report) {
  if (report.failing.empty()) return {};
  std::string text = "## Failing tests\n\n";
  std::size_t shown = 0;
  for (const TestCase& test : report.failing) {
    if (++shown > k_shown_failures) break;
    text += std::to_string(shown) + ". " + inline_code(test.name, 300) +
            (test.result == CaseResult::error ? " – error" : "") + ", " + seconds(test.seconds) +
            "\n\n";
    const std::string message = tail(test.message, k_shown_message_lines, k_shown_message_bytes);
    if (!message.empty()) text += fenced(message) + '\n';
  }
  const auto all = static_cast<std::size_t>(report.failed + report.errors);
  if (all > k_shown_failures)
    text += "… and " + std::to_string(all - k_shown_failures) + " more.\n\n";
  return text;
}

std::string slowest(const JunitReport& report) {
  if (report.slowest.empty() || report.slowest.front().seconds < 0.1) return {};
  std::string text = "## Slowest tests\n\n| test | time |\n| --- | ---: |\n";
  for (const TestCase& test : report.slowest)
    text += "| " + inline_code(test.name, 200) + " | " + seconds(test.seconds) + " |\n";
  return text + '\n';
}

std::string surface_section(const Surface& surface) {
  std::string text = "## Test surface\n\n";
  if (!surface.known) return text + "Not compared: " + surface.reason + ".\n\n";
  if (surface.files.empty())
    return text + "This branch changes no test, test configuration or build file.\n\n";
  text += "This branch changes " + plural(static_cast<std::int64_t>(surface.files.size()), "file") +
          " that decide what these tests check:\n\n";
  for (std::size_t i = 0; i < surface.files.size() && i < k_shown_files; ++i)
    text += "- " + inline_code(surface.files[i], 300) + '\n';
  if (surface.files.size() > k_shown_files)
    text += "- … and " + std::to_string(surface.files.size() - k_shown_files) + " more\n";
  return text + '\n';
}

std::string meaning(const Run& run) {
  std::string text = "## What this shows\n\n";
  if (!run.ran.remark.empty()) text += "Note: " + run.ran.remark + ".\n\n";
  if (run.ran.colour == Colour::red)
    return text +
           "The suite really ran on this commit, and it is red. What it printed played no part in "
           "that.\n\n";
  return text +
         "The runner was found by a step of our own, the suite ended by itself with a passing "
         "code, and it left a "
         "well-formed report of this run with the required number of executed tests and no "
         "failure. The report is "
         "written by the tested code: it can show that something is wrong, it cannot prove that "
         "the tests mean what "
         "they say. What proves that is the test surface above and its review.\n\n";
}

// Enough names for the developer who reads this as the reason of a rollback.
std::string first_failing(const JunitReport& report) {
  constexpr std::size_t k_named = 5;
  std::string names;
  for (std::size_t i = 0; i < report.failing.size() && i < k_named; ++i)
    names += (i == 0 ? "" : ", ") + report_text::one_line(report.failing[i].name, 120);
  const std::int64_t more = report.failed + report.errors -
                            static_cast<std::int64_t>(std::min(report.failing.size(), k_named));
  return more > 0 ? names + " and " + std::to_string(more) + " more" : names;
}

std::string log_section(const Run& run) {
  std::string text = "## End of the log\n\n";
  const std::string out = tail(run.result.out, k_shown_log_lines, k_shown_log_bytes);
  const std::string err = tail(run.result.err, k_shown_log_lines, k_shown_log_bytes);
  if (out.empty() && err.empty()) return text + "The command printed nothing.\n";
  if (!out.empty()) text += fenced(out);
  if (!out.empty() && !err.empty()) text += "\nstandard error:\n\n";
  if (!err.empty()) text += fenced(err);
  if (run.result.truncated) text += "\nThe middle of the output was dropped.\n";
  return text;
}

}  // namespace

std::string summary(const Run& run) {
  const JunitReport& report = run.report;
  std::string text = run.ran.colour == Colour::green ? "PASS: " : "FAIL: ";
  if (report.is_red()) text += plural(report.failed + report.errors, "test") + " failed, ";
  text += std::to_string(report.passed) + " passed";
  if (report.skipped > 0) text += ", " + std::to_string(report.skipped) + " skipped";
  text += ", in " + in_words(run.result.duration);
  return report.failing.empty() ? text : text + "; failing: " + first_failing(report);
}

std::string report_body(const Run& run) {
  return "# Test report\n\n**" + summary(run) + "**\n\n" + facts(run) + counts(run) +
         failures(run.report) + slowest(run.report) + surface_section(run.surface) + meaning(run) +
         log_section(run);
}

}  // namespace test_runner
