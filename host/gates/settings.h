// SPDX-License-Identifier: Apache-2.0
// What a repository's configuration says about the gates of the edge, out of its contract (JSON).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "domain/monitor.h"

namespace orc::gates {

enum class Severity : std::uint8_t { low, medium, high, critical };
std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

struct MarkerRow {
  std::string id;
  std::string file;
  std::string pattern;
};

// "FILE: PATTERN", as the configuration writes it under the marker's id.
Result<MarkerRow> parse_marker(const std::string& id, std::string_view text);

struct CoverageSettings {
  std::string report;                // below the checkout; empty: the repository has none
  std::vector<std::string> command;  // empty: the suite itself writes the report
  double minimum = 0;                // percent, where the baseline is lower
  Millis timeout{900'000};
};

struct Scanner {
  std::string name;
  std::vector<std::string> command;
  std::string sarif;             // below the checkout; empty: the exit code alone tells
  std::vector<int> clean{0};     // exit codes of a scan that found nothing
  std::vector<int> findings{1};  // and of one that found something
  Millis timeout{900'000};
};

// A finding that may stay, until a day.
struct Exception {
  std::string rule;
  std::string path;   // empty: everywhere
  std::string until;  // YYYY-MM-DD, that day included
  std::string reason;
};

struct SecuritySettings {
  std::vector<Scanner> scanners;
  Severity threshold = Severity::high;  // this and above is not let through
  std::vector<Exception> allowed;
};

struct ImageSettings {
  std::vector<std::string> revision;  // prints the revision that the image carries; empty: no image
  std::vector<std::string> rebuild;   // empty: nothing can
  Millis timeout{1'800'000};
};

// The service that the repository is deployed as: how it is asked, and what is good enough.
struct MonitorSettings {
  std::string url;                              // health, over HTTP; empty: the command tells
  std::vector<std::string> command;             // exit code 0 is healthy; empty: the url tells
  std::vector<std::string> error_rate_command;  // prints percent; empty: nothing tells it
  Millis timeout{10'000};                       // of each of them
  Millis interval{30'000};
  Millis window{900'000};
  int baseline = 3;  // looks before the deploy
  Thresholds thresholds;
  std::vector<std::string> rollback;  // empty: nothing is rolled back
  Millis rollback_timeout{900'000};

  bool is_given() const { return !url.empty() || !command.empty(); }
};

// Who moves the base branch forward.
struct ForgeSettings {
  std::string kind = "git";  // plain git, gitea, github
  std::string api;           // "https://git.example.lan/api/v1"
  std::string repository;    // "team/shop"
  std::string token;         // its secret reference as JSON, or, once filled in, the token
};

struct Settings {
  ForgeSettings forge;
  std::vector<MarkerRow> markers;
  CoverageSettings coverage;
  SecuritySettings security;
  ImageSettings image;
  MonitorSettings monitor;
};

// `malformed` names the key.
Result<Settings> read_settings(std::string_view contract);

}  // namespace orc::gates
