// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <nlohmann/json.hpp>

#include "config/inspect.h"
#include "config/options.h"
#include "config/yaml_node.h"
#include "domain/stage.h"

namespace orc::config {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* k_duration = "^([0-9]+(ms|s|m|h|d))+$";
constexpr double k_micro = 1e6;  // an amount is kept in millionths
constexpr const char* k_octal = "^0?[0-7]{3}$";

Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json whole_number(const Option& option) {
  Json schema{{"type", "integer"}, {"minimum", option.least}};
  if (option.most != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = option.most;
  return schema;
}

Json word_of(const Option& option) {
  Json words = Json::array();
  for (const std::string_view word : option.words) words.push_back(word);
  return {{"enum", std::move(words)}};
}

Json value_schema(const Option& option) {
  const Json text{{"type", "string"}};
  switch (option.type) {
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::integer:
      return whole_number(option);
    case Type::usd:
      return {{"type", "number"}, {"minimum", static_cast<double>(option.least) / k_micro}};
    case Type::word:
      return word_of(option);
    case Type::duration:
      return {{"type", "string"}, {"pattern", k_duration}};
    case Type::octal:
      return {{"type", "string"}, {"pattern", k_octal}};
    case Type::path_list:
    case Type::text_list:
      return list_of(text);
    case Type::chain:
      return list_of({{"type", {"string", "object"}}});
    case Type::code_list:
      return list_of({{"type", "integer"}, {"minimum", 0}, {"maximum", 255}});
    case Type::scope:
      return {{"type", {"string", "array"}}, {"items", text}};
    case Type::text_map:
      return {{"type", "object"}, {"additionalProperties", text}};
    case Type::free_map:
      return {{"type", {"object", "null"}}};
    case Type::text:
    case Type::path:
    case Type::listen:
    case Type::database:
    case Type::clone_url:
      return text;
  }
  return text;
}

Json described(const Option& option) {
  Json schema = value_schema(option);
  schema["description"] = option.text;
  return schema;
}

// An empty section changes nothing, so it may stand there.
Json& section(Json& parent, const std::string& name) {
  Json& child = parent["properties"][name];
  if (!child.contains("type"))
    child = {{"type", {"object", "null"}}, {"additionalProperties", false}};
  return child;
}

Json& any_name(Json& parent) {
  Json& child = parent["additionalProperties"];
  if (!child.is_object()) child = {{"type", {"object", "null"}}, {"additionalProperties", false}};
  return child;
}

void put(Json& at, const Option& option, const std::vector<std::string>& path, std::size_t depth) {
  if (depth + 1 == path.size()) {
    at["properties"][path[depth]] = described(option);
    return;
  }
  if (path[depth] != "*") return put(section(at, path[depth]), option, path, depth + 1);
  if (path[0] == "stages") {
    for (const StageRule& rule : STAGE_TRANSITIONS)
      put(section(at, std::string(to_string(rule.stage))), option, path, depth + 1);
  } else if (path[0] == "roles") {
    for (const Role role : k_roles)
      put(section(at, std::string(to_string(role))), option, path, depth + 1);
  } else {
    put(any_name(at), option, path, depth + 1);
  }
}

// A key inside a plugin's own settings belongs to the plugin's schema.
bool lies_in_settings(const std::vector<std::string>& path) {
  return path[0] == "plugins" && path.size() > 3 && path[2] == "settings";
}

}  // namespace

std::string options_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "orchestrator.yaml"},
              {"type", "object"},
              {"required", {"version"}},
              {"additionalProperties", false}};
  for (const Option& option : options()) {
    const std::vector<std::string> path = split_path(option.key);
    if (!lies_in_settings(path)) put(schema, option, path, 0);
  }
  return schema.dump(2) + "\n";
}

}  // namespace orc::config
