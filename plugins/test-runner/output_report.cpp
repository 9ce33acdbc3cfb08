// SPDX-License-Identifier: Apache-2.0
#include "output_report.h"

#include <algorithm>

namespace test_runner {

namespace {

using orchestrator::plugin::Stream;

constexpr std::size_t k_longest_line = 1024 * 1024;

std::unique_ptr<LineReader> reader_of(ReportKind kind) {
  switch (kind) {
    case ReportKind::go_json:
      return make_go_reader();
    case ReportKind::cargo_output:
      return make_cargo_reader();
    case ReportKind::make_output:
    case ReportKind::junit:
    case ReportKind::surefire:
      return make_make_reader();
  }
  return make_make_reader();
}

}  // namespace

OutputReport::OutputReport(ReportKind kind) : reader_(reader_of(kind)) {}

void OutputReport::take(Stream stream, std::string_view bytes) {
  std::string& line = stream == Stream::out ? out_ : err_;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line += part.substr(0, k_longest_line - std::min(k_longest_line, line.size()));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    take_line(stream, line);
  }
}

void OutputReport::take_line(Stream stream, std::string& line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (stream == Stream::out) {
    reader_->out(line);
  } else {
    reader_->err(line);
  }
  line.clear();
}

std::variant<TestReport, BadReport> OutputReport::finish() {
  if (!out_.empty()) take_line(Stream::out, out_);
  if (!err_.empty()) take_line(Stream::err, err_);
  return reader_->finish();
}

}  // namespace test_runner
