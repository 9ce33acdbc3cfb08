// SPDX-License-Identifier: Apache-2.0
// JSON Schemas (draft-07) of what the host reads and writes, made from the tables that it reads and
// writes by.
#include <nlohmann/json.hpp>

#include "domain/event_kinds.h"
#include "domain/gates.h"
#include "http/views/views.h"

namespace orc::http::views {

namespace {

constexpr const char* k_dialect = "http://json-schema.org/draft-07/schema#";

Json when(const std::string& key, std::string_view value, Json then) {
  return {{"if", {{"properties", {{key, {{"const", value}}}}}, {"required", {key}}}},
          {"then", std::move(then)}};
}

Json non_empty_text() {
  return {{"type", "string"}, {"minLength", 1}};
}

bool has_frontmatter_artifact(const StageRule& rule) {
  for (const ArtifactRule& artifact : rule.artifacts) {
    if (has_frontmatter(artifact.file)) return true;
  }
  return false;
}

Json files_of(const StageRule& rule) {
  Json files = Json::array();
  for (const ArtifactRule& artifact : rule.artifacts) {
    if (has_frontmatter(artifact.file)) files.push_back(artifact.file);
  }
  return files;
}

// A pass that another key contradicts is no verdict.
Json agreement(const StageRule& rule, const VerdictToken& token) {
  Json same = Json::object();
  for (const std::string_view key : rule.same_as_verdict)
    same[std::string(key)] = {{"const", token.token}};
  return when(std::string(rule.verdict_key), token.token, {{"properties", std::move(same)}});
}

Json verdict_of(const StageRule& rule) {
  const std::string key(rule.verdict_key);
  Json tokens = Json::array();
  for (const VerdictToken& token : rule.tokens) tokens.push_back(token.token);
  Json then{{"description", std::string(rule.gate) + " reads `" + key + "`"},
            {"required", {key}},
            {"properties", {{key, {{"type", "string"}, {"enum", std::move(tokens)}}}}}};
  if (rule.same_as_verdict.empty()) return then;
  then["allOf"] = Json::array();
  for (const VerdictToken& token : rule.tokens) {
    if (token.meaning == VerdictMeaning::pass) then["allOf"].push_back(agreement(rule, token));
  }
  return then;
}

// Which task, if any, an event of the kind names.
Json task_of(EventSubject about) {
  switch (about) {
    case EventSubject::task:
      return non_empty_text();
    case EventSubject::host:
      return {{"type", "null"}};
    case EventSubject::either:
      return {{"type", {"string", "null"}}};
  }
  return Json::object();
}

Json event_of(const EventKindRow& row) {
  Json data{{"type", "object"}};
  if (!row.data.empty()) data["required"] = row.data;
  return when("kind", row.kind,
              {{"description", row.text},
               {"properties", {{"task", task_of(row.about)}, {"data", std::move(data)}}}});
}

}  // namespace

Json artifact_schema() {
  Json required = Json::array();
  Json properties = Json::object();
  for (const OwedField& owed : k_owed_fields) {
    required.push_back(owed.key);
    properties[std::string(owed.key)] = non_empty_text();
  }
  Json stages = Json::array();
  Json rules = Json::array();
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    if (!has_frontmatter_artifact(rule)) continue;
    stages.push_back(to_string(rule.stage));
    Json then = rule.verdict_key.empty() ? Json::object() : verdict_of(rule);
    then["$comment"] = files_of(rule).dump();
    rules.push_back(when("stage", to_string(rule.stage), std::move(then)));
  }
  properties["stage"] = {{"enum", std::move(stages)}};
  return {{"$schema", k_dialect},
          {"title", "Frontmatter of an Orchestrator artifact"},
          {"description",
           "The first --- … --- block of a Markdown artifact, every value a text. Gates read this "
           "and nothing below it; other keys are for people."},
          {"type", "object"},
          {"required", std::move(required)},
          {"properties", std::move(properties)},
          {"allOf", std::move(rules)}};
}

Json event_schema() {
  Json kinds = Json::array();
  Json rules = Json::array();
  for (const EventKindRow& row : k_event_kinds) {
    kinds.push_back(row.kind);
    rules.push_back(event_of(row));
  }
  Json properties{
      {"id", {{"type", "integer"}, {"minimum", 1}}},
      {"at", {{"type", "string"}, {"pattern", R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$)"}}},
      {"task", {{"type", {"string", "null"}}}},
      {"kind", {{"enum", std::move(kinds)}}},
      {"actor", non_empty_text()},
      {"text", {{"type", "string"}}},
      {"data", {{"type", "object"}}}};
  Json required = Json::array();
  for (const auto& [key, rule] : properties.items()) required.push_back(key);
  return {{"$schema", k_dialect},
          {"title", "Event of Orchestrator's audit trail"},
          {"description", "One row of /api/v1/events, and the data of one message of its stream."},
          {"type", "object"},
          {"required", std::move(required)},
          {"additionalProperties", false},
          {"properties", std::move(properties)},
          {"allOf", std::move(rules)}};
}

}  // namespace orc::http::views
