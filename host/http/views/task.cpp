// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

Json hold_of(const Task& task) {
  if (!task.hold) return nullptr;
  return {{"class", to_string(task.hold->hold)},
          {"reason", task.hold->reason},
          {"infrastructure", is_infrastructure(task.hold->hold)},
          {"released_by", released_by(task.hold->hold)}};
}

Json waiting_of(const Task& task, const Picture& picture) {
  const auto reason = picture.why(task);
  return reason ? waiting(*reason) : Json(nullptr);
}

Json job_of(const Job* job) {
  if (job == nullptr) return nullptr;
  Json row{{"id", job->id.value},
           {"kind", to_string(job->kind)},
           {"attempt", job->attempt},
           {"state", to_string(job->state)},
           {"producer", job->producer}};
  if (job->started_at) row["started_at"] = to_iso8601(*job->started_at);
  if (job->deadline_at) row["deadline_at"] = to_iso8601(*job->deadline_at);
  return row;
}

Json artifact_row(const ArtifactRecord& record) {
  return {{"name", record.name},
          {"stage", to_string(record.stage)},
          {"run", record.job.value},
          {"attempt", record.attempt},
          {"producer", record.producer},
          {"sha256", record.sha256},
          {"size", record.size},
          {"commit", record.commit},
          {"content_id", record.content_id},
          {"config_generation", record.generation},
          {"at", to_iso8601(record.at)}};
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json agent_run_row(const AgentRun& run) {
  return {{"run", run.job.value},
          {"stage", to_string(run.stage)},
          {"role", to_string(run.role)},
          {"program", run.program},
          {"model", run.model},
          {"effort", run.effort},
          {"result", run.result},
          {"input_tokens", or_null(run.input_tokens)},
          {"output_tokens", or_null(run.output_tokens)},
          {"cache_read_tokens", or_null(run.cache_read_tokens)},
          {"cache_write_tokens", or_null(run.cache_write_tokens)},
          {"cost_usd", or_null(run.cost_usd)},
          {"turns", or_null(run.turns)},
          {"duration_seconds", static_cast<double>(run.wall_ms) / 1000.0},
          {"started_at", to_iso8601(run.started_at)}};
}

Json pull_request_of(const std::optional<PullRequest>& request) {
  if (!request) return nullptr;
  return {{"number", request->number}, {"state", request->state},
          {"base", request->base},     {"head_commit", request->head_commit},
          {"ci", request->ci},         {"ci_text", request->ci_text}};
}

// The sum of what is known; null when no run has told its cost.
Json total_cost(const std::vector<AgentRun>& runs) {
  std::optional<double> total;
  for (const AgentRun& run : runs) {
    if (run.cost_usd) total = total.value_or(0) + *run.cost_usd;
  }
  return or_null(total);
}

}  // namespace

Json waiting(const engine::Waiting& waiting) {
  Json row{{"code", engine::to_string(waiting.code)}, {"text", waiting.text}};
  if (!waiting.next.empty()) row["next"] = waiting.next;
  if (waiting.until) row["until"] = to_iso8601(*waiting.until);
  if (waiting.position) row["position"] = *waiting.position;
  return row;
}

Json task_row(const Task& task, const Picture& picture) {
  return {{"id", task.id.value},
          {"work_item", task.work_item},
          {"title", task.title},
          {"repo", task.repo},
          {"branch", task.branch},
          {"stage", to_string(task.stage)},
          {"state", picture.state_of(task)},
          {"rev", task.rev},
          {"hold", hold_of(task)},
          {"waiting", waiting_of(task, picture)},
          {"job", job_of(picture.live_job(task.id))},
          {"counters",
           {{"code_fail", task.code_fail},
            {"contract_fail", task.contract_fail},
            {"infra_fail", task.infra_fail}}},
          {"submitted_by", task.submitted_by},
          {"created_at", to_iso8601(task.created_at)},
          {"updated_at", to_iso8601(task.updated_at)},
          {"stage_since", to_iso8601(task.stage_since)}};
}

Json task_list(const TaskPage& page, const Picture& picture) {
  Json rows = Json::array();
  for (const Task& task : page.tasks) rows.push_back(task_row(task, picture));
  return {{"schema", "orchestrator.tasks/1"},
          {"tasks", std::move(rows)},
          {"next", page.next ? Json(page.next->value) : Json(nullptr)}};
}

Json task_detail(const Task& task, const TaskFacts& facts, const Picture& picture) {
  Json detail{{"schema", "orchestrator.task/1"}};
  detail.update(task_row(task, picture));
  detail["request"] = task.request;
  detail["feedback"] = task.feedback;
  detail["head_commit"] = task.head_commit;
  detail["content_id"] = task.content_id;
  detail["cost_usd"] = total_cost(facts.agent_runs);
  detail["pull_request"] = pull_request_of(facts.pull_request);
  detail["deployments"] = deployment_rows(facts.deployments);
  detail["monitor"] = facts.monitor ? monitor_detail(*facts.monitor, facts.samples) : Json(nullptr);
  detail["artifacts"] = Json::array();
  for (const ArtifactRecord& record : facts.artifacts) {
    detail["artifacts"].push_back(artifact_row(record));
  }
  detail["agent_runs"] = Json::array();
  for (const AgentRun& run : facts.agent_runs) detail["agent_runs"].push_back(agent_run_row(run));
  return detail;
}

}  // namespace orc::http::views
