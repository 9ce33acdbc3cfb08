// SPDX-License-Identifier: Apache-2.0
#include "jobs/job_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/enum_names.h"
#include "jobs/json_fields.h"

namespace orc::jobs {

using nlohmann::json;

namespace {

constexpr EnumNames<Progress::Phase, 4> k_phases{{{Progress::Phase::preparing, "preparing"},
                                                  {Progress::Phase::deciding, "deciding"},
                                                  {Progress::Phase::producing, "producing"},
                                                  {Progress::Phase::collecting, "collecting"}}};

// The texts of a request, each under its own name.
struct TextField {
  const char* key;
  std::string JobRequest::*member;
};
constexpr std::array k_texts{
    TextField{"run_id", &JobRequest::run_id},
    TextField{"work_item", &JobRequest::work_item},
    TextField{"title", &JobRequest::title},
    TextField{"request", &JobRequest::request},
    TextField{"feedback", &JobRequest::feedback},
    TextField{"model", &JobRequest::model},
    TextField{"effort", &JobRequest::effort},
    TextField{"repo", &JobRequest::repo},
    TextField{"clone_url", &JobRequest::clone_url},
    TextField{"default_branch", &JobRequest::default_branch},
    TextField{"branch", &JobRequest::branch},
    TextField{"head_commit", &JobRequest::head_commit},
    TextField{"resume_token", &JobRequest::resume_token},
};

// What an older host did not write.
void read_edge(const json& object, JobRequest& request) {
  request.approved_by = object.value("approved_by", "");
  request.suite = object.value("suite", "");
  request.previous_commit = object.value("previous_commit", "");
  request.edge.tested_contents = object.value("tested_contents", std::vector<std::string>{});
  for (const json& word : object.value("gates", json::array())) {
    const std::string gate = word;
    request.edge.gates.push_back(fields::known("gate", gate, parse_edge_gate(gate)));
  }
  if (const auto baseline = object.find("coverage_baseline");
      baseline != object.end() && !baseline->is_null())
    request.edge.coverage_baseline = baseline->get<double>();
  request.edge.landing = fields::to_candidate(object, "landing");
}

void write_edge(const JobRequest& request, json& object) {
  object["approved_by"] = request.approved_by;
  object["suite"] = request.suite;
  object["previous_commit"] = request.previous_commit;
  object["tested_contents"] = request.edge.tested_contents;
  object["gates"] = json::array();
  for (const EdgeGate gate : request.edge.gates) object["gates"].push_back(to_string(gate));
  object["coverage_baseline"] =
      request.edge.coverage_baseline ? json(*request.edge.coverage_baseline) : json(nullptr);
  object["landing"] = fields::from_candidate(request.edge.landing);
}

struct PathField {
  const char* key;
  std::filesystem::path JobRequest::*member;
};
constexpr std::array k_paths{
    PathField{"prompt_file", &JobRequest::prompt_file},
    PathField{"bare_repository", &JobRequest::bare_repository},
    PathField{"worktree", &JobRequest::worktree},
    PathField{"verification", &JobRequest::verification},
    PathField{"plugin_state", &JobRequest::plugin_state},
};

struct PathListField {
  const char* key;
  std::vector<std::filesystem::path> Isolation::*member;
};
constexpr std::array k_path_lists{
    PathListField{"read", &Isolation::read},
    PathListField{"write", &Isolation::write},
    PathListField{"hidden", &Isolation::hidden},
};

struct LimitField {
  const char* key;
  std::int64_t ResourceLimits::*member;
};
constexpr std::array k_limits{
    LimitField{"processes", &ResourceLimits::processes},
    LimitField{"file_bytes", &ResourceLimits::file_bytes},
    LimitField{"memory_bytes", &ResourceLimits::memory_bytes},
};

struct DurationField {
  const char* key;
  Millis JobRequest::*member;
};
constexpr std::array k_durations{
    DurationField{"decide_timeout_ms", &JobRequest::decide_timeout},
    DurationField{"kill_grace_ms", &JobRequest::kill_grace},
    DurationField{"limit_ms", &JobRequest::limit},
};

// A JSON text that travels inside another one, as a value: so request.json reads well.
json embed(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json::object() : value;
}

std::string extract(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename Read>
auto parse_object(std::string_view what, std::string_view text, Read&& read)
    -> Result<decltype(read(json()))> {
  try {
    return read(json::parse(text));
  } catch (const std::exception& e) {
    return Error{ErrorKind::malformed, std::string(what) + ": " + e.what()};
  }
}

IsolationLevel read_level(const json& value) {
  const std::string word = value;
  return fields::known("isolation", word, parse_isolation_level(word));
}

json isolation_object(const Isolation& isolation) {
  json object{{"level", to_string(isolation.level)}};
  for (const PathListField& field : k_path_lists) {
    object[field.key] = json::array();
    for (const auto& path : isolation.*field.member) object[field.key].push_back(path.string());
  }
  for (const LimitField& field : k_limits) object[field.key] = isolation.limits.*field.member;
  return object;
}

Isolation read_isolation(const json& object) {
  Isolation isolation{.level = read_level(object.at("level"))};
  for (const PathListField& field : k_path_lists) {
    for (const json& path : object.at(field.key)) {
      (isolation.*field.member).emplace_back(path.get<std::string>());
    }
  }
  for (const LimitField& field : k_limits) isolation.limits.*field.member = object.at(field.key);
  return isolation;
}

JobRequest read_request_object(const json& object) {
  JobRequest request;
  request.job = JobId{object.at("job")};
  request.attempt = object.at("attempt");
  const std::string kind = object.at("kind");
  request.kind = fields::known("kind", kind, parse_job_kind(kind));
  const std::string stage = object.at("stage");
  request.stage = fields::known("stage", stage, parse_stage(stage));
  request.generation = object.at("generation");
  for (const TextField& field : k_texts)
    request.*field.member = object.at(field.key).get<std::string>();
  read_edge(object, request);
  for (const PathField& field : k_paths)
    request.*field.member = object.at(field.key).get<std::string>();
  for (const DurationField& field : k_durations) {
    request.*field.member = Millis(object.at(field.key).get<Millis::rep>());
  }
  request.contract = extract(object.at("contract"));
  for (const json& row : object.at("chain")) {
    request.chain.push_back({.position = row.at("position"),
                             .plugin = row.at("plugin"),
                             .library = row.at("library").get<std::string>(),
                             .settings = extract(row.at("settings")),
                             .timeout = Millis(row.at("timeout_ms").get<Millis::rep>()),
                             .isolation = read_level(row.at("isolation")),
                             .network = row.at("network"),
                             .runs_agent = row.at("runs_agent")});
  }
  request.isolation = read_isolation(object.at("isolation"));
  return request;
}

}  // namespace

std::string to_json(const JobRequest& request) {
  json object{{"job", request.job.value},
              {"attempt", request.attempt},
              {"kind", to_string(request.kind)},
              {"stage", to_string(request.stage)},
              {"generation", request.generation},
              {"contract", embed(request.contract)},
              {"isolation", isolation_object(request.isolation)},
              {"chain", json::array()}};
  for (const TextField& field : k_texts) object[field.key] = request.*field.member;
  write_edge(request, object);
  for (const PathField& field : k_paths) object[field.key] = (request.*field.member).string();
  for (const DurationField& field : k_durations)
    object[field.key] = (request.*field.member).count();
  for (const RequestLink& link : request.chain) {
    object["chain"].push_back({{"position", link.position},
                               {"plugin", link.plugin},
                               {"library", link.library.string()},
                               {"settings", embed(link.settings)},
                               {"timeout_ms", link.timeout.count()},
                               {"isolation", to_string(link.isolation)},
                               {"network", link.network},
                               {"runs_agent", link.runs_agent}});
  }
  return fields::dump(object);
}

Result<JobRequest> parse_request(std::string_view text) {
  return parse_object("request.json", text, read_request_object);
}

std::string to_json(const WorkerReport& report) {
  return fields::dump({{"outcome", fields::from_outcome(report.outcome)},
                       {"decisions", fields::from_decisions(report.decisions)},
                       {"producer", report.producer},
                       {"producer_version", report.producer_version},
                       {"artifacts", report.artifacts},
                       {"head_commit", report.head_commit},
                       {"content_id", report.content_id},
                       {"made_on_commit", report.made_on_commit},
                       {"made_on_content", report.made_on_content},
                       {"agent_runs", fields::from_agent_runs(report.agent_runs)},
                       {"gates", fields::from_gate_runs(report.gates)},
                       {"candidate", fields::from_candidate(report.candidate)},
                       {"side_effects", report.side_effects},
                       {"kills", fields::from_kills(report.kills)},
                       {"duration_ms", report.duration.count()}});
}

Result<WorkerReport> parse_report(std::string_view text) {
  return parse_object("outcome.json", text, [](const json& object) {
    return WorkerReport{.outcome = fields::to_outcome(object.at("outcome")),
                        .decisions = fields::to_decisions(object.at("decisions")),
                        .producer = object.at("producer"),
                        .producer_version = object.at("producer_version"),
                        .artifacts = object.at("artifacts"),
                        .head_commit = object.at("head_commit"),
                        .content_id = object.at("content_id"),
                        .made_on_commit = object.at("made_on_commit"),
                        .made_on_content = object.at("made_on_content"),
                        .agent_runs = fields::to_agent_runs(object.at("agent_runs")),
                        .gates = fields::to_gate_runs(object.value("gates", json::array())),
                        .candidate = fields::to_candidate(object, "candidate"),
                        .side_effects = object.at("side_effects"),
                        .kills = fields::to_kills(object.value("kills", json::array())),
                        .duration = Millis(object.at("duration_ms").get<Millis::rep>())};
  });
}

std::string to_json(const Progress& progress) {
  return fields::dump({{"phase", name_in(k_phases, progress.phase)},
                       {"link", progress.link},
                       {"text", progress.text},
                       {"decisions", fields::from_decisions(progress.decisions)},
                       {"agent_runs", fields::from_agent_runs(progress.agent_runs)},
                       {"side_effects", progress.side_effects}});
}

Result<Progress> parse_progress(std::string_view text) {
  return parse_object("progress.json", text, [](const json& object) {
    const std::string phase = object.at("phase");
    return Progress{.phase = fields::known("phase", phase, value_in(k_phases, phase)),
                    .link = object.at("link"),
                    .text = object.at("text"),
                    .decisions = fields::to_decisions(object.at("decisions")),
                    .agent_runs = fields::to_agent_runs(object.at("agent_runs")),
                    .side_effects = object.at("side_effects")};
  });
}

std::string to_json(const ProcessIdentity& identity) {
  return fields::dump({{"pid", identity.pid},
                       {"start_ticks", identity.start_ticks},
                       {"boot_id", identity.boot_id}});
}

Result<ProcessIdentity> parse_identity(std::string_view text) {
  return parse_object("worker.lock", text, [](const json& object) {
    return ProcessIdentity{.pid = object.at("pid"),
                           .start_ticks = object.at("start_ticks"),
                           .boot_id = object.at("boot_id")};
  });
}

}  // namespace orc::jobs
