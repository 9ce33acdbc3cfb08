// SPDX-License-Identifier: Apache-2.0
// The settings as plain values. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "presets.h"

namespace llm_spawner {

enum class StdinUse { none, prompt };

struct Settings {
  const Preset* preset = nullptr;  // never null once parsed
  std::vector<std::string> argv;   // empty: nothing is configured, every job is declined
  StdinUse stdin_use = StdinUse::none;
  std::vector<std::pair<std::string, std::string>> env;  // literal values, secrets among them
  int soft_signal = 0;
};

// The settings, or why they are refused.
std::variant<Settings, std::string> parse_settings(std::string_view json);

}  // namespace llm_spawner
