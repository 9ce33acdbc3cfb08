// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "report_text.h"

namespace staging_runner {

namespace {

using report_text::in_words;
using report_text::inline_code;

constexpr std::size_t k_shown_log_lines = 120;
constexpr std::size_t k_shown_log_bytes = 32 * 1024;

std::string row(const char* name, const std::string& value) {
  return std::string("| ") + name + " | " + value + " |\n";
}

std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& argument : argv) {
    if (!line.empty()) line += ' ';
    const bool simple =
        !argument.empty() && argument.find_first_of(" \n\t'\"\\$") == std::string::npos;
    line += simple ? argument : quoted(argument);
  }
  return line;
}

std::string_view word(Verdict verdict) {
  return verdict == Verdict::success ? "SUCCESS" : "FAILED";
}

std::string codes(const std::vector<int>& list) {
  std::string text;
  for (const int code : list) text += (text.empty() ? "" : ", ") + std::to_string(code);
  return text;
}

std::string asked(const RevisionSettings& revision) {
  return revision.file.empty() ? inline_code(command_line(revision.command), 200)
                               : inline_code(revision.file, 200);
}

// What proves that the suite ran against the commit.
std::string proof(const Run& run) {
  const auto& revision = run.settings.revision;
  if (!revision && !run.settings.ssh) return "the host's own checkout of this commit";
  if (!revision) return "**not proven**: the configuration says that nothing is read back";
  const std::string after = inline_code(run.after ? run.after->text : "", 80);
  if (!revision->before) return after + " after the suite, told by " + asked(*revision);
  return after + " before and after the suite, told by " + asked(*revision);
}

std::string facts(const Run& run) {
  const Settings& settings = run.settings;
  std::string table = "| | |\n| --- | --- |\n";
  table += row("result", "**" + std::string(word(run.verdict)) + "**, exit code " +
                             std::to_string(run.exit_code) +
                             " (success: " + codes(settings.success_codes) +
                             "; failed: " + codes(settings.failed_codes) + ")");
  table += row("took", in_words(run.result.duration) + " of at most " + in_words(settings.timeout));
  if (!run.request.commit().empty())
    table += row("commit", inline_code(run.request.commit(), 64) + " on " +
                               inline_code(run.request.branch(), 120));
  table += row("revision", proof(run));
  table += row("where", settings.ssh ? inline_code(settings.ssh->target, 200) + " over ssh"
                                     : "this machine");
  if (!settings.cwd.empty()) table += row("folder", inline_code(settings.cwd, 200));
  table += row("command", inline_code(command_line(run.command), 400));
  return table + '\n';
}

std::string evidence(const Run& run) {
  std::string text = "## Why this is the suite's own result\n\n";
  text += run.settings.ssh
              ? "- A supervising shell on the target marked the start of the suite and its end "
                "with this exit code, both with a random number of this run.\n"
                "- A fault of ssh, of the login or of the connection leaves no such marks; it "
                "holds or defers the task and is never reported here.\n"
              : "- The suite was started here and ended by itself with this exit code.\n";
  return text + "- The verdict is the exit code's alone; what the suite printed played no part.\n";
}

}  // namespace

std::string summary(const Run& run) {
  return std::string(word(run.verdict)) + ": the staging suite ended with code " +
         std::to_string(run.exit_code) + " after " + in_words(run.result.duration);
}

std::string report_body(const Run& run) {
  return "# Staging log: " + report_text::one_line(run.request.work_item(), 100) + "\n\n" +
         facts(run) + report_text::log_section("Log", {run.result.out, run.result.err, run.result.truncated,
                                           k_shown_log_lines, k_shown_log_bytes}) + '\n' + evidence(run);
}

}  // namespace staging_runner
