// SPDX-License-Identifier: Apache-2.0
// `make check`: the summaries of automake's parallel test harness, or a TAP stream (TAP 13 and 14:
// a plan, and one line a test).
#include <algorithm>
#include <array>
#include <charconv>

#include "output_report.h"

namespace test_runner {

namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

struct Word {
  std::string_view word;
  CaseResult result;
};
// Automake's results; an expected failure shows nothing, an unexpected pass is a failure.
constexpr std::array k_words{Word{"PASS", CaseResult::passed},   Word{"SKIP", CaseResult::skipped},
                             Word{"XFAIL", CaseResult::skipped}, Word{"FAIL", CaseResult::failed},
                             Word{"XPASS", CaseResult::failed},  Word{"ERROR", CaseResult::error}};

class MakeReader final : public LineReader {
 public:
  void out(std::string_view line) override {
    if (take_tap(line)) return;
    for (const Word& word : k_words) {
      std::string_view rest = line;
      if (take_prefix(rest, word.word) && take_prefix(rest, ": ")) {
        report_.add({.name = std::string(without_blanks(rest)),
                     .result = word.result,
                     .seconds = 0,
                     .message = ""});
        return;
      }
    }
    std::string_view rest = line;
    if (take_prefix(rest, "# TOTAL:")) {
      rest = without_blanks(rest);
      summaries_ = true;
      total_ += take_number(rest).value_or(0);
    }
  }

  std::variant<TestReport, BadReport> finish() override {
    if (!broken_.empty()) return BadReport{broken_};
    if (planned_ && *planned_ != tap_tests_)
      return BadReport{"TAP planned " + std::to_string(*planned_) + " tests, " +
                       std::to_string(tap_tests_) + " are there"};
    if (tap_tests_ > 0 && !planned_) return BadReport{"the TAP stream has no plan"};
    if (tap_tests_ == 0 && !planned_ && !summaries_)
      return BadReport{"it holds neither automake's summary nor TAP"};
    if (summaries_ && total_ != report_.tests() - tap_tests_)
      return BadReport{"automake counted " + std::to_string(total_) + " tests, " +
                       std::to_string(report_.tests() - tap_tests_) + " are listed"};
    if (!summaries_ && report_.tests() != tap_tests_)
      return BadReport{"automake's summary is missing"};
    return std::move(report_);
  }

 private:
  // "1..4", "ok 1 - name", "not ok 2 - name # TODO why", "Bail out!"
  bool take_tap(std::string_view line) {
    std::string_view rest = line;
    if (take_prefix(rest, "1..")) {
      const auto number = take_number(rest);
      if (!number) return false;
      if (planned_) broken_ = "the TAP stream has two plans";
      planned_ = number;
      return true;
    }
    if (take_prefix(rest, "Bail out!")) {
      broken_ = "the tests gave up: " + std::string(without_blanks(rest)).substr(0, 200);
      return true;
    }
    const bool failed = take_prefix(rest, "not ok");
    if (!failed && !take_prefix(rest, "ok")) return false;
    if (!rest.empty() && rest.front() != ' ') return false;
    rest = without_blanks(rest);
    (void)take_number(rest);
    rest = without_blanks(rest);
    if (take_prefix(rest, "- ")) rest = without_blanks(rest);
    ++tap_tests_;
    const std::size_t directive = rest.substr(0, 2) == "# " ? 0 : rest.find(" # ");
    std::string_view mark = directive == std::string_view::npos ? "" : rest.substr(directive);
    mark.remove_prefix(std::min(mark.find_first_not_of(" #"), mark.size()));
    const bool is_put_off = mark.substr(0, 4) == "SKIP" || mark.substr(0, 4) == "skip" ||
                            mark.substr(0, 4) == "TODO" || mark.substr(0, 4) == "todo";
    report_.add({.name = std::string(rest.substr(0, directive)),
                 .result = is_put_off ? CaseResult::skipped
                           : failed   ? CaseResult::failed
                                      : CaseResult::passed,
                 .seconds = 0,
                 .message = ""});
    return true;
  }

  TestReport report_;
  std::int64_t tap_tests_ = 0;
  std::optional<std::int64_t> planned_;
  bool summaries_ = false;
  std::int64_t total_ = 0;
  std::string broken_;
};

}  // namespace

std::unique_ptr<LineReader> make_make_reader() {
  return std::make_unique<MakeReader>();
}

}  // namespace test_runner
