// SPDX-License-Identifier: Apache-2.0
// What is known about each agent program: its command line without a terminal, the environment that
// keeps it quiet and private, the signal that it ends its own children on, and how its output is
// read. One row a program; the settings may replace argv and add to the environment.
#pragma once

#include <span>
#include <string_view>

namespace llm_spawner {

// Whose words the output is in.
enum class Dialect { claude, codex, plain };

struct EnvRow {
  std::string_view name;
  std::string_view value;  // may hold placeholders
};

struct Preset {
  std::string_view name;
  Dialect dialect;
  std::span<const std::string_view> argv;
  std::span<const EnvRow> env;
  std::span<const std::string_view> efforts;  // what the program takes; empty: anything
  int soft_signal;
  bool tells_version;  // the output names the program's version; otherwise it is asked with
                       // --version
};

// nullptr: no such preset.
const Preset* find_preset(std::string_view name);

}  // namespace llm_spawner
