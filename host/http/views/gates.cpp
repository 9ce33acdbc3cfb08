// SPDX-License-Identifier: Apache-2.0
// The gates of the edge from staging to production: one block each in /queue, one row each in a
// task's timeline.
#include <array>
#include <nlohmann/json.hpp>

#include "domain/edge.h"
#include "engine/edge_plan.h"
#include "http/views/views.h"

namespace orc::http::views {

namespace {

struct Block {
  EdgeGate gate;
  const char* name;  // in /queue
};
constexpr std::array k_blocks{
    Block{EdgeGate::merge, "merge_gate"},
    Block{EdgeGate::security, "security_gate"},
    Block{EdgeGate::coverage, "coverage_gate"},
    Block{EdgeGate::image, "image_freshness"},
};
constexpr std::array k_results{GateResult::passed, GateResult::failed, GateResult::blocked,
                               GateResult::not_run};

Json results_of(EdgeGate gate, const std::vector<GateCount>& counts) {
  Json results = Json::object();
  for (const GateResult result : k_results) results[std::string(to_string(result))] = 0;
  for (const GateCount& count : counts) {
    if (count.gate == gate) results[std::string(to_string(count.result))] = count.count;
  }
  return results;
}

Json locks_of(const std::vector<MergeSlot>& slots) {
  Json rows = Json::array();
  for (const MergeSlot& slot : slots) {
    rows.push_back({{"repo", slot.repo},
                    {"task", slot.work_item},
                    {"since", to_iso8601(slot.taken_at)}});
  }
  return rows;
}

Json baselines_of(const std::vector<CoverageBaseline>& baselines) {
  Json rows = Json::array();
  for (const CoverageBaseline& baseline : baselines) {
    rows.push_back({{"repo", baseline.repo},
                    {"percent", baseline.percent},
                    {"commit", baseline.commit},
                    {"since", to_iso8601(baseline.at)}});
  }
  return rows;
}

}  // namespace

void add_gates(const GateFacts& facts, const config::Config& config, Json& page) {
  for (const Block& block : k_blocks) {
    const config::Switch& guard = engine::switch_of(config, block.gate);
    page[block.name] = {{"enabled", guard.enabled},
                        {"repos", guard.repos.repos},
                        {"results", results_of(block.gate, facts.counts)}};
  }
  page["merge_gate"]["tries"] = config.merge_tries;
  page["merge_gate"]["locks"] = locks_of(facts.slots);
  page["coverage_gate"]["baselines"] = baselines_of(facts.baselines);
}

Json gates(const GateFacts& facts, const config::Config& config) {
  Json rows = Json::array();
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    rows.push_back({{"gate", rule.gate},
                    {"stage", to_string(rule.stage)},
                    {"reads", rule.verdict_key},
                    {"on_pass", to_string(rule.on_pass)},
                    {"on_fail", to_string(rule.on_fail)}});
    if (rule.stage != Stage::deploy_staging) continue;
    for (const Block& block : k_blocks) {
      const config::Switch& guard = engine::switch_of(config, block.gate);
      rows.push_back({{"gate", block.name},
                      {"stage", to_string(rule.stage)},
                      {"enabled", guard.enabled},
                      {"repos", guard.repos.repos},
                      {"on_pass", to_string(rule.on_pass)},
                      {"on_fail", to_string(rule.on_fail)},
                      {"results", results_of(block.gate, facts.counts)}});
    }
  }
  return {{"schema", "orchestrator.gates/1"}, {"gates", std::move(rows)}};
}

Json gate_rows(JobId job, const std::vector<GateRun>& runs) {
  Json rows = Json::array();
  for (const GateRun& run : runs) {
    if (run.job != job) continue;
    rows.push_back({{"gate", to_string(run.gate)},
                    {"result", to_string(run.result)},
                    {"text", run.text},
                    {"duration_seconds", static_cast<double>(run.duration.count()) / 1000.0}});
  }
  return rows;
}

}  // namespace orc::http::views
