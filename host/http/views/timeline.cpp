// SPDX-License-Identifier: Apache-2.0
// The story of one task, oldest first: what was asked of whom, what came of it, what the gate read
// from it, and where the task went; between them the events and the human decisions.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

struct Entry {
  WallTime at;
  int rank = 0;  // at the same moment: the submission, jobs, decisions of people, other events
  std::int64_t id = 0;
  Json json;
};

Json parsed_data(const std::string& text) {
  Json data = Json::parse(text, nullptr, false);
  return data.is_object() ? data : Json::object();
}

Json chain_of(JobId job, const std::vector<store::DecisionRow>& decisions) {
  std::vector<const ChainDecision*> links;
  for (const store::DecisionRow& row : decisions) {
    if (row.job == job) links.push_back(&row.decision);
  }
  std::stable_sort(links.begin(), links.end(), [](const ChainDecision* a, const ChainDecision* b) {
    return a->position < b->position;
  });
  Json chain = Json::array();
  for (const ChainDecision* link : links) {
    chain.push_back({{"producer", link->producer},
                     {"decision", to_string(link->decision)},
                     {"reason", link->reason},
                     {"text", link->text}});
  }
  return chain;
}

// The key stands with the artifact that carries the stage's verdict; a report beside it has none.
Json artifact_row(const ArtifactRecord& record, const StageRule* rule) {
  const bool carries_verdict =
      rule != nullptr &&
      std::any_of(rule->artifacts.begin(), rule->artifacts.end(),
                  [&](const ArtifactRule& owed) { return owed.file == record.name; });
  return {{"path", record.name},
          {"key", carries_verdict ? rule->verdict_key : ""},
          {"sha256", record.sha256}};
}

// By name: the store gives them newest first, and those of one run are equally new.
Json artifacts_of(JobId job, Stage stage, const std::vector<ArtifactRecord>& artifacts) {
  std::vector<const ArtifactRecord*> own;
  for (const ArtifactRecord& record : artifacts) {
    if (record.job == job) own.push_back(&record);
  }
  std::sort(own.begin(), own.end(),
            [](const ArtifactRecord* a, const ArtifactRecord* b) { return a->name < b->name; });
  Json rows = Json::array();
  for (const ArtifactRecord* record : own) rows.push_back(artifact_row(*record, find_rule(stage)));
  return rows;
}

const Json& deciding(const Json& artifacts) {
  const auto found = std::find_if(artifacts.begin(), artifacts.end(),
                                  [](const Json& row) { return row["key"] != ""; });
  return found != artifacts.end() ? *found : artifacts.front();
}

Json result_of(const Job& job, const TaskFacts& facts) {
  Json result{{"producer", job.producer},
              {"outcome", outcome_word(job.outcome)},
              {"reason", job.reason == to_string(ReasonCode::none) ? "" : job.reason},
              {"text", job.text}};
  if (job.started_at && job.finished_at) {
    result["duration_seconds"] =
        static_cast<double>((*job.finished_at - *job.started_at).count()) / 1000.0;
  }
  Json artifacts = artifacts_of(job.id, job.stage, facts.artifacts);
  if (!artifacts.empty()) result["artifact"] = deciding(artifacts);
  result["artifacts"] = std::move(artifacts);
  return result;
}

// Whoever ran after the job's end explained its verdict, and did not make it.
Json agent_of(const Job& job, const std::vector<AgentRun>& runs) {
  for (const AgentRun& run : runs) {
    if (run.job != job.id || (job.finished_at && run.started_at > *job.finished_at)) continue;
    return {{"role", to_string(run.role)},
            {"model", run.model},
            {"effort", run.effort},
            {"cost_usd", run.cost_usd ? Json(*run.cost_usd) : Json(nullptr)}};
  }
  return nullptr;
}

std::string_view entry_kind(JobKind kind) {
  switch (kind) {
    case JobKind::produce:
      return "producer_chain";
    case JobKind::ci:
      return "ci";
    case JobKind::shadow:  // no job row, see shadow_runs
      return "shadow";
    case JobKind::edge:
      return "edge_gates";
    case JobKind::land:
      return "landing";
    case JobKind::image:
      return "image_freshness";
    case JobKind::monitor:  // no job rows, see monitors
    case JobKind::rollback:
      return "monitor";
  }
  return "";
}

