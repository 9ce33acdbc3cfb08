// SPDX-License-Identifier: Apache-2.0
// `go test -json`: one event a line (cmd/test2json). What the tests print is inside "output"
// events, so the standard error is go's own, but for a test binary that is built with cgo.
#include <map>
#include <nlohmann/json.hpp>

#include "output_report.h"

namespace test_runner {

namespace {

using Json = nlohmann::json;

constexpr std::size_t k_most_tests = 200'000;

// "path/file.go:12:3: text": a statement of the compiler about the code. A header that cgo does not
// find is none.
bool is_diagnostic(std::string_view line) {
  const std::size_t go = line.find(".go:");
  if (go == std::string_view::npos || line.find(' ') < go) return false;
  const std::size_t digits = line.find_first_not_of("0123456789", go + 4);
  return digits != std::string_view::npos && digits > go + 4 && line[digits] == ':' &&
         line.find("fatal error:") == std::string_view::npos &&
         line.find("No space left") == std::string_view::npos &&
         line.find("no space left") == std::string_view::npos;
}

class GoReader final : public LineReader {
 public:
  void out(std::string_view line) override {
    if (line.empty() || line.front() != '{') return take_plain(line);
    const Json event = Json::parse(line, nullptr, false);
    if (!event.is_object()) {
      broken_ = "a line of it cannot be read";
      return;
    }
    const std::string action = event.value("Action", "");
    const std::string package = event.value("Package", "");
    const std::string test = event.value("Test", "");
    if (action.empty() || package.empty()) return;
    saw_event_ = true;
    if (test.empty()) {
      take_package(package, action, event);
    } else {
      take_test(package, test, action, event);
    }
  }

  void err(std::string_view line) override {
    if (!is_diagnostic(line)) return;
    compiles_ = false;
    if (diagnostics_.size() < k_max_message) diagnostics_ += std::string(line) + "\n";
  }

  std::variant<TestReport, BadReport> finish() override {
    if (!broken_.empty()) return BadReport{broken_};
    if (!saw_event_) return BadReport{"it holds no event of go test"};
    for (const auto& [name, package] : packages_) {
      if (!package.ended) return BadReport{"it ends within the package " + name};
    }
    for (auto& [key, test] : tests_) {
      if (!test.ended && packages_[test.package].passed)
        return BadReport{"the test " + key + " has begun and not ended"};
      report_.add(std::move(test.test));
    }
    if (Json reason = broken_package(); reason.is_string()) return BadReport{reason};
    return std::move(report_);
  }

 private:
  struct Package {
    bool ended = false;
    bool passed = false;
    bool failed = false;
    bool build_failed = false;
    bool cached = false;
    bool has_test = false;
    bool has_failing_test = false;
    bool set_up = true;
    std::string output;
  };
  struct Test {
    std::string package;
    bool ended = false;
    TestCase test;
  };

  void take_package(const std::string& name, const std::string& action, const Json& event) {
    Package& package = packages_[name];
    if (action == "output") {
      const std::string output = event.value("Output", "");
      package.build_failed |= output.find("[build failed]") != std::string::npos;
      package.set_up &= output.find("[setup failed]") == std::string::npos;
      package.cached |= output.find("\t(cached)") != std::string::npos;
      if (package.output.size() < k_max_message) package.output += output;
      return;
    }
    package.passed |= action == "pass";
    package.failed |= action == "fail";
    package.ended |= action == "pass" || action == "fail" || action == "skip";
    report_.seconds += event.value("Elapsed", 0.0);
  }

  void take_test(const std::string& package, const std::string& name, const std::string& action,
                 const Json& event) {
    packages_[package].has_test = true;
    if (tests_.size() > k_most_tests) {
      broken_ = "it holds too many tests";
      return;
    }
    Test& test = tests_[package + "::" + name];
    if (test.test.name.empty()) {
      test.package = package;
      test.test.name = package + "::" + name;
      test.test.result = CaseResult::error;  // until it ends
    }
    if (action == "output") {
      if (test.test.message.size() < k_max_message) test.test.message += event.value("Output", "");
      return;
    }
    const bool failed = action == "fail";
    if (!failed && action != "pass" && action != "skip") return;
    // With -count the same test ends several times; any failure stands.
    if (test.ended && test.test.result == CaseResult::failed) {
      if (action == "pass") report_.add_flaky(test.test.name);
      return;
    }
    test.ended = true;
    test.test.result = failed             ? CaseResult::failed
                       : action == "pass" ? CaseResult::passed
                                          : CaseResult::skipped;
    test.test.seconds = event.value("Elapsed", 0.0);
    packages_[package].has_failing_test |= failed;
  }

  // "FAIL\tpackage [build failed]": what go itself says of a package that no test program was made
  // of. What tests print never stands outside of an event.
  void take_plain(std::string_view line) {
    constexpr std::string_view k_fail = "FAIL\t";
    const std::size_t mark = line.rfind(" [");
    if (line.substr(0, k_fail.size()) != k_fail || mark == std::string_view::npos) return;
    const std::string name(line.substr(k_fail.size(), mark - k_fail.size()));
    Package& package = packages_[name];
    package.ended = package.failed = saw_event_ = true;
    package.build_failed |= line.substr(mark) == " [build failed]";
    package.set_up &= line.substr(mark) != " [setup failed]";
  }

  // A package may fail without a test that did: it did not compile, crashed, or left early. One
  // that failed before its first test says nothing about the code: it may have been started
  // wrongly.
  Json broken_package() {
    for (auto& [name, package] : packages_) {
      if (!package.set_up) return "go could not set up the package " + name;
      if (package.cached) return "the result of the package " + name + " is of an earlier run";
      if (!package.failed || package.has_failing_test) continue;
      if (package.build_failed && compiles_)
        return "the package " + name + " was not built, and no compiler said why";
      if (!package.build_failed && !package.has_test && !report_.is_red())
        return "the package " + name + " failed before its first test";
      report_.add({.name = package.build_failed ? name + " does not compile" : name,
                   .result = CaseResult::error,
                   .seconds = 0,
                   .message = package.build_failed ? diagnostics_ : package.output});
    }
    return nullptr;
  }

  TestReport report_;
  std::map<std::string, Package> packages_;
  std::map<std::string, Test> tests_;
  bool saw_event_ = false;
  bool compiles_ = true;
  std::string diagnostics_;
  std::string broken_;
};

}  // namespace

std::unique_ptr<LineReader> make_go_reader() {
  return std::make_unique<GoReader>();
}

}  // namespace test_runner
