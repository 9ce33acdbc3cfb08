// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json_fwd.hpp>

#include "cli/text_views.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

std::string artifacts_of(const StageRule& rule) {
  std::string text;
  for (const ArtifactRule& artifact : rule.artifacts) {
    text += (text.empty() ? "`" : ", `") + std::string(artifact.file) + "`";
    if (artifact.presence == Presence::where_applicable) text += " (where applicable)";
  }
  if (!text.empty()) return text;
  return rule.intake == Intake::commits ? "commits" : "none";
}

std::string verdict_of(const StageRule& rule) {
  if (rule.verdict_key.empty()) return "none";
  std::string text = "`" + std::string(rule.verdict_key) + ":";
  for (const VerdictToken& token : rule.tokens) {
    text += (&token == rule.tokens.data() ? " " : " \\| ") + std::string(token.token);
  }
  return text + "`";
}

std::string row_of(const StageRule& rule) {
  return "| " + std::string(to_string(rule.stage)) + " | " + std::string(to_string(rule.role)) +
         " | " + artifacts_of(rule) + " | " + verdict_of(rule) + " | `" + std::string(rule.gate) +
         "` | " + std::string(to_string(rule.human)) + " | " +
         std::string(to_string(rule.on_pass)) + " | " + std::string(to_string(rule.on_fail)) +
         " |\n";
}

}  // namespace

std::string stages_markdown() {
  std::string text =
      "| stage | role | artifacts | machine verdict | gate | human | on pass | on fail |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const StageRule& rule : STAGE_TRANSITIONS) text += row_of(rule);
  return text;
}

}  // namespace orc::cli
