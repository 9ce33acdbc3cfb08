// SPDX-License-Identifier: Apache-2.0
// What is known about each agent program: its command line without a terminal, the environment and
// the files of its home that keep it quiet and private, the signal that it ends its own children on,
// and how its output is read. One row a program; the settings may replace argv and add to the rest.
#pragma once

#include <span>
#include <string_view>

namespace llm_spawner {

// Whose words the output is in.
enum class Dialect { claude, codex, opencode, pi, gemini, qwen, plain };

struct EnvRow {
  std::string_view name;
  std::string_view value;  // may hold placeholders
};

struct HomeFile {
  std::string_view path;  // below the run's private home
  std::string_view text;  // may hold placeholders
};

struct Preset {
  std::string_view name;
  Dialect dialect;
  // An argument that is k_extra_arguments alone stands for the settings' own.
  std::span<const std::string_view> argv;
  std::span<const EnvRow> env;
  std::span<const HomeFile> home_files;
  std::span<const std::string_view> efforts;  // what the program takes; empty: anything
  std::span<const std::string_view> limits;   // names of k_limits that it has an option for
  int soft_signal;
  bool tells_version;  // the output names the program's version; otherwise it is asked with
                       // --version
};

inline constexpr std::string_view k_extra_arguments = "{{extra_args}}";

// A limit of a run that some programs enforce themselves: the setting, and the option it becomes.
struct Limit {
  std::string_view setting;
  std::string_view option;
};
std::span<const Limit> limits();

// nullptr: no such preset.
const Preset* find_preset(std::string_view name);

}  // namespace llm_spawner
