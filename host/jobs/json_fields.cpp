// SPDX-License-Identifier: Apache-2.0
#include "jobs/json_fields.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace orc::jobs::fields {

using nlohmann::json;

namespace {

ReasonCode to_reason(const json& object) {
  const std::string word = object.at("reason");
  return known("reason", word, parse_reason_code(word));
}

template <typename Number>
json or_null(const std::optional<Number>& value) {
  return value ? json(*value) : json(nullptr);
}

template <typename Number>
std::optional<Number> number_or_null(const json& object, const char* key) {
  const json& value = object.at(key);
  if (value.is_null()) return std::nullopt;
  return value.get<Number>();
}

// How the arms of an outcome are read; the words are name_of()'s.
struct OutcomeReader {
  JobOutcome arm;  // default-made: gives the word
  JobOutcome (*read)(const json& object);
};

const std::array<OutcomeReader, 11>& outcome_readers() {
  static const std::array<OutcomeReader, 11> readers{
      {{Verdict{},
        [](const json& o) -> JobOutcome {
          return Verdict{.token = o.at("token"), .summary = o.at("summary")};
        }},
       {Deferred{},
        [](const json& o) -> JobOutcome {
          return Deferred{.reason = to_reason(o),
                          .text = o.at("text"),
                          .retry_after = Millis(o.at("retry_after_ms").get<Millis::rep>()),
                          .resume_token = o.at("resume_token")};
        }},
       {Held{},
        [](const json& o) -> JobOutcome {
          return Held{to_reason(o), o.at("text")};
        }},
       {NobodyAccepted{}, [](const json&) -> JobOutcome { return NobodyAccepted{}; }},
       {FaultWhileDeciding{},
        [](const json& o) -> JobOutcome {
          return FaultWhileDeciding{.link = o.at("link"), .text = o.at("text")};
        }},
       {FailedRun{}, [](const json& o) -> JobOutcome { return FailedRun{o.at("text")}; }},
       {WorkerFault{}, [](const json& o) -> JobOutcome { return WorkerFault{o.at("text")}; }},
       {CiResult{},
        [](const json& o) -> JobOutcome {
          return CiResult{.green = o.at("green"), .summary = o.at("summary")};
        }},
       {EdgeResult{},
        [](const json& o) -> JobOutcome {
          const std::string end = o.at("end");
          const std::string gate = o.at("gate");
          return EdgeResult{.end = known("end", end, parse_edge_end(end)),
                            .gate = known("gate", gate, parse_edge_gate(gate)),
                            .text = o.at("text")};
        }},
       {Sampled{},
        [](const json& o) -> JobOutcome {
          const std::string health = o.at("health");
          return Sampled{{.health = known("health", health, parse_health(health)),
                          .latency_ms = number_or_null<double>(o, "latency_ms"),
                          .error_rate = number_or_null<double>(o, "error_rate"),
                          .text = o.at("text")}};
        }},
       {RolledBack{}, [](const json& o) -> JobOutcome {
          const std::string state = o.at("state");
          return RolledBack{known("state", state, parse_rollback_state(state)), o.at("text")};
        }}}};
  return readers;
}

}  // namespace

