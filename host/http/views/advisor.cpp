// SPDX-License-Identifier: Apache-2.0
#include "domain/advisor.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

std::vector<ShadowCount> counts_of(const std::vector<store::ShadowTally>& tallies) {
  std::vector<ShadowCount> counts;
  for (const store::ShadowTally& tally : tallies) {
    counts.push_back({.stage = tally.stage,
                      .shadow = tally.producer,
                      .decider = tally.decider,
                      .decided = tally.decided,
                      .outcome = tally.outcome,
                      .verdict = tally.verdict,
                      .count = tally.count,
                      .shadow_ms = tally.shadow_ms,
                      .decider_ms = tally.decider_ms,
                      .cost_usd = tally.cost_usd,
                      .costs_known = tally.costs_known});
  }
  return counts;
}

Json interval(const Interval& bounds) {
  return {{"low", bounds.low}, {"high", bounds.high}};
}

Json candidate_row(const Candidate& candidate) {
  const double runs = static_cast<double>(std::max<std::int64_t>(candidate.compared, 1));
  Json row{{"stage", to_string(candidate.stage)},
           {"role", to_string(candidate.role)},
           {"shadow", candidate.shadow},
           {"decider", candidate.decider},
           {"advice", to_string(candidate.advice)},
           {"runs", candidate.runs},
           {"compared", candidate.compared},
           {"without_verdict", candidate.without_verdict},
           {"agreed", candidate.agreed},
           {"agreement", static_cast<double>(candidate.agreed) / runs},
           {"agreement_95", interval(candidate.agreement)},
           {"unsafe", candidate.unsafe},
           {"unsafe_rate_at_most_95", candidate.unsafe_at_most},
           {"stricter", candidate.stricter},
           {"shadow_ms_each", candidate.shadow_ms_each},
           {"decider_ms_each", candidate.decider_ms_each},
           {"saved_ms_each", candidate.decider_ms_each - candidate.shadow_ms_each}};
  // Unknown is nothing, never zero.
  row["saved_usd_each"] = candidate.cost_usd_each ? Json(*candidate.cost_usd_each) : Json(nullptr);
  return row;
}

Json disagreement_row(const store::ShadowDisagreement& one) {
  return {{"id", one.id},           {"task", one.work_item},    {"stage", to_string(one.stage)},
          {"shadow", one.producer}, {"decided", one.decided},   {"shadow_said", one.verdict},
          {"text", one.text},       {"artifact", one.artifact}, {"at", to_iso8601(one.at)}};
}

// The stages whose verdict steers and that nothing is known about.
Json unwatched(const config::Config& config, const std::vector<Candidate>& candidates) {
  Json stages = Json::array();
  for (const auto& [stage, chain] : config.stages) {
    const StageRule* rule = find_rule(stage);
    if (rule == nullptr || rule->verdict_key.empty() || !chain.shadows.empty()) continue;
    const bool known = std::any_of(candidates.begin(), candidates.end(),
                                   [s = stage](const Candidate& c) { return c.stage == s; });
    if (!known) stages.push_back(to_string(stage));
  }
  return stages;
}

}  // namespace

Json advisor(const config::Config& config, const std::vector<store::ShadowTally>& tallies,
             const std::vector<store::ShadowDisagreement>& disagreements) {
  const std::vector<Candidate> candidates = advise(counts_of(tallies));
  Json rows = Json::array();
  for (const Candidate& candidate : candidates) rows.push_back(candidate_row(candidate));
  Json latest = Json::array();
  for (const auto& one : disagreements) latest.push_back(disagreement_row(one));
  const bool has_next = !candidates.empty() && candidates.front().advice == Advice::determinize;
  return {{"schema", "orchestrator.advisor/1"},
          {"next", has_next ? Json(to_string(candidates.front().role)) : Json(nullptr)},
          {"needs_compared", k_least_compared},
          {"needs_agreement_low", k_least_agreement},
          {"candidates", std::move(rows)},
          {"disagreements", std::move(latest)},
          {"stages_without_shadow", unwatched(config, candidates)}};
}

}  // namespace orc::http::views
