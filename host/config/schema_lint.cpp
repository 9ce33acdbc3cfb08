// SPDX-License-Identifier: Apache-2.0
#include "config/schema_lint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "config/yaml_node.h"

namespace orc::config {

namespace {

using nlohmann::json;

constexpr std::string_view k_draft = "http://json-schema.org/draft-07/schema";
constexpr int k_deepest = 32;

enum class Shape : std::uint8_t {
  text,
  number,
  count,
  boolean,
  anything,
  list,
  texts,            // a list of texts
  type,             // one of the seven, or a list of them
  schema,           // a mapping or a boolean
  schemas,          // a list of those
  schema_or_list,   // either
  named_schemas,    // a mapping to schemas
  named_or_listed,  // a mapping to schemas or lists of texts
};

struct Keyword {
  std::string_view name;
  Shape shape;
};
// JSON Schema draft-07: the core and validation vocabularies
// (https://json-schema.org/draft-07/schema).
constexpr std::array k_keywords{
    Keyword{"$id", Shape::text},
    Keyword{"$schema", Shape::text},
    Keyword{"$ref", Shape::text},
    Keyword{"$comment", Shape::text},
    Keyword{"title", Shape::text},
    Keyword{"description", Shape::text},
    Keyword{"default", Shape::anything},
    Keyword{"examples", Shape::list},
    Keyword{"readOnly", Shape::boolean},
    Keyword{"writeOnly", Shape::boolean},
    Keyword{"multipleOf", Shape::number},
    Keyword{"maximum", Shape::number},
    Keyword{"exclusiveMaximum", Shape::number},
    Keyword{"minimum", Shape::number},
    Keyword{"exclusiveMinimum", Shape::number},
    Keyword{"maxLength", Shape::count},
    Keyword{"minLength", Shape::count},
    Keyword{"pattern", Shape::text},
    Keyword{"additionalItems", Shape::schema},
    Keyword{"items", Shape::schema_or_list},
    Keyword{"maxItems", Shape::count},
    Keyword{"minItems", Shape::count},
    Keyword{"uniqueItems", Shape::boolean},
    Keyword{"contains", Shape::schema},
    Keyword{"maxProperties", Shape::count},
    Keyword{"minProperties", Shape::count},
    Keyword{"required", Shape::texts},
    Keyword{"additionalProperties", Shape::schema},
    Keyword{"definitions", Shape::named_schemas},
    Keyword{"properties", Shape::named_schemas},
    Keyword{"patternProperties", Shape::named_schemas},
    Keyword{"dependencies", Shape::named_or_listed},
    Keyword{"propertyNames", Shape::schema},
    Keyword{"const", Shape::anything},
    Keyword{"enum", Shape::list},
    Keyword{"type", Shape::type},
    Keyword{"format", Shape::text},
    Keyword{"contentMediaType", Shape::text},
    Keyword{"contentEncoding", Shape::text},
    Keyword{"if", Shape::schema},
    Keyword{"then", Shape::schema},
    Keyword{"else", Shape::schema},
    Keyword{"allOf", Shape::schemas},
    Keyword{"anyOf", Shape::schemas},
    Keyword{"oneOf", Shape::schemas},
    Keyword{"not", Shape::schema},
};
constexpr std::array<std::string_view, 7> k_types{"null",   "boolean", "object", "array",
                                                  "number", "string",  "integer"};

std::vector<std::string> names_of_keywords() {
  std::vector<std::string> names;
  for (const Keyword& keyword : k_keywords) names.emplace_back(keyword.name);
  return names;
}

bool is_schema(const json& value) {
  return value.is_object() || value.is_boolean();
}

bool is_text(const json& value) {
  return value.is_string();
}

bool is_type(const json& value) {
  return value.is_string() && std::find(k_types.begin(), k_types.end(),
                                        value.get_ref<const std::string&>()) != k_types.end();
}

bool all_of(const json& list, bool (*fits)(const json&)) {
  return std::all_of(list.begin(), list.end(), [&](const json& each) { return fits(each); });
}

bool fits(const json& value, Shape shape) {
  switch (shape) {
    case Shape::text:
      return value.is_string();
    case Shape::number:
      return value.is_number();
    case Shape::count:
      return value.is_number_unsigned();
    case Shape::boolean:
      return value.is_boolean();
    case Shape::anything:
      return true;
    case Shape::list:
      return value.is_array();
    case Shape::texts:
      return value.is_array() && all_of(value, is_text);
    case Shape::type:
      return is_type(value) || (value.is_array() && !value.empty() && all_of(value, is_type));
    case Shape::schema:
      return is_schema(value);
    case Shape::schemas:
      return value.is_array() && !value.empty() && all_of(value, is_schema);
    case Shape::schema_or_list:
      return is_schema(value) || (value.is_array() && all_of(value, is_schema));
    case Shape::named_schemas:
      return value.is_object() && all_of(value, is_schema);
    case Shape::named_or_listed:
      return value.is_object();
  }
  return false;
}

std::string_view in_words(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "a text";
    case Shape::number:
      return "a number";
    case Shape::count:
      return "a whole number from 0";
    case Shape::boolean:
      return "true or false";
    case Shape::anything:
      return "anything";
    case Shape::list:
      return "a list";
    case Shape::texts:
      return "a list of texts";
    case Shape::type:
      return "one of null, boolean, object, array, number, string, integer, or a list of them";
    case Shape::schema:
      return "a schema";
    case Shape::schemas:
      return "a list of schemas";
    case Shape::schema_or_list:
      return "a schema, or a list of them";
    case Shape::named_schemas:
    case Shape::named_or_listed:
      return "a mapping from names to schemas";
  }
  return "";
}

class Lint {
 public:
  explicit Lint(const json& root) : root_(root) {}

