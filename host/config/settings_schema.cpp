// SPDX-License-Identifier: Apache-2.0
#include "config/settings_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/text.h"
#include "config/secrets.h"
#include "config/yaml_node.h"

namespace orc::config {

namespace {

using nlohmann::json;
using Path = std::vector<std::string>;

constexpr int k_max_references = 8;

const json* child(const json& object, const std::string& key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? &*found : nullptr;
}

// Follows local references ("#/definitions/x"); a chain that does not end counts as no schema.
const json* resolved(const json& root, const json* schema) {
  for (int i = 0; schema != nullptr && i < k_max_references; ++i) {
    const json* reference = child(*schema, "$ref");
    if (reference == nullptr || !reference->is_string()) return schema;
    const std::string text = reference->get<std::string>();
    if (!text.starts_with("#")) return nullptr;
    const json::json_pointer pointer(text.substr(1));
    schema = root.contains(pointer) ? &root.at(pointer) : nullptr;
  }
  return nullptr;
}

// The part of the schema that speaks about one member of an object or list.
const json* schema_below(const json& root, const json* schema, const std::string& segment) {
  schema = resolved(root, schema);
  if (schema == nullptr) return nullptr;
  if (const json* properties = child(*schema, "properties")) {
    if (const json* property = child(*properties, segment)) return resolved(root, property);
  }
  const json* other = child(*schema, "additionalProperties");
  if (other == nullptr) other = child(*schema, "items");
  return other != nullptr && other->is_object() ? resolved(root, other) : nullptr;
}

void fill(const json& root, const json* schema, json& value) {
  schema = resolved(root, schema);
  if (schema == nullptr) return;
  if (value.is_array()) {
    for (json& item : value) fill(root, schema_below(root, schema, ""), item);
    return;
  }
  const json* properties = child(*schema, "properties");
  if (!value.is_object() || properties == nullptr || is_secret(value)) return;
  for (const auto& [name, unresolved] : properties->items()) {
    const json* property = resolved(root, &unresolved);
    if (property == nullptr) continue;
    // A default beside a $ref is the property's own; it wins over one in what is referred to.
    const json* fallback = child(unresolved, "default");
    if (fallback == nullptr) fallback = child(*property, "default");
    if (fallback != nullptr && !value.contains(name)) value[name] = *fallback;
    if (value.contains(name)) fill(root, property, value[name]);
  }
}

// --- saying what is wrong
// ----------------------------------------------------------------------------

std::string shown(const json& value) {
  if (value.is_null()) return "nothing";
  if (value.is_boolean())
    return std::string("the boolean ") + (value.get<bool>() ? "true" : "false");
  if (value.is_number()) return "the number " + value.dump();
  if (value.is_string()) return "the text \"" + value.get<std::string>().substr(0, 60) + "\"";
  return value.is_array() ? "a list" : "a mapping";
}

bool has_type(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return type == "null" && value.is_null();
}

std::string type_words(const std::string& type) {
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "string") return "a text";
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list";
  return type == "object" ? "a mapping" : "nothing";
}

// Keywords of one schema that one value breaks by itself; what stands below is judged below.
class Explanation {
 public:
  Explanation(const json& schema, const json& value, const std::string& key,
              std::vector<Violation>& out)
      : schema_(schema), value_(value), key_(key), out_(out) {}

  // False where none of the keywords known here is broken.
  bool explain() {
    const std::size_t before = out_.size();
    if (check_type()) {
      check_words();
      check_bounds();
      if (value_.is_object()) check_members();
      if (out_.size() == before) check_pattern();
    }
    return out_.size() > before;
  }

 private:
  void say(std::string problem, std::string fix = "") {
    out_.push_back(Violation{key_, std::move(problem), std::move(fix)});
  }

  bool check_type() {
    const json* type = child(schema_, "type");
    if (type == nullptr || !type->is_string()) return true;
    const std::string wanted = type->get<std::string>();
    if (has_type(value_, wanted)) return true;
    const bool quotable = wanted == "string" && (value_.is_number() || value_.is_boolean());
    say("found " + shown(value_) + ", wanted " + type_words(wanted),
        quotable ? "put it in quotes" : "");
    return false;
  }

  void check_words() {
    const json* words = child(schema_, "enum");
    if (words == nullptr || std::find(words->begin(), words->end(), value_) != words->end()) return;
    std::vector<std::string> names;
    for (const json& word : *words)
      names.push_back(word.is_string() ? word.get<std::string>() : word.dump());
    const auto near = value_.is_string() ? nearest(value_.get<std::string>(), names) : std::nullopt;
    say("found " + shown(value_) + ", wanted one of " + join(names, ", ") +
        (near ? ", did you mean \"" + *near + "\"?" : ""));
  }

