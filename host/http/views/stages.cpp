// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/enum_names.h"
#include "http/views/views.h"

namespace orc::http::views {

namespace {

constexpr EnumNames<VerdictMeaning, 3> k_meanings{{{VerdictMeaning::pass, "pass"},
                                                   {VerdictMeaning::fail, "fail"},
                                                   {VerdictMeaning::blocked, "blocked"}}};

Json artifacts_of(const StageRule& rule) {
  Json rows = Json::array();
  for (const ArtifactRule& artifact : rule.artifacts) {
    rows.push_back(
        {{"file", artifact.file}, {"required", artifact.presence == Presence::required}});
  }
  return rows;
}

Json tokens_of(const StageRule& rule) {
  Json rows = Json::array();
  for (const VerdictToken& token : rule.tokens) {
    rows.push_back({{"token", token.token}, {"meaning", name_in(k_meanings, token.meaning)}});
  }
  return rows;
}

Json chain_of(Stage stage, const config::Config& config) {
  const auto chain = config.stages.find(stage);
  return chain != config.stages.end() ? Json(chain->second.producers) : Json::array();
}

}  // namespace

Json stages(const config::Generation& generation) {
  Json rows = Json::array();
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    rows.push_back({{"stage", to_string(rule.stage)},
                    {"role", to_string(rule.role)},
                    {"artifacts", artifacts_of(rule)},
                    {"verdict_key", rule.verdict_key},
                    {"verdicts", tokens_of(rule)},
                    {"gate", rule.gate},
                    {"human", to_string(rule.human)},
                    {"on_pass", to_string(rule.on_pass)},
                    {"on_fail", to_string(rule.on_fail)},
                    {"producers", chain_of(rule.stage, generation.config)}});
  }
  return {{"schema", "orchestrator.stages/1"}, {"stages", std::move(rows)}};
}

}  // namespace orc::http::views
