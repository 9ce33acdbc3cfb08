// SPDX-License-Identifier: Apache-2.0
// `artifact check`: one artifact, read as its gate reads it.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/author/author.h"
#include "app/author/transition.h"
#include "app/failure.h"
#include "artifacts/frontmatter.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "engine/evidence.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;
using cli::ExitCode;

// What a file of this name is in the pipeline.
struct Role {
  const StageRule* rule = nullptr;
  ArtifactRule owed{};
  std::string name;  // below the task's artifact folder
};

const GateField* field_of(const Evidence& artifact, std::string_view key) {
  const auto found = std::find_if(artifact.fields.begin(), artifact.fields.end(),
                                  [&](const GateField& field) { return field.key == key; });
  return found == artifact.fields.end() ? nullptr : &*found;
}

// "06-adr/ADR-1.md" where the rule has a folder, else the file's own name.
std::string name_under(const ArtifactRule& owed, const fs::path& file) {
  const bool has_folder = owed.file.find('/') != std::string_view::npos;
  const std::string own = file.filename().string();
  return has_folder ? (file.parent_path().filename() / own).string() : own;
}

std::optional<Role> role_at(const StageRule& rule, const fs::path& file) {
  for (const ArtifactRule& owed : rule.artifacts) {
    std::string name = name_under(owed, file);
    if (matches(owed.file, name)) return Role{&rule, owed, std::move(name)};
  }
  return std::nullopt;
}

// By its name; under --stage any other name counts as that of the stage's first artifact.
Result<Role> role_of(const cli::ArtifactCheckOptions& options) {
  const fs::path file = fs::absolute(options.file);
  if (options.stage.empty()) {
    for (const StageRule& rule : STAGE_TRANSITIONS) {
      if (auto role = role_at(rule, file)) return *std::move(role);
    }
    return Error{ErrorKind::refused, "no stage owes a file called " + file.filename().string() +
                                         "\n  --stage STAGE says which one it is meant for"};
  }
  const auto stage = parse_stage(options.stage);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (rule == nullptr || rule->artifacts.empty())
    return Error{ErrorKind::refused, "no artifact is owed at a stage \"" + options.stage + "\""};
  if (auto role = role_at(*rule, file)) return *std::move(role);
  const ArtifactRule& first = rule->artifacts.front();
  std::string name(first.file);
  if (const std::size_t star = name.find('*'); star != std::string::npos)
    name.replace(star, 1, "1");
  return Role{rule, first, std::move(name)};
}

// docs/work-items/<work item>/… names it; else the file is believed.
std::string work_item_of(const cli::ArtifactCheckOptions& options, const Evidence& artifact) {
  if (!options.work_item.empty()) return options.work_item;
  const fs::path file = fs::absolute(options.file).lexically_normal();
  for (auto part = file.begin(); part != file.end(); ++part) {
    if (*part == "work-items" && std::next(part) != file.end() && std::next(part, 2) != file.end())
      return std::next(part)->string();
  }
  const GateField* own = field_of(artifact, "work_item");
  return own == nullptr ? "" : own->value;
}

std::string tokens_of(const StageRule& rule) {
  std::vector<std::string> tokens;
  for (const VerdictToken& token : rule.tokens) tokens.emplace_back(token.token);
  return join(tokens, ", ");
}

// How to mend what the gate does not take; the rules in the order in which the gate applies them.
std::string fix_for(const Evidence& artifact, const StageRule& rule, const std::string& work_item) {
  if (artifact.empty) return "write it, or remove it";
  if (!artifact.unreadable.empty())
    return "the file begins with a line ---, one `key: value` a line, and a line ---; a value that "
           "is more than a word goes into double quotes";
  const std::array owed{std::pair{std::string("work_item"), work_item},
                        std::pair{std::string("stage"), std::string(to_string(rule.stage))}};
  for (const auto& [key, value] : owed) {
    const GateField* field = field_of(artifact, key);
    if (field == nullptr || field->value != value)
      return "write between the two --- lines: " + key + ": " + (value.empty() ? "ID" : value);
  }
  if (rule.verdict_key.empty()) return "";
  const std::string key(rule.verdict_key);
  const GateField* verdict = field_of(artifact, key);
  if (verdict == nullptr || find_token(rule, verdict->value) == nullptr)
    return "write `" + key + ": ` and one of " + tokens_of(rule);
  return "let `status` and `verdict`, where they are given, say " + verdict->value + " as well";
}

// "13-test-report.md:7: text" or "13-test-report.md: line 7: text" → 7 and the text.
struct Placed {
  std::string line;
  std::string text;
};
Placed placed(const std::string& name, const std::string& text) {
  if (!text.starts_with(name + ":")) return {"", text};
  std::string rest(trim(std::string_view(text).substr(name.size() + 1)));
  if (rest.starts_with("line ")) rest = rest.substr(5);
  const std::size_t end = rest.find_first_not_of("0123456789");
  if (end == 0 || end == std::string::npos || rest[end] != ':') return {"", rest};
  return {rest.substr(0, end), std::string(trim(std::string_view(rest).substr(end + 1)))};
}

Json frontmatter_of(const Evidence& artifact) {
  Json fields = Json::object();
  for (const GateField& field : artifact.fields) fields[field.key] = field.value;
  return fields;
}

// The gate of a stage that owes this file alone: the others are not looked at.
GateDecision decide(const Role& role, const Evidence& artifact, const std::string& work_item) {
  StageRule alone = *role.rule;
  alone.artifacts = {&role.owed, 1};
  const std::array evidence{artifact};
  return evaluate_gate({.rule = alone, .work_item = work_item, .evidence = evidence});
}

}  // namespace

int artifact_check(const cli::ArtifactCheckOptions& options) {
  const Result<Role> found = role_of(options);
  if (!found.ok()) return fail(ExitCode::usage, found.error().message);
  const Role& role = found.value();
  const auto bytes = read_file(options.file, artifacts::k_max_artifact_bytes);
  if (!bytes.ok()) return fail(ExitCode::usage, bytes.error().message);
  Evidence artifact = engine::evidence_of(role.name, bytes);
  artifact.recorded_sha256 = artifact.actual_sha256;
  const std::string work_item = work_item_of(options, artifact);
  const GateDecision gate = decide(role, artifact, work_item);
  const bool broken = std::holds_alternative<ContractBroken>(gate);
  Json answer{{"schema", "orchestrator.artifact_check/1"},
              {"file", options.file.string()},
              {"stage", to_string(role.rule->stage)},
              {"gate", role.rule->gate},
              {"result", name_of(gate)},
              {"frontmatter", frontmatter_of(artifact)}};
  if (broken) {
    const Placed place = placed(role.name, text_of(gate));
    answer["where"] = options.file.string() + (place.line.empty() ? "" : ":" + place.line);
    answer["problem"] = place.text;
    answer["fix"] = fix_for(artifact, *role.rule, work_item);
  } else {
    const bool is_alone = !role.rule->verdict_key.empty();
    answer["text"] = is_alone ? text_of(gate) : "in order; its stage owes more files than this one";
    answer["transition"] = is_alone ? transition_after(gate, *role.rule) : Json(nullptr);
  }
  print_answer(answer, nullptr, options.output, cli::artifact_check_text);
  return to_int(broken ? ExitCode::no : ExitCode::done);
}

}  // namespace orc::app
