// SPDX-License-Identifier: Apache-2.0
#include "app/audit.h"

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "app/answer.h"
#include "app/audit_place.h"
#include "app/check/check.h"
#include "app/failure.h"
#include "store/audit.h"

namespace orc::app {

namespace {

using cli::ExitCode;
constexpr std::size_t k_hash_digits = 64;

std::optional<store::ChainAnchor> parse_anchor(const std::string& text) {
  store::ChainAnchor anchor;
  const char* end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, anchor.event.value);
  if (number.ec != std::errc{} || number.ptr == end || *number.ptr != ':') return std::nullopt;
  anchor.hash.assign(number.ptr + 1, end);
  const bool is_hash = anchor.hash.size() == k_hash_digits &&
                       anchor.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? std::optional(anchor) : std::nullopt;
}

Json to_json(const store::ChainReport& report, const std::string& file) {
  nlohmann::json json{{"schema", "orchestrator.events_verify/1"},
                      {"database", file},
                      {"intact", !report.broken},
                      {"chained", report.chained},
                      {"before_chain", report.before},
                      {"last_event", report.last.value},
                      {"head", report.head}};
  if (report.broken)
    json["broken"] = {{"event", report.broken->event.value}, {"problem", report.broken->problem}};
  return json;
}

void print_text(const store::ChainReport& report, const std::string& file) {
  if (report.broken) {
    std::printf(
        "%s: events, row %lld: %s\n  %lld events before it are intact. Compare with a backup, and "
        "look for who "
        "can write to the file; the host goes on and chains new events to the last row.\n",
        file.c_str(), static_cast<long long>(report.broken->event.value),
        report.broken->problem.c_str(),
        static_cast<long long>(report.chained > 0 ? report.chained - 1 : 0));
    return;
  }
  std::printf("%s: %lld chained events are intact", file.c_str(),
              static_cast<long long>(report.chained));
  if (report.before > 0)
    std::printf("; %lld older ones carry no hash", static_cast<long long>(report.before));
  std::printf("\nanchor %lld:%s\n", static_cast<long long>(report.last.value), report.head.c_str());
}

Json to_json(const CheckReport& report, const std::string& file) {
  Json checks = Json::array();
  for (const store::RowCheck& check : report.checks) {
    Json violations = Json::array();
    for (const store::Violation& v : report.violations) {
      if (v.check == check.name)
        violations.push_back({{"row", v.row}, {"problem", v.problem}, {"advice", v.advice}});
    }
    checks.push_back({{"invariant", check.invariant},
                      {"check", check.name},
                      {"violations", std::move(violations)}});
  }
  return {{"schema", "orchestrator.db_check/1"},
          {"database", file},
          {"host_pid", report.host ? Json(*report.host) : Json()},
          {"checks", std::move(checks)},
          {"violations", report.violations.size()}};
}

void print_text(const CheckReport& report, const std::string& file) {
  for (const store::Violation& v : report.violations) {
    std::printf("%s %s: %s: %s\n  %s\n", v.invariant.c_str(), v.check.c_str(), v.row.c_str(),
                v.problem.c_str(), v.advice.c_str());
  }
  std::printf("%s: %zu checks, %zu violations%s\n", file.c_str(), report.checks.size(),
              report.violations.size(),
              report.host ? (", beside host process " + std::to_string(*report.host)).c_str() : "");
}

template <typename Report>
void print(const Report& report, const char* rows, const std::string& file,
           cli::OutputFormat output) {
  if (output == cli::OutputFormat::text) return print_text(report, file);
  print_answer(to_json(report, file), rows, output, nullptr);
}

}  // namespace

int db_check(const cli::DbCheckOptions& options) {
  const Result<AuditPlace> place = find_place(options.place);
  if (!place.ok()) return fail(ExitCode::unusable, place.error().message);
  const Result<CheckReport> report = check_place(place.value());
  if (!report.ok()) return fail(ExitCode::unusable, report.error().message);
  print(report.value(), "checks", place.value().database.string(), options.output);
  return cli::to_int(report.value().violations.empty() ? cli::ExitCode::done : cli::ExitCode::no);
}

int events_verify(const cli::EventsVerifyOptions& options) {
  std::optional<store::ChainAnchor> anchor;
  if (options.anchor) {
    anchor = parse_anchor(*options.anchor);
    if (!anchor) {
      std::fprintf(
          stderr, "orchestrator: --anchor wants ID:HASH as `events verify` prints it, not \"%s\"\n",
          options.anchor->c_str());
      return cli::to_int(cli::ExitCode::usage);
    }
  }
  const Result<AuditPlace> place = find_place(options.place);
  if (!place.ok()) return fail(ExitCode::unusable, place.error().message);
  const std::string file = place.value().database.string();
  const auto audit = store::open_sqlite_audit(file, k_busy_timeout);
  if (!audit.ok()) return fail(ExitCode::unusable, audit.error().message);
  const Result<store::ChainReport> report = audit.value()->verify_events(anchor);
  if (!report.ok()) return fail(ExitCode::unusable, report.error().message);
  print(report.value(), nullptr, file, options.output);
  return cli::to_int(report.value().broken ? cli::ExitCode::no : cli::ExitCode::done);
}

}  // namespace orc::app
