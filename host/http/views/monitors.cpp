// SPDX-License-Identifier: Apache-2.0
// Deployments, and what the post-deploy monitor saw and did after them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

constexpr std::size_t k_most_samples = 100;  // the newest
template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json monitor_row(const Monitor& monitor) {
  return {{"task", monitor.work_item},
          {"repo", monitor.repo},
          {"commit", monitor.commit},
          {"state", to_string(monitor.state)},
          {"text", monitor.text},
          {"rollback", to_string(monitor.rollback)},
          {"rollback_text", monitor.rollback_text},
          {"started_at", to_iso8601(monitor.started_at)},
          {"until", to_iso8601(monitor.until)},
          {"ended_at", monitor.ended_at ? Json(to_iso8601(*monitor.ended_at)) : Json(nullptr)}};
}

Json sample_row(const Sample& sample) {
  return {{"before_deploy", sample.before_deploy},
          {"health", to_string(sample.health)},
          {"latency_ms", or_null(sample.latency_ms)},
          {"error_rate", or_null(sample.error_rate)},
          {"text", sample.text},
          {"at", to_iso8601(sample.at)}};
}

std::int64_t count_of(const std::vector<store::DeliveryCount>& counts, std::string_view kind,
                      std::string_view state) {
  for (const store::DeliveryCount& count : counts) {
    if (count.kind == kind && count.state == state) return count.count;
  }
  return 0;
}

}  // namespace

Json deployment_rows(const std::vector<Deployment>& deployments) {
  Json rows = Json::array();
  for (const Deployment& deployment : deployments) {
    rows.push_back({{"id", deployment.id},
                    {"commit", deployment.commit},
                    {"state", to_string(deployment.state)},
                    {"text", deployment.text},
                    {"confirmed_by", deployment.confirmed_by},
                    {"producer", deployment.producer},
                    {"run", deployment.job.value},
                    {"begun_at", to_iso8601(deployment.begun_at)},
                    {"updated_at", to_iso8601(deployment.updated_at)}});
  }
  return rows;
}

Json monitor_detail(const Monitor& monitor, const std::vector<Sample>& samples) {
  Json detail = monitor_row(monitor);
  detail["samples_taken"] = samples.size();
  detail["samples"] = Json::array();
  const std::size_t first = samples.size() - std::min(samples.size(), k_most_samples);
  for (std::size_t i = first; i < samples.size(); ++i)
    detail["samples"].push_back(sample_row(samples[i]));
  return detail;
}

Json monitor_rows(const std::vector<Monitor>& monitors) {
  Json rows = Json::array();
  for (const Monitor& monitor : monitors) rows.push_back(monitor_row(monitor));
  return rows;
}

Json post_deploy_monitor(const DeliveryFacts& facts, const config::Config& config) {
  Json results = Json::object();
  for (const MonitorState state : k_monitor_states)
    results[std::string(to_string(state))] = count_of(facts.counts, "monitor", to_string(state));
  Json rollbacks = Json::object();
  for (const RollbackState state : k_rollback_states)
    rollbacks[std::string(to_string(state))] = count_of(facts.counts, "rollback", to_string(state));
  return {{"enabled", config.monitor.enabled},
          {"repos", config.monitor.repos.repos},
          {"results", std::move(results)},
          {"rollbacks", std::move(rollbacks)},
          {"monitors", monitor_rows(facts.monitors)}};
}

}  // namespace orc::http::views
