// SPDX-License-Identifier: Apache-2.0
// The option table: every key of the configuration stands here once, with what it may hold and
// where the value goes. Decoder, environment names, suggestions, `needs restart` and the reference
// page read it. Constant; any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace orc::config {

enum class Type : std::uint8_t {
  boolean,
  integer,  // within least … most
  text,
  word,  // one of `words`
  path,  // relative to the file's folder
  path_list,
  duration,  // "15m"; least … most in milliseconds
  usd,       // 12.50; kept in millionths, as are least and most
  text_list,
  chain,      // plugin names; `{ plugin: NAME, shadow: true }` is kept as "shadow:NAME"
  code_list,  // exit codes, 0 … 255
  scope,      // CSV or list of repositories
  text_map,
  free_map,  // the plugin's own; kept as JSON
  octal,     // "0660", in quotes
  listen,    // HOST:PORT or "off"
  database,  // sqlite:///PATH
  clone_url,
};

enum class Takes : std::uint8_t { reload, restart };

inline constexpr std::string_view k_shadow_mark = "shadow:";

using TextMap = std::map<std::string, std::string>;
using Value = std::variant<bool, std::int64_t, Millis, std::string, std::vector<std::string>,
                           std::vector<std::int64_t>, TextMap>;

struct Option {
  std::string_view key;  // "plugins.*.enabled": a '*' stands for a name, in second place only
  Type type = Type::text;
  std::optional<std::string_view> fallback = std::nullopt;  // the default, as the file would say it
  std::string_view otherwise = "";  // what holds where there is no fallback, for people
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> words = {};
  std::string_view env = "";        // '*' stands for the plugin's name; ending in _S: whole seconds
  std::string_view env_alias = "";  // an older name, with the same meaning
  Takes takes = Takes::reload;
  std::string_view text = "";
  // Puts the value where it belongs; `name` is what the '*' stood for.
  void (*set)(Config& config, const std::string& name, const Value& value) = nullptr;
  // The default where it depends on the name, on earlier options or on the installation.
  Value (*derive)(const Config& config, const std::string& name) = nullptr;
};

std::span<const Option> options();

// The option that a concrete key path belongs to; below a free mapping, the mapping's own.
const Option* find_option(const std::vector<std::string>& path);
// The names that may follow `path`; nothing where any name may.
std::vector<std::string> known_children(const std::vector<std::string>& path);
bool needs_restart(std::string_view key);

// "test-runner" → "TEST_RUNNER"; `pattern` "ORCH_*_ENABLED" → "ORCH_TEST_RUNNER_ENABLED".
std::string env_name(std::string_view pattern, std::string_view plugin);

std::string_view to_string(Type type);
// The reference table of docs/operations/configuration.md.
std::string options_markdown();

}  // namespace orc::config