Entry job_entry(const Job& job, const TaskFacts& facts) {
  const WallTime at = job.started_at.value_or(job.created_at);
  Json entry{{"kind", entry_kind(job.kind)},
             {"run", job.id.value},
             {"stage", to_string(job.stage)},
             {"attempt", job.attempt},
             {"state", to_string(job.state)},
             {"at", to_iso8601(at)},
             {"config_generation", job.generation},
             {"chain", chain_of(job.id, facts.decisions)}};
  if (Json agent = agent_of(job, facts.agent_runs); !agent.is_null()) entry["agent"] = agent;
  if (Json gates = gate_rows(job.id, facts.gate_runs); !gates.empty())
    entry["gates"] = std::move(gates);
  if (job.state == JobState::finished) {
    if (job.finished_at) entry["ended_at"] = to_iso8601(*job.finished_at);
    entry["result"] = result_of(job, facts);
  }
  return {at, 0, job.id.value, std::move(entry)};
}

Entry approval_entry(const Approval& approval) {
  return {approval.at, 1, 0,
          Json{{"kind", "approval"},
               {"stage", to_string(approval.stage)},
               {"at", to_iso8601(approval.at)},
               {"approved", approval.approved},
               {"actor", approval.actor},
               {"channel", approval.channel},
               {"reason", approval.reason}}};
}

Entry event_entry(const Event& event) {
  // A job may be claimed in the moment of the submission that made it.
  const int rank = event.kind == "task.submitted" ? -1 : 2;
  return {event.at, rank, event.id.value,
          Json{{"kind", "event"},
               {"event", event.kind},
               {"id", event.id.value},
               {"at", to_iso8601(event.at)},
               {"actor", event.actor},
               {"text", event.text},
               {"data", parsed_data(event.data)}}};
}

std::string_view gate_result(std::string_view reason) {
  if (reason == "gate_passed") return "pass";
  if (reason == "gate_failed") return "fail";
  return "";
}

// A transition that a gate decided belongs to the last finished run of the stage it left.
bool attach_transition(std::vector<Entry>& entries, const Event& event) {
  if (event.kind != "stage.transition") return false;
  const Json data = parsed_data(event.data);
  const std::string from = data.value("from", "");
  const std::string reason = data.value("reason", "");
  const std::string_view result = gate_result(reason);
  const auto stage = parse_stage(from);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (result.empty() || rule == nullptr) return false;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    Json& run = entry->json;
    const bool fits = run["stage"] == from && run.contains("result") && entry->at <= event.at;
    if (!fits) continue;
    if (run.contains("transition")) return false;
    run["gate"] = {{"name", data.value("gate", std::string(rule->gate))}, {"result", result}};
    run["transition"] = {
        {"from", from},      {"to", data.value("to", "")}, {"reason", reason},
        {"cas", "won"},      {"event", event.id.value},    {"at", to_iso8601(event.at)},
        {"text", event.text}};
    return true;
  }
  return false;
}

}  // namespace

Json timeline(const Task& task, const TaskFacts& facts) {
  std::vector<Entry> entries;
  for (const Job& job : facts.jobs) entries.push_back(job_entry(job, facts));
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.id < b.id; });
  std::vector<Entry> others;
  for (const Event& event : facts.events) {
    if (!attach_transition(entries, event)) others.push_back(event_entry(event));
  }
  for (const Approval& approval : facts.approvals) others.push_back(approval_entry(approval));
  for (Entry& entry : others) entries.push_back(std::move(entry));
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.at, a.rank, a.id) < std::tie(b.at, b.rank, b.id);
  });
  Json rows = Json::array();
  for (Entry& entry : entries) rows.push_back(std::move(entry.json));
  return {{"schema", "orchestrator.timeline/1"},
          {"task", task.work_item},
          {"stage", to_string(task.stage)},
          {"entries", std::move(rows)}};
}

Json event_page(const std::vector<Event>& events, const std::map<TaskId, std::string>& names) {
  Json rows = Json::array();
  for (const Event& event : events) {
    const auto name = names.find(event.task);
    rows.push_back({{"id", event.id.value},
                    {"at", to_iso8601_ms(event.at)},
                    {"task", name != names.end() ? Json(name->second) : Json(nullptr)},
                    {"kind", event.kind},
                    {"actor", event.actor},
                    {"text", event.text},
                    {"data", parsed_data(event.data)}});
  }
  return {{"schema", "orchestrator.events/1"},
          {"events", std::move(rows)},
          {"next", events.empty() ? Json(nullptr) : Json(events.back().id.value)}};
}

}  // namespace orc::http::views
