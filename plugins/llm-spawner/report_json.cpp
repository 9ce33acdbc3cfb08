// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report_readers.h"

namespace llm_spawner {

std::optional<Json> parse_object(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos || line[start] != '{') return std::nullopt;
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

const Json& member(const Json& json, const char* key) {
  static const Json k_none;
  if (!json.is_object()) return k_none;
  const auto found = json.find(key);
  return found == json.end() ? k_none : *found;
}

std::string text_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> count_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    return std::nullopt;
  }
  const auto number = value.get<std::int64_t>();
  return number < 0 ? std::nullopt : std::optional(number);
}

std::optional<double> amount_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  return number < 0 ? std::nullopt : std::optional(number);
}

}  // namespace llm_spawner