  SchemaLint run() {
    if (!root_.is_object()) {
      say("", "found no mapping", "begin it with {\"type\": \"object\"}");
      return std::move(lint_);
    }
    check_draft();
    look_at(root_, "", 0);
    return std::move(lint_);
  }

 private:
  void say(std::string key, std::string problem, std::string fix = "") {
    lint_.faults.push_back({std::move(key), std::move(problem), std::move(fix)});
  }

  void check_draft() {
    const std::string fix = "write \"$schema\": \"" + std::string(k_draft) + "#\"";
    const auto draft = root_.find("$schema");
    if (draft == root_.end()) return say(".$schema", "is missing", fix);
    if (!draft->is_string()) return;
    std::string_view said = draft->get_ref<const std::string&>();
    if (said.ends_with('#')) said.remove_suffix(1);
    if (said != k_draft) say(".$schema", "is not draft-07", fix);
  }

  void look_at(const json& schema, const std::string& at, int depth) {
    if (!schema.is_object()) return;
    if (depth > k_deepest) return say(at, "is nested too deeply");
    const std::size_t before = lint_.faults.size();
    for (const auto& [name, value] : schema.items())
      look_at_keyword(name, value, at + "." + join_path({name}), depth);
    // Nothing can be held against a schema that is broken itself.
    if (lint_.faults.size() == before) try_values(schema, at);
  }

  void look_at_keyword(const std::string& name, const json& value, const std::string& at,
                       int depth) {
    const auto* keyword = std::find_if(k_keywords.begin(), k_keywords.end(),
                                       [&](const Keyword& each) { return each.name == name; });
    if (keyword == k_keywords.end()) {
      if (name.starts_with("x-")) return;
      const auto near = nearest(name, names_of_keywords());
      return say(at, "unknown keyword" + (near ? ", did you mean \"" + *near + "\"?" : ""),
                 near ? "" : "begin the name of your own keyword with x-");
    }
    if (!fits(value, keyword->shape))
      return say(at, "wanted " + std::string(in_words(keyword->shape)));
    look_below(keyword->shape, value, at, depth);
  }

  void look_below(Shape shape, const json& value, const std::string& at, int depth) {
    const bool holds_schemas = shape == Shape::schema || shape == Shape::schemas ||
                               shape == Shape::schema_or_list || shape == Shape::named_schemas ||
                               shape == Shape::named_or_listed;
    if (!holds_schemas) return;
    const bool is_one =
        value.is_object() && (shape == Shape::schema || shape == Shape::schema_or_list);
    if (is_one) return look_at(value, at, depth + 1);
    if (!value.is_structured()) return;
    for (const auto& [name, below] : value.items())
      look_at(below, value.is_array() ? at + "[" + name + "]" : at + "." + join_path({name}),
              depth + 1);
  }

  void try_values(const json& schema, const std::string& at) {
    json alone = schema;
    if (root_.contains("definitions")) alone["definitions"] = root_["definitions"];
    if (schema.contains("default")) try_value(alone, schema["default"], at + ".default");
    if (!schema.contains("examples")) return;
    for (std::size_t i = 0; i < schema["examples"].size(); ++i)
      try_value(alone, schema["examples"][i], at + ".examples[" + std::to_string(i) + "]");
  }

  void try_value(const json& schema, const json& value, const std::string& at) {
    ++lint_.tried;
    const auto violations = find_violations(schema, with_labels(value));
    if (!violations.ok()) return say(at, violations.error().message);
    for (const Violation& each : violations.value()) say(at + each.key, each.problem, each.fix);
  }

  const json& root_;
  SchemaLint lint_;
};

}  // namespace

SchemaLint lint_schema(const json& schema) {
  return Lint(schema).run();
}

}  // namespace orc::config