std::string dump(const json& object) {
  return object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

void refuse(std::string_view what, const std::string& word) {
  throw std::invalid_argument(std::string(what) + " \"" + word + "\" is unknown");
}

json from_decisions(const std::vector<ChainDecision>& decisions) {
  json list = json::array();
  for (const ChainDecision& decision : decisions) {
    list.push_back({{"position", decision.position},
                    {"producer", decision.producer},
                    {"decision", to_string(decision.decision)},
                    {"reason", decision.reason},
                    {"text", decision.text}});
  }
  return list;
}

std::vector<ChainDecision> to_decisions(const json& list) {
  std::vector<ChainDecision> decisions;
  for (const json& row : list) {
    const std::string word = row.at("decision");
    decisions.push_back({.position = row.at("position"),
                         .producer = row.at("producer"),
                         .decision = known("decision", word, parse_decision(word)),
                         .reason = row.at("reason"),
                         .text = row.at("text")});
  }
  return decisions;
}

json from_agent_runs(const std::vector<AgentRun>& runs) {
  json list = json::array();
  for (const AgentRun& run : runs) {
    list.push_back({{"job", run.job.value},
                    {"stage", to_string(run.stage)},
                    {"role", to_string(run.role)},
                    {"program", run.program},
                    {"program_version", run.program_version},
                    {"model", run.model},
                    {"effort", run.effort},
                    {"input_tokens", or_null(run.input_tokens)},
                    {"output_tokens", or_null(run.output_tokens)},
                    {"cache_read_tokens", or_null(run.cache_read_tokens)},
                    {"cache_write_tokens", or_null(run.cache_write_tokens)},
                    {"cost_usd", or_null(run.cost_usd)},
                    {"turns", or_null(run.turns)},
                    {"wall_ms", run.wall_ms},
                    {"complete", run.complete},
                    {"result", run.result},
                    {"started_at_ms", run.started_at.ms}});
  }
  return list;
}

std::vector<AgentRun> to_agent_runs(const json& list) {
  std::vector<AgentRun> runs;
  for (const json& row : list) {
    const std::string stage = row.at("stage");
    const std::string role = row.at("role");
    AgentRun run;
    run.job = JobId{row.at("job")};
    run.stage = known("stage", stage, parse_stage(stage));
    run.role = known("role", role, parse_role(role));
    run.program = row.at("program");
    run.program_version = row.at("program_version");
    run.model = row.at("model");
    run.effort = row.at("effort");
    run.input_tokens = number_or_null<std::int64_t>(row, "input_tokens");
    run.output_tokens = number_or_null<std::int64_t>(row, "output_tokens");
    run.cache_read_tokens = number_or_null<std::int64_t>(row, "cache_read_tokens");
    run.cache_write_tokens = number_or_null<std::int64_t>(row, "cache_write_tokens");
    run.cost_usd = number_or_null<double>(row, "cost_usd");
    run.turns = number_or_null<std::int64_t>(row, "turns");
    run.wall_ms = row.at("wall_ms");
    run.complete = row.at("complete");
    run.result = row.at("result");
    run.started_at = WallTime{row.at("started_at_ms")};
    runs.push_back(std::move(run));
  }
  return runs;
}

json from_candidate(const std::optional<MergeCandidate>& candidate) {
  if (!candidate) return nullptr;
  return {{"base_commit", candidate->base_commit},
          {"branch_commit", candidate->branch_commit},
          {"commit", candidate->commit},
          {"tree", candidate->tree},
          {"content_id", candidate->content_id},
          {"coverage", or_null(candidate->coverage)}};
}

// Absent in what an older program wrote.
std::optional<MergeCandidate> to_candidate(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return MergeCandidate{.base_commit = found->at("base_commit"),
                   .branch_commit = found->at("branch_commit"),
                   .commit = found->at("commit"),
                   .tree = found->at("tree"),
                   .content_id = found->at("content_id"),
                   .coverage = number_or_null<double>(*found, "coverage")};
}

json from_gate_runs(const std::vector<GateRun>& runs) {
  json list = json::array();
  for (const GateRun& run : runs) {
    list.push_back({{"gate", to_string(run.gate)},
                    {"result", to_string(run.result)},
                    {"text", run.text},
                    {"duration_ms", run.duration.count()}});
  }
  return list;
}

std::vector<GateRun> to_gate_runs(const json& list) {
  std::vector<GateRun> runs;
  for (const json& row : list) {
    const std::string gate = row.at("gate");
    const std::string result = row.at("result");
    runs.push_back({.gate = known("gate", gate, parse_edge_gate(gate)),
                    .result = known("result", result, parse_gate_result(result)),
                    .text = row.at("text"),
                    .duration = Millis(row.at("duration_ms").get<Millis::rep>())});
  }
  return runs;
}

json from_kills(const std::vector<KillCount>& kills) {
  json list = json::array();
  for (const KillCount& kill : kills)
    list.push_back({{"signal", kill.signal}, {"reason", kill.reason}, {"count", kill.count}});
  return list;
}

// For a count alone: what another version calls otherwise is left out, and no job is judged by it.
std::vector<KillCount> to_kills(const json& list) {
  constexpr std::int64_t k_most = 1'000'000;
  std::vector<KillCount> kills;
  for (const json& row : list) {
    const std::string signal = row.at("signal");
    const std::string reason = row.at("reason");
    std::optional<KillCount> kill = find_kill(signal, reason);
    if (!kill) continue;
    kill->count = std::clamp<std::int64_t>(row.at("count"), 0, k_most);
    kills.push_back(*kill);
  }
  return kills;
}

json from_outcome(const JobOutcome& outcome) {
  json object = std::visit(overloaded{
                               [](const Verdict& v) {
                                 return json{{"token", v.token}, {"summary", v.summary}};
                               },
                               [](const Deferred& d) {
                                 return json{{"reason", to_string(d.reason)},
                                             {"text", d.text},
                                             {"retry_after_ms", d.retry_after.count()},
                                             {"resume_token", d.resume_token}};
                               },
                               [](const Held& h) {
                                 return json{{"reason", to_string(h.reason)}, {"text", h.text}};
                               },
                               [](const NobodyAccepted&) { return json::object(); },
                               [](const FaultWhileDeciding& f) {
                                 return json{{"link", f.link}, {"text", f.text}};
                               },
                               [](const FailedRun& f) {
                                 return json{{"text", f.text}};
                               },
                               [](const WorkerFault& f) {
                                 return json{{"text", f.text}};
                               },
                               [](const CiResult& c) {
                                 return json{{"green", c.green}, {"summary", c.summary}};
                               },
                               [](const EdgeResult& e) {
                                 return json{{"end", to_string(e.end)},
                                             {"gate", to_string(e.gate)},
                                             {"text", e.text}};
                               },
                               [](const Sampled& s) {
                                 return json{{"health", to_string(s.sample.health)},
                                             {"latency_ms", or_null(s.sample.latency_ms)},
                                             {"error_rate", or_null(s.sample.error_rate)},
                                             {"text", s.sample.text}};
                               },
                               [](const RolledBack& r) {
                                 return json{{"state", to_string(r.state)}, {"text", r.text}};
                               },
                           },
                           outcome);
  object["kind"] = name_of(outcome);
  return object;
}

JobOutcome to_outcome(const json& object) {
  const std::string kind = object.at("kind");
  for (const OutcomeReader& reader : outcome_readers()) {
    if (name_of(reader.arm) == kind) return reader.read(object);
  }
  refuse("outcome", kind);
}

}  // namespace orc::jobs::fields
