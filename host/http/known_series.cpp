// SPDX-License-Identifier: Apache-2.0
#include "http/known_series.h"

#include <array>

#include "base/kill_counts.h"
#include "domain/gates.h"
#include "domain/stage.h"

namespace orc::http {

namespace {

using engine::Tallies;
using engine::Tally;
using Counts = std::map<engine::TallyKey, Tallies::Count>;

constexpr std::array k_decisions{Decision::accepted, Decision::declined, Decision::skipped,
                                 Decision::not_asked};

// Of every link of every chain: a stage and a configured producer.
template <typename Visit>
void each_link(const config::Generation& generation, Visit&& visit) {
  for (const auto& [stage, chain] : generation.config.stages) {
    for (const std::string& producer : chain.producers) visit(stage, producer);
  }
}

void add_stages(Counts& counts) {
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    const std::string stage(to_string(rule.stage));
    counts[{Tally::conflict, {stage, "", "", ""}}];
    const auto add = [&](Stage to, const char* reason) {
      if (to == rule.stage) return;
      counts[{Tally::transition, {stage, std::string(to_string(to)), reason, ""}}];
    };
    add(rule.on_pass, "gate_passed");
    add(rule.on_fail, "gate_failed");
    for (const Stage to : {rule.on_pass, rule.on_fail}) add(to, "operator");
    for (const std::string_view result : k_gate_decisions)
      counts[{Tally::gate, {std::string(rule.gate), std::string(result), "", ""}}];
  }
}

void add_chains(Counts& counts, const config::Generation& generation) {
  each_link(generation, [&](Stage at, const std::string& producer) {
    const std::string stage(to_string(at));
    counts[{Tally::producer_seconds, {stage, producer, "", ""}}];
    for (const Decision decision : k_decisions) {
      for (const std::string_view reason : reasons_of(decision)) {
        counts[{Tally::decision,
                {stage, producer, std::string(to_string(decision)), std::string(reason)}}];
      }
    }
  });
}

}  // namespace

Counts known_tallies(const config::Generation& generation) {
  Counts counts;
  add_stages(counts);
  add_chains(counts, generation);
  counts[{Tally::wait_seconds, {}}];
  for (const KillCount& kill : no_kills())
    counts[{Tally::kill, {std::string(kill.signal), std::string(kill.reason), "", ""}}];
  for (const char* result : {"sent", "failed"})
    counts[{Tally::notification, {"log", result, "", ""}}];
  return counts;
}

std::map<OutcomeLabels, std::int64_t> known_outcomes(const config::Generation& generation) {
  std::map<OutcomeLabels, std::int64_t> counts;
  each_link(generation, [&](Stage stage, const std::string& producer) {
    for (const std::string_view outcome :
         {"suite_ran", "transient_infra", "permanent_env", "failed_run"})
      counts[{stage, producer, outcome}];
  });
  return counts;
}

}  // namespace orc::http
