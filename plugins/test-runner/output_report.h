// SPDX-License-Identifier: Apache-2.0
// Runners that say what they did on their standard output: go test -json, cargo test, and make with
// automake's summary or TAP. Follows the output while it comes, so that its length does not matter.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "orchestrator/plugin/sdk.hpp"
#include "runners.h"
#include "test_report.h"

namespace test_runner {

// Reads the lines of one format.
class LineReader {
 public:
  virtual ~LineReader() = default;
  virtual void out(std::string_view line) = 0;
  virtual void err(std::string_view line) { (void)line; }
  // BadReport: nothing that this format would hold was there, or it was cut off.
  virtual std::variant<TestReport, BadReport> finish() = 0;
};
std::unique_ptr<LineReader> make_go_reader();
std::unique_ptr<LineReader> make_cargo_reader();
std::unique_ptr<LineReader> make_make_reader();

class OutputReport {
 public:
  explicit OutputReport(ReportKind kind);  // one of those on the standard output
  void take(orchestrator::plugin::Stream stream, std::string_view bytes);
  std::variant<TestReport, BadReport> finish();

 private:
  void take_line(orchestrator::plugin::Stream stream, std::string& line);

  std::unique_ptr<LineReader> reader_;
  std::string out_;
  std::string err_;
};

}  // namespace test_runner
