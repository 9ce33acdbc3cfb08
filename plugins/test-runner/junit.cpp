// SPDX-License-Identifier: Apache-2.0
#include "junit.h"

#include <expat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace test_runner {

namespace {

constexpr std::size_t k_max_depth = 16;

std::string_view attribute(const char** attributes, std::string_view name) {
  for (const char** at = attributes; *at != nullptr; at += 2) {
    if (name == *at) return at[1];
  }
  return {};
}

double as_seconds(std::string_view text) {
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(value) && value > 0 ? value : 0;
}

std::int64_t as_count(std::string_view text) {
  const std::int64_t value = std::strtoll(std::string(text).c_str(), nullptr, 10);
  return std::clamp<std::int64_t>(value, 0, 1'000'000'000);
}

// Node lists a file in which no test came to its end as a test that passed.
bool is_node_file(std::string_view name) {
  return name.starts_with('/') &&
         (name.ends_with(".js") || name.ends_with(".mjs") || name.ends_with(".cjs"));
}

// Follows one parse. Expat calls its functions in document order.
class Reader {
 public:
  void start(std::string_view element, const char** attributes) {
    if (path_.size() >= k_max_depth) return refuse("nested too deeply");
    if (path_.empty() && element != "testsuites" && element != "testsuite")
      return refuse("its root is neither testsuites nor testsuite");
    path_.emplace_back(element);
    if (element == "testsuite") start_suite(attributes);
    if (element == "testcase") start_case(attributes);
    if (in_case_) start_detail(element, attributes);
  }

  void end(std::string_view element) {
    if (element == "testcase") end_case();
    if (element == "testsuite") end_suite();
    if (!path_.empty()) path_.pop_back();
  }

  void text(std::string_view characters) {
    if (!takes_text_ || !in_case_) return;
    current_.message +=
        characters.substr(0, k_max_message - std::min(k_max_message, current_.message.size()));
  }

  void refuse(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
  }
  const std::string& reason() const { return reason_; }
  TestReport take() && { return std::move(report_); }

 private:
  // The totals a suite claims, and what its cases add up to. Suites may nest; the claims of an
  // outer one include those of the inner ones.
  struct Suite {
    std::int64_t claimed_failures;
    std::int64_t claimed_errors;
    std::int64_t failed_before;
    std::int64_t errors_before;
    // Failures of tests that were run again: surefire counts them in its totals.
    std::int64_t rerun_failures = 0;
    std::int64_t rerun_errors = 0;
  };

  void start_suite(const char** attributes) {
    if (suites_.empty()) report_.seconds += as_seconds(attribute(attributes, "time"));
    suites_.push_back({as_count(attribute(attributes, "failures")),
                       as_count(attribute(attributes, "errors")), report_.failed, report_.errors});
  }

  void end_suite() {
    const Suite suite = suites_.back();
    suites_.pop_back();
    report_.failed = std::max(report_.failed,
                              suite.failed_before + suite.claimed_failures - suite.rerun_failures);
    report_.errors =
        std::max(report_.errors, suite.errors_before + suite.claimed_errors - suite.rerun_errors);
  }

  void start_case(const char** attributes) {
    if (in_case_) return refuse("a testcase inside a testcase");
    in_case_ = true;
    is_flaky_ = is_todo_ = false;
    current_ = {};
    const std::string_view group = attribute(attributes, "classname");
    const std::string_view name = attribute(attributes, "name");
    is_node_file_ = group == "test" && is_node_file(name);
    if (!group.empty() && group != name) current_.name = std::string(group) + "::";
    current_.name = (current_.name + std::string(name)).substr(0, k_max_name);
    current_.seconds = as_seconds(attribute(attributes, "time"));
    // CTest has no element for a test that is switched off.
    const std::string_view status = attribute(attributes, "status");
    if (status == "disabled" || status == "notrun") current_.result = CaseResult::skipped;
  }

  void start_detail(std::string_view element, const char** attributes) {
    const bool failed = element == "failure";
    const bool error = element == "error";
    takes_text_ = failed || error;
    is_flaky_ |= element == "flakyFailure" || element == "flakyError";
    for (Suite& suite : suites_) {
      suite.rerun_failures += element == "flakyFailure" || element == "rerunFailure" ? 1 : 0;
      suite.rerun_errors += element == "flakyError" || element == "rerunError" ? 1 : 0;
    }
    if (element == "skipped") {
      // Node marks a test that is expected to fail as skipped and failed.
      is_todo_ |= attribute(attributes, "type") == "todo";
      if (current_.result == CaseResult::passed) current_.result = CaseResult::skipped;
    }
    if (!takes_text_) return;
    if (current_.result != CaseResult::failed)
      current_.result = failed ? CaseResult::failed : CaseResult::error;
    text(attribute(attributes, "message"));
    text("\n");
  }

  void end_case() {
    in_case_ = takes_text_ = false;
    const bool is_unproven = is_todo_ || is_node_file_;
    if (is_todo_ || (is_unproven && current_.result == CaseResult::passed))
      current_.result = CaseResult::skipped;
    if (is_flaky_ && current_.result == CaseResult::passed) report_.add_flaky(current_.name);
    report_.add(std::move(current_));
  }

  TestReport report_;
  std::vector<std::string> path_;
  std::vector<Suite> suites_;
  TestCase current_;
  bool in_case_ = false;
  bool is_flaky_ = false;
  bool is_todo_ = false;
  bool is_node_file_ = false;
  bool takes_text_ = false;
  std::string reason_;
};

struct Parse {
  XML_Parser parser;
  Reader reader;

  void stop_if_refused() {
    if (!reader.reason().empty()) XML_StopParser(parser, XML_FALSE);
  }
};

void on_start(void* user, const XML_Char* name, const XML_Char** attributes) {
  auto& parse = *static_cast<Parse*>(user);
  parse.reader.start(name, attributes);
  parse.stop_if_refused();
}
void on_end(void* user, const XML_Char* name) {
  static_cast<Parse*>(user)->reader.end(name);
}
void on_text(void* user, const XML_Char* text, int size) {
  static_cast<Parse*>(user)->reader.text({text, static_cast<std::size_t>(size)});
}
void on_doctype(void* user, const XML_Char* /*name*/, const XML_Char* /*system*/,
                const XML_Char* /*public_id*/, int /*has_subset*/) {
  auto& parse = *static_cast<Parse*>(user);
  parse.reader.refuse("it holds a document type");
  parse.stop_if_refused();
}

}  // namespace

std::variant<TestReport, BadReport> read_junit(std::string_view xml) {
  if (xml.empty()) return BadReport{"it is empty"};
  if (xml.size() > k_max_report_bytes) return BadReport{"it is larger than 32 MiB"};
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> owner(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  if (!owner) return BadReport{"there is no memory to read it"};
  Parse parse{owner.get(), {}};
  XML_SetUserData(owner.get(), &parse);
  XML_SetElementHandler(owner.get(), on_start, on_end);
  XML_SetCharacterDataHandler(owner.get(), on_text);
  XML_SetStartDoctypeDeclHandler(owner.get(), on_doctype);
  const XML_Status status =
      XML_Parse(owner.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
  if (!parse.reader.reason().empty()) return BadReport{parse.reader.reason()};
  if (status != XML_STATUS_OK) {
    return BadReport{"line " + std::to_string(XML_GetCurrentLineNumber(owner.get())) + ": " +
                     XML_ErrorString(XML_GetErrorCode(owner.get()))};
  }
  return std::move(parse.reader).take();
}

}  // namespace test_runner
