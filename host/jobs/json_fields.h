// SPDX-License-Identifier: Apache-2.0
// What the readers and writers of job_json.h share. A reader throws; parse_object() is where that
// ends.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/kill_counts.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/edge.h"
#include "domain/outcome.h"
#include "domain/records.h"

namespace orc::jobs::fields {

std::string dump(const nlohmann::json& object);

[[noreturn]] void refuse(std::string_view what, const std::string& word);

// The value of a word that its table must know.
template <typename Value>
Value known(std::string_view what, const std::string& word, std::optional<Value> value) {
  if (!value) refuse(what, word);
  return *value;
}

nlohmann::json from_decisions(const std::vector<ChainDecision>& decisions);
std::vector<ChainDecision> to_decisions(const nlohmann::json& list);
nlohmann::json from_agent_runs(const std::vector<AgentRun>& runs);
std::vector<AgentRun> to_agent_runs(const nlohmann::json& list);
nlohmann::json from_candidate(const std::optional<MergeCandidate>& candidate);
std::optional<MergeCandidate> to_candidate(const nlohmann::json& object, const char* key);
nlohmann::json from_gate_runs(const std::vector<GateRun>& runs);
std::vector<GateRun> to_gate_runs(const nlohmann::json& list);
nlohmann::json from_kills(const std::vector<KillCount>& kills);
std::vector<KillCount> to_kills(const nlohmann::json& list);
nlohmann::json from_outcome(const JobOutcome& outcome);
JobOutcome to_outcome(const nlohmann::json& object);

}  // namespace orc::jobs::fields
