// SPDX-License-Identifier: Apache-2.0
// `cargo test`: what libtest prints. A test that writes past libtest's capture can break a line of
// it, so the counts come from the result lines and must add up with the announced ones.
#include <algorithm>
#include <charconv>

#include "output_report.h"

namespace test_runner {

namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// The number directly before `word` in "test result: ok. 3 passed; 0 failed; …".
std::int64_t count_before(std::string_view line, std::string_view word) {
  const std::size_t at = line.find(word);
  if (at == std::string_view::npos) return -1;
  std::size_t start = at;
  while (start > 0 && line[start - 1] >= '0' && line[start - 1] <= '9') --start;
  std::int64_t value = -1;
  std::from_chars(line.data() + start, line.data() + at, value);
  return value;
}

class CargoReader final : public LineReader {
 public:
  void out(std::string_view line) override {
    if (starts_with(line, "running ") && count_before(line, " test") >= 0) {
      if (announced_ >= 0) broken_ = "a test program ended without its result";
      announced_ = count_before(line, " test");
      saw_program_ = true;
      return;
    }
    if (starts_with(line, "test result: ")) return take_result(line);
    if (starts_with(line, "---- ") && line.size() > 12 && line.find(" stdout ----") != line.npos) {
      current_ = line.substr(5, line.find(" stdout ----") - 5);
      messages_.emplace_back(current_, "");
      in_list_ = false;
      return;
    }
    if (line == "failures:") {
      in_list_ = true;
      current_.clear();
      return;
    }
    if (in_list_ && starts_with(line, "    ") && announced_ >= 0) {
      failing_.emplace_back(line.substr(4));
    } else if (!current_.empty() && messages_.back().second.size() < k_max_message) {
      messages_.back().second += std::string(line) + "\n";
    }
  }

  // Cargo's own and rustc's, as long as no test program has begun.
  void err(std::string_view line) override {
    if (starts_with(line, "error[E0463]")) return;  // a dependency is missing
    if (starts_with(line, "error")) error_line_ = line;
    const bool is_place = line.find("--> ") != std::string_view::npos;
    if (is_place && !error_line_.empty() && !saw_program_) {
      diagnostics_ += error_line_ + "\n" + std::string(line) + "\n";
      error_line_.clear();
    }
    if (starts_with(line, "error: could not compile")) could_not_compile_ = true;
  }

  std::variant<TestReport, BadReport> finish() override {
    if (!broken_.empty()) return BadReport{broken_};
    if (announced_ >= 0) return BadReport{"it ends within a test program"};
    if (could_not_compile_ && !diagnostics_.empty()) {
      report_.add({.name = "the crate does not compile",
                   .result = CaseResult::error,
                   .seconds = 0,
                   .message = diagnostics_});
    } else if (!saw_program_) {
      return BadReport{"no test program was started"};
    }
    return std::move(report_);
  }

 private:
  void take_result(std::string_view line) {
    const std::int64_t passed = count_before(line, " passed");
    const std::int64_t failed = count_before(line, " failed");
    const std::int64_t ignored = count_before(line, " ignored");
    const std::int64_t filtered = std::max<std::int64_t>(0, count_before(line, " filtered out"));
    (void)filtered;  // not among the announced
    if (announced_ < 0 || passed < 0 || failed < 0 || ignored < 0 ||
        passed + failed + ignored != announced_) {
      broken_ = "a result does not fit what was announced";
      return;
    }
    announced_ = -1;
    report_.passed += passed;
    report_.skipped += ignored;
    take_failing(failed);
    const std::size_t time = line.find("finished in ");
    if (time != std::string_view::npos)
      report_.seconds += std::strtod(std::string(line.substr(time + 12)).c_str(), nullptr);
  }

  void take_failing(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(i);
      TestCase test{.name = index < failing_.size() ? failing_[index] : "a test without a name",
                    .result = CaseResult::failed,
                    .seconds = 0,
                    .message = ""};
      for (const auto& [name, message] : messages_) {
        if (name == test.name) test.message = message;
      }
      report_.add(std::move(test));
    }
    failing_.clear();
    messages_.clear();
    current_.clear();
    in_list_ = false;
  }

  TestReport report_;
  std::int64_t announced_ = -1;  // tests of the program that runs; -1: none runs
  bool saw_program_ = false;
  bool in_list_ = false;
  bool could_not_compile_ = false;
  std::string current_;
  std::vector<std::string> failing_;
  std::vector<std::pair<std::string, std::string>> messages_;
  std::string error_line_;
  std::string diagnostics_;
  std::string broken_;
};

}  // namespace

std::unique_ptr<LineReader> make_cargo_reader() {
  return std::make_unique<CargoReader>();
}

}  // namespace test_runner
