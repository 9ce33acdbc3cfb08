// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

// The blocks that the original's tools read, by the plugin each stands for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_blocks{{
    {"test_runner", "test-runner"},
    {"staging_runner", "staging-runner"},
    {"deploy_finalizer", "deploy-finalizer"},
}};

// A job that waits for its turn, not for a time, is simply queued.
bool is_deferred(const Job& job, WallTime now) {
  return job.state == JobState::queued && job.run_after > now &&
         job.reason != k_waits_at_serial_gate && job.reason != k_waits_for_merge_lock &&
         job.reason != k_waits_for_selftest;
}

int pid_of(JobId job, const engine::Snapshot& status) {
  for (const engine::RunningJob& running : status.running) {
    if (running.job == job) return running.worker_pid;
  }
  return 0;
}

Json job_row(const store::LiveJob& row, int ahead, const Picture& picture,
             const engine::Snapshot& status) {
  const Job& job = row.job;
  Json json{{"id", job.id.value},
            {"task", row.task.work_item},
            {"stage", to_string(job.stage)},
            {"kind", to_string(job.kind)},
            {"attempt", job.attempt},
            {"state", is_deferred(job, picture.now) ? "deferred" : to_string(job.state)}};
  if (!job.producer.empty()) json["producer"] = job.producer;
  if (const int pid = pid_of(job.id, status); pid != 0) json["pid"] = pid;
  if (job.started_at) json["started_at"] = to_iso8601(*job.started_at);
  if (job.deadline_at) json["deadline_at"] = to_iso8601(*job.deadline_at);
  if (const auto reason = picture.why(row.task, job, ahead)) json["waiting"] = waiting(*reason);
  return json;
}

Json outcomes_of(const std::string& plugin, const std::vector<store::OutcomeCount>& outcomes) {
  Json counts{{"suite_ran", 0}, {"transient_infra", 0}, {"permanent_env", 0}};
  for (const store::OutcomeCount& row : outcomes) {
    if (row.producer != plugin) continue;
    Json& count = counts[std::string(outcome_word(row.outcome))];
    count = (count.is_null() ? 0 : count.get<std::int64_t>()) + row.count;
  }
  return counts;
}

}  // namespace

Json queue(const Picture& picture, const engine::Snapshot& status,
           const std::vector<store::OutcomeCount>& outcomes, const GateFacts& gates,
           const DeliveryFacts& deliveries) {
  Json jobs = Json::array();
  int ahead = 0;
  for (const store::LiveJob& row : picture.live) {
    jobs.push_back(job_row(row, ahead, picture, status));
    if (row.job.state == JobState::queued) ++ahead;
  }
  Json page{{"schema", "orchestrator.queue/1"},
            {"workers", {{"busy", status.running.size()}, {"total", status.workers}}},
            {"paused", status.draining},
            {"draining", status.draining},
            {"jobs", std::move(jobs)}};
  for (const auto& [block, plugin_name] : k_blocks) {
    const auto plugin = status.generation->config.plugins.find(std::string(plugin_name));
    if (plugin == status.generation->config.plugins.end()) continue;
    page[std::string(block)] = {{"enabled", plugin->second.enabled},
                                {"killed", picture.kill_of(plugin->first) != nullptr},
                                {"killed_in", repositories_killed_in(plugin->first, picture)},
                                {"repos", plugin->second.repos.repos},
                                {"outcomes", outcomes_of(plugin->first, outcomes)}};
  }
  page["transition_lease"] = transition_lease(picture, status);
  page["serial_gate"] = serial_gate(picture, status);
  add_gates(gates, status.generation->config, page);
  page["post_deploy_monitor"] = post_deploy_monitor(deliveries, status.generation->config);
  page["breakers"] = breakers(status);
  page["reaper"] = reaper(picture, status);
  page["reconciler"] = reconciler(picture, status);
  return page;
}

}  // namespace orc::http::views
