// SPDX-License-Identifier: Apache-2.0
// The readers of the dialects, and how all of them take numbers and texts out of somebody else's
// JSON: a value of another type is as good as none. Included by report*.cpp only.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "report.h"

namespace llm_spawner {

std::unique_ptr<ReportReader> make_claude_reader();
std::unique_ptr<ReportReader> make_codex_reader();
std::unique_ptr<ReportReader> make_plain_reader();

using Json = nlohmann::json;

// The object that the line is, or nothing.
inline std::optional<Json> parse_object(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos || line[start] != '{') return std::nullopt;
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

// A member of an object; a null value if there is none.
inline const Json& member(const Json& json, const char* key) {
  static const Json k_none;
  if (!json.is_object()) return k_none;
  const auto found = json.find(key);
  return found == json.end() ? k_none : *found;
}

inline std::string text_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

inline std::optional<std::int64_t> count_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    return std::nullopt;
  }
  const auto number = value.get<std::int64_t>();
  return number < 0 ? std::nullopt : std::optional(number);
}

inline std::optional<double> amount_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  return number < 0 ? std::nullopt : std::optional(number);
}

}  // namespace llm_spawner
