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
constexpr std::size_t k_shown_names = 40;

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

std::string names(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < k_shown_names; ++i)
    text += "- " + inline_code(all[i], 300) + '\n';
  if (all.size() > k_shown_names)
    text += "- … and " + std::to_string(all.size() - k_shown_names) + " more\n";
  return text;
}

const TestReport* report_of(const Findings& findings) {
  return findings.run == nullptr ? nullptr : std::get_if<TestReport>(&findings.run->evidence);
}

std::string required(const Findings& findings) {
  std::int64_t least = findings.run->suite.min_tests;
  if (findings.floor && findings.floor->executed)
    least = std::max(least, *findings.floor->executed);
  return std::to_string(least);
}

std::string counts(const Findings& findings) {
  const TestReport* const report = report_of(findings);
  if (report == nullptr) return {};
  std::string table =
      "| tests | passed | failed | errors | skipped | executed | required |\n"
      "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const std::int64_t count : {report->tests(), report->passed, report->failed, report->errors,
                                   report->skipped, report->executed()})
    table += "| " + std::to_string(count) + ' ';
  return table + "| " + required(findings) + " |\n\n";
}

std::string notes(const Judgement& judgement) {
  std::string text;
  for (const std::string& note : judgement.notes) text += "> " + note + "\n>\n";
  if (!text.empty()) text.erase(text.size() - 2);
  return text.empty() ? text : text + '\n';
}

std::string failures(const TestReport& report) {
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

std::string flaky(const TestReport& report) {
  if (report.flaky.empty()) return {};
  return "## Flaky tests\n\nThese failed first and passed when they were run again:\n\n" +
         names(report.flaky) + '\n';
}

std::string slowest(const TestReport& report) {
  if (report.slowest.empty() || report.slowest.front().seconds < 0.1) return {};
  std::string text = "## Slowest tests\n\n| test | time |\n| --- | ---: |\n";
  for (const TestCase& test : report.slowest)
    text += "| " + inline_code(test.name, 200) + " | " + seconds(test.seconds) + " |\n";
  return text + '\n';
}

std::string facts(const Findings& findings) {
  const auto& request = findings.request;
  std::string table = "## How it ran\n\n| | |\n| --- | --- |\n";
  if (findings.run != nullptr) {
    const SuiteRun& run = *findings.run;
    table += row("command", inline_code(command_line(run.suite.command), 400));
    table += row("taken from", run.suite.source);
    table += row("report", std::string(name_of(run.suite.report)));
    if (!run.runner_version.empty()) table += row("runner", inline_code(run.runner_version, 120));
    table += row("duration", in_words(run.result.duration));
    if (const auto* exited = std::get_if<Exited>(&run.result.end)) {
      const int code = exited->code;
      table += row("exit code", std::to_string(code) + " (" +
                                    std::string(name_of(meaning_of(run.suite, code))) + ")");
    }
  }
  if (!request.commit().empty())
    table += row("commit",
                 inline_code(request.commit(), 64) + " on " + inline_code(request.branch(), 120));
  table += row("checkout", request.verification().empty()
                               ? "the task's own folder: there is no repository"
                               : "made by the host from exactly this commit");
  return table + '\n';
}

std::string surface_section(const Findings& findings) {
  const Surface& surface = findings.surface;
  std::string text = "## Test surface\n\n";
  if (!surface.known) return text + "Not compared: " + surface.reason + ".\n\n";
  if (surface.files.empty())
    return text + "This branch changes no test, test configuration or build file.\n\n";
  text += "This branch changes " + plural(static_cast<std::int64_t>(surface.files.size()), "file") +
          " that decide what these tests check";
  text += findings.policy == SurfacePolicy::base
              ? "; the suite ran with the base's versions of them, new tests beside:\n\n"
              : ":\n\n";
  return text + names(surface.files) + '\n';
}

std::string smoke_section(const std::vector<SmokeAnswer>& answers) {
  if (answers.empty()) return {};
  std::string text = "## Running instance\n\n| question | answer |\n| --- | --- |\n";
  for (const SmokeAnswer& answer : answers)
    text += row(inline_code(answer.path, 60),
                (answer.good ? "" : "**wrong**: ") + report_text::one_line(answer.text, 120));
  return text + '\n';
}

std::string limits(const Findings& findings) {
  std::string text = "## What this proves\n\n";
  if (findings.run == nullptr) return text + "Nothing yet: the suite was not started.\n\n";
  if (findings.judgement.result == Result::fail)
    return text +
           "The suite really ran on this commit, and it is red. What it printed played no part in "
           "that.\n\n";
  text +=
      "The runner was found by a step of our own, the suite ended by itself with a passing code, "
      "and "
      "there is a well-formed report of this run with no failure in it. ";
  const std::optional<Floor>& floor = findings.floor;
  text += !floor ? "The number of executed tests was not compared with the base. "
          : floor->executed
              ? "At least as many tests were executed as on the base (" + floor->source +
                    "), or a human approved this content. "
              : "How many tests the base executes is not known (" + floor->source + "). ";
  return text +
         "The report is written by the tested code: it can show that something is wrong, it cannot "
         "prove that the tests mean what they say. A branch that changes its tests, or what runs "
         "them, "
         "so that both tell the same lie is not found out by this alone; the test surface above "
         "and its "
         "review are what proves the rest.\n\n";
}

// Enough names for the developer who reads this as the reason of a rollback.
std::string first_failing(const TestReport& report) {
  constexpr std::size_t k_named = 5;
  std::string text;
  for (std::size_t i = 0; i < report.failing.size() && i < k_named; ++i)
    text += (i == 0 ? "" : ", ") + report_text::one_line(report.failing[i].name, 120);
  const std::int64_t more = report.failed + report.errors -
                            static_cast<std::int64_t>(std::min(report.failing.size(), k_named));
  return more > 0 ? text + " and " + std::to_string(more) + " more" : text;
}

}  // namespace

const char* token_of(Result result) {
  switch (result) {
    case Result::pass:
      return "PASS";
    case Result::fail:
      return "FAIL";
    case Result::blocked:
      return "BLOCKED";
  }
  return "";
}

std::string summary(const Findings& findings) {
  std::string text = std::string(token_of(findings.judgement.result)) + ": ";
  const TestReport* const report = report_of(findings);
  if (report == nullptr) return text + findings.judgement.notes.front();
  if (report->is_red()) text += plural(report->failed + report->errors, "test") + " failed, ";
  text += std::to_string(report->passed) + " passed";
  if (report->skipped > 0) text += ", " + std::to_string(report->skipped) + " skipped";
  if (!report->flaky.empty()) text += ", " + std::to_string(report->flaky.size()) + " flaky";
  text += ", in " + in_words(findings.run->result.duration);
  if (!report->failing.empty()) return text + "; failing: " + first_failing(*report);
  const bool is_plain = findings.judgement.result == Result::pass;
  return is_plain || findings.judgement.notes.empty() ? text
                                                      : text + "; " + findings.judgement.notes[0];
}

std::string report_body(const Findings& findings) {
  std::string body = "# Test report\n\n**" + report_text::one_line(summary(findings), 600) +
                     "**\n\n" + counts(findings) + notes(findings.judgement);
  if (const TestReport* const report = report_of(findings))
    body += failures(*report) + flaky(*report) + facts(findings) + slowest(*report);
  else
    body += facts(findings);
  body += surface_section(findings) + smoke_section(findings.smoke) + limits(findings);
  if (findings.run == nullptr) return body;
  const auto& result = findings.run->result;
  return body +
         report_text::log_section("End of the log", {result.out, result.err, result.truncated});
}

}  // namespace test_runner
