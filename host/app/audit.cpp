// SPDX-License-Identifier: Apache-2.0
#include "app/audit.h"

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "app/audit_place.h"
#include "cli/exit_code.h"
#include "store/audit.h"

namespace orc::app {

namespace {

constexpr int k_exit_io = 74;
constexpr Millis k_busy_timeout{5000};
constexpr std::size_t k_hash_digits = 64;

int fail(const Error& error) {
  std::fprintf(stderr, "orchestrator: %s\n", error.message.c_str());
  return k_exit_io;
}

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

nlohmann::json to_json(const store::ChainReport& report, const std::string& file) {
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

}  // namespace

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
  if (!place.ok()) return fail(place.error());
  const std::string file = place.value().database.string();
  const auto audit = store::open_sqlite_audit(file, k_busy_timeout);
  if (!audit.ok()) return fail(audit.error());
  const Result<store::ChainReport> report = audit.value()->verify_events(anchor);
  if (!report.ok()) return fail(report.error());
  if (options.output == cli::OutputFormat::text) {
    print_text(report.value(), file);
  } else {
    std::puts(to_json(report.value(), file)
                  .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                  .c_str());
  }
  return cli::to_int(report.value().broken ? cli::ExitCode::no : cli::ExitCode::done);
}

}  // namespace orc::app
