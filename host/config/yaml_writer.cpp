// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_writer.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "config/options.h"
#include "config/yaml_node.h"

namespace orc::config {

namespace {

using Json = nlohmann::ordered_json;

// What other readers take for something else than a text, beside the core schema's own words.
constexpr std::array<std::string_view, 6> k_ambiguous{"yes", "no", "on", "off", "y", "n"};
constexpr std::array<std::string_view, 3> k_references{"credential:", "env:", "file:"};

bool is_plain(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_fine = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("_./@-").find(c) != std::string_view::npos;
  };
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/')) return false;
  if (!std::all_of(text.begin(), text.end(), is_fine)) return false;
  const std::string word = lower(text);
  return std::find(k_ambiguous.begin(), k_ambiguous.end(), word) == k_ambiguous.end() &&
         scalar_kind(Node{.kind = Node::Kind::scalar, .text = word}) == ScalarKind::text;
}

std::string word(const std::string& text) {
  return is_plain(text) ? text : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "credential:gitea-token" → { credential: gitea-token }
std::optional<Json> reference(std::string_view text) {
  for (const std::string_view prefix : k_references) {
    if (text.starts_with(prefix))
      return Json{{prefix.substr(0, prefix.size() - 1), text.substr(prefix.size())}};
  }
  return std::nullopt;
}

// A leaf of a free mapping: as shown_text() and JSON have it.
std::string free_leaf(const std::string& shown) {
  if (const auto secret = reference(shown)) return flow_yaml(*secret);
  const Json json = Json::parse(shown, nullptr, false);
  return json.is_discarded() ? word(shown) : flow_yaml(json);
}

std::string chain(const std::string& shown) {
  Json links = Json::array();
  for (const Json& link : Json::parse(shown, nullptr, false)) {
    const std::string name = link.is_string() ? link.get<std::string>() : "";
    if (name.starts_with(k_shadow_mark)) {
      links.push_back({{"plugin", name.substr(k_shadow_mark.size())}, {"shadow", true}});
    } else {
      links.push_back(name);
    }
  }
  return flow_yaml(links);
}

std::string scalar_of(const Option& option, const std::string& shown) {
  switch (option.type) {
    case Type::boolean:
    case Type::integer:
    case Type::duration:
    case Type::usd:
      return shown;
    case Type::text:
    case Type::word:
    case Type::path:
    case Type::scope:
    case Type::octal:
    case Type::listen:
    case Type::database:
    case Type::clone_url:
      return word(shown);
    case Type::path_list:
    case Type::text_list:
    case Type::code_list:
    case Type::text_map:
      return flow_yaml(Json::parse(shown, nullptr, false));
    case Type::chain:
      return chain(shown);
    case Type::free_map:
      return free_leaf(shown);
  }
  return word(shown);
}

std::string members(const Json& json) {
  std::string text;
  for (const auto& [key, value] : json.items()) {
    text += text.empty() ? "" : ", ";
    text += json.is_object() ? word(key) + ": " + flow_yaml(value) : flow_yaml(value);
  }
  return text;
}

}  // namespace

std::string flow_yaml(const Json& json) {
  if (json.is_string()) return word(json.get<std::string>());
  if (json.is_array()) return "[" + members(json) + "]";
  if (!json.is_object()) return json.is_discarded() ? "\"\"" : json.dump();
  return json.empty() ? "{}" : "{ " + members(json) + " }";
}

std::string yaml_of(const std::vector<ShownValue>& rows) {
  std::string text;
  std::vector<std::string> before;
  for (const ShownValue& row : rows) {
    const std::vector<std::string> path = split_path(row.key);
    const Option* option = find_option(path);
    if (option == nullptr) continue;
    std::size_t same = 0;
    while (same + 1 < path.size() && same < before.size() && path[same] == before[same]) ++same;
    for (std::size_t depth = same; depth + 1 < path.size(); ++depth)
      text += std::string(depth * 2, ' ') + word(path[depth]) + ":\n";
    text += std::string((path.size() - 1) * 2, ' ') + word(path.back()) + ": " +
            scalar_of(*option, row.value) + (row.source.empty() ? "" : "  # " + row.source) + "\n";
    before = path;
  }
  return text;
}

std::string for_people(const std::string& key, const std::string& value) {
  const Option* option = find_option(split_path(key));
  const auto secret = reference(value);
  if (option == nullptr || option->type != Type::free_map || !secret) return value;
  const auto named = secret->items().begin();
  return "‹" + named.key() + " " + named.value().get<std::string>() + "›";
}

std::string shown_text(const std::string& text) {
  const bool is_text =
      scalar_kind(Node{.kind = Node::Kind::scalar, .text = text}) == ScalarKind::text &&
      !text.empty() && text.front() != '"' && !reference(text);
  const Json json = Json::parse(text, nullptr, false);
  return is_text && json.is_discarded()
             ? text
             : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace orc::config