  void check_bounds() {
    const auto limit = [&](const char* key) { return child(schema_, key); };
    if (value_.is_number()) {
      if (const json* least = limit("minimum"); least != nullptr && value_ < *least) {
        say("found " + value_.dump() + ", wanted " + least->dump() + " or more");
      }
      if (const json* most = limit("maximum"); most != nullptr && value_ > *most) {
        say("found " + value_.dump() + ", wanted " + most->dump() + " or less");
      }
    }
    const json* items = limit("minItems");
    if (value_.is_array() && items != nullptr && value_.size() < items->get<std::size_t>()) {
      say("found " + std::to_string(value_.size()) + " items, wanted " + items->dump() +
          " or more");
    }
  }

  // Judged last, and without matching: the validator has found a fault here that nothing else
  // explains.
  void check_pattern() {
    const json* pattern = child(schema_, "pattern");
    if (!value_.is_string() || pattern == nullptr || !pattern->is_string()) return;
    say("found " + shown(value_) + ", wanted a text like " + pattern->get<std::string>());
  }

  void check_members() {
    if (const json* required = child(schema_, "required")) {
      for (const json& name : *required) {
        if (!value_.contains(name.get<std::string>()))
          say("\"" + name.get<std::string>() + "\" is missing");
      }
    }
    const json* other = child(schema_, "additionalProperties");
    if (other == nullptr || !other->is_boolean() || other->get<bool>()) return;
    if (child(schema_, "patternProperties") != nullptr) return;
    const json* properties = child(schema_, "properties");
    std::vector<std::string> known;
    if (properties != nullptr) {
      for (const auto& [name, schema] : properties->items()) known.push_back(name);
    }
    for (const auto& [name, member] : value_.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) unknown_member(name, known);
    }
  }

  void unknown_member(const std::string& name, const std::vector<std::string>& known) {
    const auto near = nearest(name, known);
    out_.push_back(Violation{key_ + "." + join_path({name}),
                             "unknown setting" + (near ? ", did you mean \"" + *near + "\"?" : ""),
                             near || known.empty() ? "" : "known here: " + join(known, ", ")});
  }

  const json& schema_;
  const json& value_;
  const std::string& key_;
  std::vector<Violation>& out_;
};

// "<root>", "[env]", "[0]" → {"env", "0"}
Path path_of(const std::vector<std::string>& context) {
  Path path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    path.push_back(context[i].substr(1, context[i].size() - 2));
  }
  return path;
}

struct Place {
  const json* schema;
  const json* value;
  std::string key;  // ".command[1]"
};

Place find_place(const json& root, const json& settings, const Path& path) {
  Place place{resolved(root, &root), &settings, ""};
  for (const std::string& segment : path) {
    place.schema = schema_below(root, place.schema, segment);
    const auto index = parse_integer(segment);
    const bool item = place.value != nullptr && place.value->is_array() && index && *index >= 0 &&
                      static_cast<std::size_t>(*index) < place.value->size();
    if (item) {
      place.value = &(*place.value)[static_cast<std::size_t>(*index)];
    } else if (place.value != nullptr) {
      place.value = child(*place.value, segment);
    }
    place.key += item ? "[" + segment + "]" : "." + join_path({segment});
  }
  return place;
}

bool is_inner(const Path& path, const std::map<Path, std::string>& faults) {
  return std::none_of(faults.begin(), faults.end(), [&](const auto& fault) {
    return fault.first.size() > path.size() &&
           std::equal(path.begin(), path.end(), fault.first.begin());
  });
}

// The validator's texts are for programs ("Failed to validate against schema associated with
// property name …"), and it repeats each fault at every level above. Its places are kept, its words
// replaced.
std::vector<Violation> in_words(const json& schema, const json& settings,
                                valijson::ValidationResults& results) {
  std::map<Path, std::string> faults;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) faults.emplace(path_of(error.context), error.description);
  std::vector<Violation> violations;
  for (const auto& [path, description] : faults) {
    const Place place = find_place(schema, settings, path);
    const bool explained =
        place.schema != nullptr && place.value != nullptr &&
        Explanation(*place.schema, *place.value, place.key, violations).explain();
    if (!explained && is_inner(path, faults))
      violations.push_back(Violation{place.key, description, ""});
  }
  return violations;
}

}  // namespace

void fill_defaults(const json& schema, json& settings) {
  fill(schema, &schema, settings);
}

Result<std::vector<Violation>> find_violations(const json& schema, const json& settings) {
  return guard("settings schema", [&]() -> Result<std::vector<Violation>> {
    valijson::Schema parsed;
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema), parsed);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter target(settings);
    if (validator.validate(parsed, target, &results)) return std::vector<Violation>{};
    std::vector<Violation> violations = in_words(schema, settings, results);
    if (violations.empty())
      violations.push_back(Violation{"", "does not fit the plugin's schema", ""});
    return violations;
  });
}

json with_labels(const json& settings) {
  if (const auto label = secret_label(settings)) return *label;
  json labelled = settings;
  if (labelled.is_structured()) {
    for (json& part : labelled) part = with_labels(part);
  }
  return labelled;
}

}  // namespace orc::config
