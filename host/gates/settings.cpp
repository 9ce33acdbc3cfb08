// SPDX-License-Identifier: Apache-2.0
#include "gates/settings.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/enum_names.h"
#include "base/text.h"

namespace orc::gates {

using nlohmann::json;

namespace {

constexpr EnumNames<Severity, 4> k_severities{{{Severity::low, "low"},
                                               {Severity::medium, "medium"},
                                               {Severity::high, "high"},
                                               {Severity::critical, "critical"}}};

[[noreturn]] void refuse(const std::string& text) {
  throw std::invalid_argument(text);
}

Millis duration_of(const json& block, const std::string& key, Millis otherwise,
                   const char* name = "timeout") {
  if (!block.contains(name)) return otherwise;
  const auto ms = parse_duration_ms(block.at(name).get<std::string>());
  if (!ms || *ms <= 0) refuse(key + "." + name + " is not a duration");
  return Millis{*ms};
}

std::optional<int> limit_of(const json& block, const char* name) {
  if (!block.contains(name)) return std::nullopt;
  return block.at(name).get<int>();
}

// A mistyped key would switch off what it was meant to set.
void only(const json& block, const std::string& key, std::initializer_list<std::string_view> known) {
  if (!block.is_object()) refuse(key + ": wanted a mapping");
  for (const auto& [name, value] : block.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse(key + "." + name + ": unknown key, known are " +
             join(std::vector<std::string>(known.begin(), known.end()), ", "));
  }
}

std::vector<std::string> words(const json& block, const char* key) {
  return block.value(key, std::vector<std::string>{});
}

std::vector<MarkerRow> read_markers(const json& merge) {
  std::vector<MarkerRow> markers;
  const json rows = merge.value("markers", json::object());
  for (const auto& [id, text] : rows.items()) {
    Result<MarkerRow> marker = parse_marker(id, text.get<std::string>());
    if (!marker.ok()) refuse(marker.error().message);
    markers.push_back(std::move(marker).value());
  }
  return markers;
}

CoverageSettings read_coverage(const json& block) {
  return {.report = block.value("report", ""),
          .command = words(block, "command"),
          .minimum = block.value("minimum", 0.0),
          .timeout = duration_of(block, "coverage", CoverageSettings{}.timeout)};
}

Scanner read_scanner(const std::string& name, const json& block) {
  const std::string key = "security.scanners." + name;
  only(block, key, {"command", "sarif", "exit_codes", "timeout"});
  Scanner scanner{.name = name,
                  .command = words(block, "command"),
                  .sarif = block.value("sarif", ""),
                  .timeout = duration_of(block, key, Scanner{}.timeout)};
  if (scanner.command.empty()) refuse(key + " has no command");
  const json codes = block.value("exit_codes", json::object());
  only(codes, key + ".exit_codes", {"clean", "findings"});
  scanner.clean = codes.value("clean", scanner.clean);
  scanner.findings = codes.value("findings", scanner.findings);
  return scanner;
}

bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = parse_integer(text.substr(0, 4));
  const auto month = parse_integer(text.substr(5, 2));
  const auto day = parse_integer(text.substr(8, 2));
  return year && month && day && *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
}

SecuritySettings read_security(const json& block) {
  SecuritySettings security;
  const json scanners = block.value("scanners", json::object());
  for (const auto& [name, scanner] : scanners.items())
    security.scanners.push_back(read_scanner(name, scanner));
  const std::string threshold = block.value("threshold", "high");
  const auto severity = parse_severity(threshold);
  if (!severity) refuse("security.threshold: unknown severity \"" + threshold + "\"");
  security.threshold = *severity;
  const json allowed_rows = block.value("allow", json::object());
  for (const auto& [rule, row] : allowed_rows.items()) {
    only(row, "security.allow." + rule, {"until", "reason", "path"});
    Exception allowed{.rule = rule,
                      .path = row.value("path", ""),
                      .until = row.value("until", ""),
                      .reason = row.value("reason", "")};
    if (!is_day(allowed.until))
      refuse("security.allow." + rule + ".until: wanted a day, such as 2027-01-31");
    if (trim(allowed.reason).empty())
      refuse("security.allow." + rule + ".reason: an exception says why");
    security.allowed.push_back(std::move(allowed));
  }
  return security;
}

ForgeSettings read_forge(const json& block) {
  const json token = block.value("token", json(""));
  return {.kind = block.value("kind", "git"),
          .api = block.value("api", ""),
          .repository = block.value("repository", ""),
          .token = token.is_string() ? token.get<std::string>() : token.dump()};
}

ImageSettings read_image(const json& block) {
  return {.revision = words(block, "revision"),
          .rebuild = words(block, "rebuild"),
          .timeout = duration_of(block, "image", ImageSettings{}.timeout)};
}

MonitorSettings read_monitor(const json& block) {
  const MonitorSettings otherwise;
  const json rollback = block.value("rollback", json::object());
  MonitorSettings monitor{
      .url = block.value("url", ""),
      .command = words(block, "command"),
      .error_rate_command = words(block, "error_rate_command"),
      .timeout = duration_of(block, "monitor", otherwise.timeout),
      .interval = duration_of(block, "monitor", otherwise.interval, "interval"),
      .window = duration_of(block, "monitor", otherwise.window, "window"),
      .baseline = block.value("baseline", otherwise.baseline),
      .thresholds = {.failures = block.value("failures", otherwise.thresholds.failures),
                     .latency_increase = limit_of(block, "latency_increase"),
                     .max_error_rate = limit_of(block, "max_error_rate"),
                     .error_rate_increase = limit_of(block, "error_rate_increase")},
      .rollback = words(rollback, "command"),
      .rollback_timeout = duration_of(rollback, "monitor.rollback", otherwise.rollback_timeout)};
  if (block.contains("max_latency"))
    monitor.thresholds.max_latency = duration_of(block, "monitor", Millis{0}, "max_latency");
  return monitor;
}

}  // namespace

std::string_view to_string(Severity severity) {
  return name_in(k_severities, severity);
}
std::optional<Severity> parse_severity(std::string_view text) {
  return value_in(k_severities, text);
}

Result<MarkerRow> parse_marker(const std::string& id, std::string_view text) {
  const std::size_t colon = text.find(": ");
  const std::string_view file = colon == std::string_view::npos ? "" : trim(text.substr(0, colon));
  const std::string_view pattern =
      colon == std::string_view::npos ? "" : trim(text.substr(colon + 2));
  if (file.empty() || pattern.empty()) {
    return Error{ErrorKind::malformed,
                 "merge.markers." + id + ": wanted \"FILE: PATTERN\", found \"" +
                     printable(text) + "\""};
  }
  return MarkerRow{id, std::string(file), std::string(pattern)};
}

Result<Settings> read_settings(std::string_view contract) {
  try {
    const json repo = json::parse(contract.empty() ? "{}" : contract);
    const json none = json::object();
    return Settings{.forge = read_forge(repo.value("forge", none)),
                    .markers = read_markers(repo.value("merge", none)),
                    .coverage = read_coverage(repo.value("coverage", none)),
                    .security = read_security(repo.value("security", none)),
                    .image = read_image(repo.value("image", none)),
                    .monitor = read_monitor(repo.value("monitor", none))};
  } catch (const std::exception& e) {
    return Error{ErrorKind::malformed, e.what()};
  }
}

}  // namespace orc::gates
