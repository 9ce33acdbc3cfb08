// SPDX-License-Identifier: Apache-2.0
// The settings as plain values. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "presets.h"
#include "report.h"

namespace llm_spawner {

enum class StdinUse { none, prompt };

struct Settings {
  const Preset* preset = nullptr;  // never null once parsed
  Dialect dialect = Dialect::plain;
  UsagePointers usage;            // for the plain dialect
  std::vector<std::string> argv;  // empty: nothing is configured, every job is declined
  std::string provider;           // {{provider}}
  StdinUse stdin_use = StdinUse::none;
  std::vector<std::pair<std::string, std::string>> env;  // literal values, secrets among them
  std::vector<std::pair<std::string, std::string>> home_files;  // path below the home, text
  int soft_signal = 0;
  bool repair = true;  // one more run for an artifact that its gate could not read
};

// The settings, or why they are refused.
std::variant<Settings, std::string> parse_settings(std::string_view json);

}  // namespace llm_spawner
