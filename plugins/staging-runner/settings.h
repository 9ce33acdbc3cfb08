// SPDX-License-Identifier: Apache-2.0
// The settings as plain values. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace staging_runner {

struct SshSettings {
  std::string target;  // user@host
  int port = 22;
  std::string identity;     // absolute path, or the key; empty: those of the service's user
  std::string known_hosts;  // absolute path, or lines; empty: that of the service's user
  std::chrono::milliseconds connect_timeout{10'000};
};

// How the far side tells which commit it has. Exactly one of `command` and `file` is set.
struct RevisionSettings {
  std::vector<std::string> command;  // prints the commit id on its first line
  std::string file;                  // holds it on its first line
  bool before = true;                // false: the suite itself brings the commit there
};

struct Settings {
  std::vector<std::string> command;  // empty: nothing is configured, every job is declined
  std::string cwd;
  std::vector<std::string> requires_programs;
  std::chrono::milliseconds timeout{1'200'000};
  std::vector<int> success_codes{0};
  std::vector<int> failed_codes{1};
  std::optional<RevisionSettings> revision;  // empty: nothing is read back
  std::optional<SshSettings> ssh;            // empty: runs on this machine
};

// The settings, or why they are refused.
std::variant<Settings, std::string> parse_settings(std::string_view json);

}  // namespace staging_runner
