// SPDX-License-Identifier: Apache-2.0
#include "lines_check.h"

#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace lines_check {

using namespace orchestrator::plugin;

namespace {

// The settings fit the schema already, so one known key with a number is all there can be. A plugin
// with more settings brings a JSON library of its own.
long number_after(std::string_view json, std::string_view key, long otherwise) {
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return otherwise;
  const std::size_t digits = json.find_first_of("0123456789", at + key.size());
  return digits == std::string_view::npos ? otherwise
                                          : std::strtol(json.data() + digits, nullptr, 10);
}

struct Longest {
  long lines = 0;
  std::string file;
  int files = 0;
};

// "   120 ./src/a.cpp" a line; the totals that xargs may produce in between count nothing new.
Longest longest_in(const std::string& wc_output) {
  Longest longest;
  std::istringstream lines(wc_output);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream columns(line);
    long count = 0;
    std::string file;
    if (!(columns >> count) || !std::getline(columns >> std::ws, file) || file == "total") continue;
    ++longest.files;
    if (count > longest.lines) {
      longest.lines = count;
      longest.file = file;
    }
  }
  return longest;
}

// An infrastructure fault is never a statement about the code.
Outcome not_counted(const ProcessEnd& end) {
  if (const auto* missing = std::get_if<NotStarted>(&end)) {
    if (missing->error_number == ENOENT) return Hold{Why::tool_missing, missing->text};
    return Defer{Why::resource, missing->text};
  }
  if (std::holds_alternative<TimedOut>(end)) return Defer{Why::timeout, "counting took too long"};
  if (std::holds_alternative<Cancelled>(end)) return Defer{Why::cancelled, "cancelled"};
  if (std::holds_alternative<Signalled>(end)) return Defer{Why::resource, "find was killed"};
  return Hold{Why::unknown, "find ended in a way this plugin does not know"};
}

}  // namespace

std::optional<std::string> LinesCheck::configure(std::string_view settings_json) {
  most_lines_ = number_after(settings_json, "\"most_lines\"", most_lines_);
  if (most_lines_ < 1) return "most_lines: must be at least 1";
  return std::nullopt;
}

Answer LinesCheck::accepts(const Request& request) {
  if (request.verification().empty())
    return Decline{Why::no_contract, "the task has no repository"};
  return Accept{};
}

Outcome LinesCheck::produce(const Request& request, Host& host) {
  Process count{.argv = {"find", ".", "-type", "f", "-exec", "wc", "-l", "{}", "+"},
                .cwd = std::string(request.verification())};
  const ProcessResult counted = host.run(count);
  const auto* exited = std::get_if<Exited>(&counted.end);
  if (exited == nullptr || exited->code != 0 || counted.truncated) return not_counted(counted.end);

  const Longest longest = longest_in(counted.out);
  if (longest.files == 0) return Verdict{"BLOCKED", "there is no file to look at", ""};
  const std::string summary = longest.file + " has " + std::to_string(longest.lines) + " lines, " +
                              std::to_string(most_lines_) + " are allowed";
  const bool is_short = longest.lines <= most_lines_;
  return Verdict{is_short ? "PASS" : "FAIL", summary,
                 "# Lines\n\n" + std::to_string(longest.files) + " files; " + summary + ".\n"};
}

}  // namespace lines_check
