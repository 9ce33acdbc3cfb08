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

std::optional<std::int64_t> as_count(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    return std::nullopt;
  }
  const auto number = value.get<std::int64_t>();
  return number < 0 ? std::nullopt : std::optional(number);
}

std::optional<double> as_amount(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  return number < 0 ? std::nullopt : std::optional(number);
}

std::optional<std::int64_t> count_of(const Json& json, const char* key) {
  return as_count(member(json, key));
}

std::optional<double> amount_of(const Json& json, const char* key) {
  return as_amount(member(json, key));
}

bool mentions(std::string_view line, std::initializer_list<std::string_view> quoted_words) {
  for (const std::string_view word : quoted_words) {
    for (std::size_t at = line.find(word); at != std::string_view::npos;
         at = line.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if (at > 0 && line[at - 1] == '"' && end < line.size() && line[end] == '"') return true;
    }
  }
  return false;
}

namespace {

template <typename Number>
void add_known(std::optional<Number>& sum, const std::optional<Number>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

}  // namespace

void add(Usage& sum, const Usage& more) {
  add_known(sum.input, more.input);
  add_known(sum.output, more.output);
  add_known(sum.cache_read, more.cache_read);
  add_known(sum.cache_write, more.cache_write);
  add_known(sum.turns, more.turns);
  add_known(sum.cost_usd, more.cost_usd);
}

void make_input_net(Usage& usage) {
  if (usage.input && usage.cache_read && *usage.cache_read <= *usage.input) {
    *usage.input -= *usage.cache_read;
  }
}

std::vector<std::string> denials_of(const Json& event) {
  constexpr std::size_t k_most = 20;
  std::vector<std::string> denials;
  const Json& list = member(event, "permission_denials");
  if (!list.is_array()) return denials;
  for (const Json& denial : list) {
    if (denials.size() == k_most) break;
    const Json& input = member(denial, "tool_input");
    std::string what = text_of(input, "file_path");
    if (what.empty()) what = text_of(input, "command");
    denials.push_back(text_of(denial, "tool_name") + (what.empty() ? "" : " " + what));
  }
  return denials;
}

}  // namespace llm_spawner
