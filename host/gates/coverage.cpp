// SPDX-License-Identifier: Apache-2.0
#include "gates/coverage.h"

#include <expat.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace orc::gates {

using nlohmann::json;

namespace {

Error unreadable(const std::string& text) {
  return Error{ErrorKind::malformed, text};
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Result<double> percent_of(double covered, double valid) {
  const bool is_sound = std::isfinite(covered) && std::isfinite(valid) && covered >= 0 &&
                        valid > 0 && covered <= valid;
  if (is_sound) return covered * 100.0 / valid;
  return unreadable("the report counts no line that could be covered");
}

// --- Cobertura (coverage-04.dtd): attributes of the first element say it all --------------------

struct Root {
  bool seen = false;
  bool is_coverage = false;
  std::optional<double> covered, valid, rate;
};

void XMLCALL on_element(void* data, const XML_Char* name, const XML_Char** attributes) {
  Root& root = *static_cast<Root*>(data);
  if (root.seen) return;
  root.seen = true;
  root.is_coverage = std::strcmp(name, "coverage") == 0;
  for (; attributes[0] != nullptr; attributes += 2) {
    const std::string_view key = attributes[0];
    if (key == "lines-covered") root.covered = number(attributes[1]);
    if (key == "lines-valid") root.valid = number(attributes[1]);
    if (key == "line-rate") root.rate = number(attributes[1]);
  }
}

Result<double> read_cobertura(std::string_view report) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  Root root;
  XML_SetUserData(parser.get(), &root);
  XML_SetElementHandler(parser.get(), on_element, nullptr);
  const auto size = static_cast<int>(report.size());
  if (XML_Parse(parser.get(), report.data(), size, XML_TRUE) == XML_STATUS_ERROR) {
    return unreadable("line " + std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " +
                      XML_ErrorString(XML_GetErrorCode(parser.get())));
  }
  if (!root.is_coverage) return unreadable("its first element is not <coverage>");
  if (root.covered && root.valid) return percent_of(*root.covered, *root.valid);
  if (!root.rate) return unreadable("<coverage> has no line-rate that is a number");
  return percent_of(*root.rate, 1);
}

// --- lcov's tracefile: geninfo(1) ----------------------------------------------------------------

Result<double> read_lcov(std::string_view report) {
  double found = 0;
  double hit = 0;
  bool open = false;
  for (const std::string_view raw : split(report, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with("SF:")) open = true;
    if (line == "end_of_record") open = false;
    const bool counts = line.starts_with("LF:") || line.starts_with("LH:");
    if (!counts) continue;
    const auto value = number(line.substr(3));
    if (!value) return unreadable("\"" + printable(line) + "\" is no number");
    (line[1] == 'F' ? found : hit) += *value;
  }
  if (open) return unreadable("the last record has no end: the report was cut off");
  return percent_of(hit, found);
}

// --- JSON ----------------------------------------------------------------------------------------

double at(const json& object, const char* key) {
  const json& value = object.at(key);
  return value.is_number() ? value.get<double>() : std::nan("");
}

// coverage.py: `coverage json`.
Result<double> read_coverage_py(const json& report) {
  const json& totals = report.at("totals");
  return percent_of(at(totals, "covered_lines"), at(totals, "num_statements"));
}

// gcovr --json-summary.
Result<double> read_gcovr_summary(const json& report) {
  return percent_of(at(report, "line_covered"), at(report, "line_total"));
}

// gcovr --json: one entry a line.
Result<double> read_gcovr(const json& report) {
  double covered = 0;
  double valid = 0;
  for (const json& file : report.at("files")) {
    for (const json& line : file.at("lines")) {
      if (line.value("gcovr/noncode", false) || line.value("gcovr/excluded", false)) continue;
      ++valid;
      if (at(line, "count") > 0) ++covered;
    }
  }
  return percent_of(covered, valid);
}

Result<double> read_json(std::string_view report) {
  try {
    const json parsed = json::parse(report);
    struct Shape {
      const char* key;
      Result<double> (*read)(const json&);
    };
    constexpr std::array k_shapes{Shape{"totals", read_coverage_py},
                                  Shape{"line_covered", read_gcovr_summary},
                                  Shape{"files", read_gcovr}};
    for (const Shape& shape : k_shapes) {
      if (parsed.contains(shape.key)) return shape.read(parsed);
    }
    return unreadable("it is neither gcovr's nor coverage.py's JSON");
  } catch (const std::exception& e) {
    return unreadable(e.what());
  }
}

std::string shown(double percent) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f %%", percent);
  return text.data();
}

}  // namespace

Result<double> read_coverage(std::string_view report) {
  const std::string_view text = trim(report);
  if (text.empty()) return unreadable("it is empty");
  if (text.front() == '<') return read_cobertura(report);
  if (text.front() == '{') return read_json(report);
  if (text.starts_with("TN:") || text.starts_with("SF:")) return read_lcov(report);
  return unreadable("it is neither Cobertura XML, lcov nor a known JSON");
}

CoverageJudgement judge_coverage(const CoverageInput& input) {
  const std::string path(input.path);
  if (!input.report) return {{GateResult::blocked, path + ": missing"}, std::nullopt};
  const Result<double> percent = read_coverage(*input.report);
  if (!percent.ok())
    return {{GateResult::blocked, path + ": " + percent.error().message}, std::nullopt};
  const double measured = percent.value();
  const double wanted = std::max(input.baseline.value_or(0), input.minimum);
  if (measured < wanted) {
    const bool by_baseline = input.baseline && *input.baseline >= input.minimum;
    return {{GateResult::failed, "coverage " + shown(measured) + " is below the " +
                                     (by_baseline ? "baseline " : "configured minimum ") +
                                     shown(wanted)},
            measured};
  }
  return {{GateResult::passed, "coverage " + shown(measured) +
                                   (input.baseline ? ", baseline " + shown(*input.baseline)
                                                   : ", no baseline yet")},
          measured};
}

}  // namespace orc::gates
