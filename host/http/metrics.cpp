// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/revision.h"
#include "domain/edge.h"
#include "engine/tallies.h"
#include "http/event_streams.h"
#include "http/handlers/shared.h"
#include "http/known_series.h"
#include "http/llm_metrics.h"
#include "http/metric_page.h"

namespace orc::http {

namespace {

constexpr std::array<std::string_view, 5> k_task_states{"queued", "running", "waiting_human",
                                                        "infra_hold", "held"};

double seconds(WallTime time) {
  return static_cast<double>(time.ms) / 1000.0;
}
double as_number(bool value) {
  return value ? 1 : 0;
}

void put_configuration(MetricPage& page, const engine::Snapshot& status,
                       const engine::ReloadHistory& reloads) {
  constexpr std::size_t k_short_hash = 16;
  page.put("orchestrator_build_info",
           {{"version", ORCH_VERSION},
            {"revision", std::string(revision())},
            {"plugin_abi", config::plugin_abi()}},
           1);
  page.put("orchestrator_config_info",
           {{"sha256", status.generation->sha256.substr(0, k_short_hash)},
            {"generation", std::to_string(status.generation->number)}},
           1);
  page.put("orchestrator_config_last_reload_successful", {}, as_number(reloads.last_successful));
  page.put("orchestrator_config_last_reload_success_timestamp_seconds", {},
           seconds(reloads.last_success_at.value_or(status.generation->built_at)));
  const auto put_reloads = [&](const char* result, std::int64_t count) {
    page.put("orchestrator_config_reloads_total", {{"result", result}}, static_cast<double>(count));
  };
  put_reloads("applied", reloads.applied);
  put_reloads("unchanged", reloads.unchanged);
  put_reloads("rejected", reloads.rejected);
}

bool failed_selftest(const engine::Snapshot& status, const std::string& subject) {
  return status.selftests && std::any_of(status.selftests->begin(), status.selftests->end(),
                                         [&](const engine::SelftestRow& row) {
                                           return row.subject == subject && !row.passed;
                                         });
}

void put_plugins(MetricPage& page, const engine::Snapshot& status, const views::Picture& picture) {
  const config::Generation& generation = *status.generation;
  for (const auto& [name, plugin] : generation.config.plugins) {
    const auto found = generation.plugins.find(name);
    const bool listed = found != generation.plugins.end();
    page.put("orchestrator_plugin_info",
             {{"plugin", name},
              {"version", listed ? found->second.version : ""},
              {"abi", listed ? found->second.abi : ""}},
             1);
    page.put("orchestrator_plugin_up", {{"plugin", name}},
             as_number(listed && found->second.refused.empty() &&
                       !failed_selftest(status, plugin.type)));
    page.put("orchestrator_plugin_enabled", {{"plugin", name}},
             as_number(views::is_enabled(plugin, picture)));
  }
}

void put_tasks(MetricPage& page, const std::vector<store::StageCount>& counts, WallTime now) {
  std::map<std::pair<Stage, std::string_view>, std::int64_t> tasks;
  std::map<Stage, double> ages;
  for (const Stage stage : k_stages) {
    if (find_rule(stage) == nullptr) continue;
    for (const std::string_view state : k_task_states) tasks[{stage, state}] = 0;
  }
  for (const store::StageCount& row : counts) {
    const auto known = tasks.find({row.stage, views::state_word(row.state, row.running, row.hold)});
    if (known == tasks.end()) continue;
    known->second += row.count;
    double& age = ages[row.stage];
    age = std::max(age, seconds(now) - seconds(row.oldest));
  }
  for (const auto& [key, count] : tasks) {
    page.put("orchestrator_tasks",
             {{"stage", std::string(to_string(key.first))}, {"state", std::string(key.second)}},
             static_cast<double>(count));
  }
  for (const auto& [stage, age] : ages) {
    page.put("orchestrator_oldest_task_age_seconds", {{"stage", std::string(to_string(stage))}},
             age);
  }
}

// The label set of a tally, in the order of its values.
struct TallyRow {
  engine::Tally tally;
  std::string_view metric;
  std::vector<const char*> labels;
};
const std::vector<TallyRow>& tally_rows() {
  static const std::vector<TallyRow> k_rows{
      {engine::Tally::transition, "orchestrator_stage_transitions_total", {"from", "to", "reason"}},
      {engine::Tally::conflict, "orchestrator_stage_cas_conflicts_total", {"stage"}},
      {engine::Tally::decision,
       "orchestrator_producer_decisions_total",
       {"stage", "producer", "decision", "reason"}},
      {engine::Tally::gate, "orchestrator_gate_checks_total", {"gate", "result"}},
      {engine::Tally::producer_seconds,
       "orchestrator_producer_duration_seconds",
       {"stage", "producer"}},
      {engine::Tally::wait_seconds, "orchestrator_job_wait_seconds", {}},
      {engine::Tally::kill, "orchestrator_process_group_kills_total", {"signal", "reason"}},
      {engine::Tally::notification, "orchestrator_notifications_total", {"channel", "result"}}};
  return k_rows;
}

void put_tallies(MetricPage& page, const engine::Snapshot& status) {
  auto counts = known_tallies(*status.generation);
  if (status.tallies) {
    for (auto& [key, count] : status.tallies->all()) counts.insert_or_assign(key, count);
  }
  for (const auto& [key, count] : counts) {
    const TallyRow& row = tally_rows()[static_cast<std::size_t>(key.tally)];
    Labels labels;
    for (std::size_t i = 0; i < row.labels.size(); ++i)
      labels.push_back({row.labels[i], key.labels[i]});
    const bool is_time =
        key.tally == engine::Tally::producer_seconds || key.tally == engine::Tally::wait_seconds;
    if (is_time) {
      page.put(row.metric, std::move(labels), count);
    } else {
      page.put(row.metric, std::move(labels), static_cast<double>(count.count));
    }
  }
}

void put_engine(MetricPage& page, const engine::Snapshot& status,
                const std::vector<store::StageCount>& counts) {
  page.put("orchestrator_draining", {}, as_number(status.draining));
  const auto busy = static_cast<double>(status.running.size());
  page.put("orchestrator_workers", {{"state", "busy"}}, busy);
  page.put("orchestrator_workers", {{"state", "idle"}}, std::max(0.0, status.workers - busy));
  // An active task has exactly one live job.
  double running = 0;
  double queued = 0;
  for (const store::StageCount& row : counts) {
    if (row.state == TaskState::active)
      (row.running ? running : queued) += static_cast<double>(row.count);
  }
  page.put("orchestrator_jobs", {{"state", "queued"}}, queued);
  page.put("orchestrator_jobs", {{"state", "running"}}, running);
}

void put_ownership(MetricPage& page, const engine::Snapshot& status, const views::Picture& picture) {
  std::map<std::string, double> leases{{"live", 0}, {"stale", 0}};
  for (const Lease& lease : picture.leases)
    leases[has_live_owner(lease, status.host) ? "live" : "stale"] += 1;
  for (const auto& [state, count] : leases)
    page.put("orchestrator_leases", {{"state", state}}, count);
  page.put("orchestrator_lease_reclaims_total", {{"reason", "stale"}},
           static_cast<double>(status.lease_reclaims.stale));
  page.put("orchestrator_lease_reclaims_total", {{"reason", "forced"}},
           static_cast<double>(status.lease_reclaims.forced));
  const auto put_tier = [&](const char* tier, std::int64_t count) {
    page.put("orchestrator_reaper_actions_total", {{"tier", tier}}, static_cast<double>(count));
  };
  put_tier("dead", status.reaper.dead);
  put_tier("silent", status.reaper.silent);
  put_tier("max_running", status.reaper.past_limit);
  if (status.reconciler.last_run) {
    page.put("orchestrator_reconciler_last_run_timestamp_seconds", {},
             seconds(*status.reconciler.last_run));
  }
  page.put("orchestrator_reconciler_actions_total", {{"action", "repaired"}},
           static_cast<double>(status.reconciler.repaired));
  page.put("orchestrator_reconciler_actions_total", {{"action", "quarantined"}},
           static_cast<double>(status.reconciler.quarantined));
  std::map<std::string, double> places{{"inside", 0}, {"waiting", 0}};
  for (const SerialPlace& place : picture.places)
    places[place.entered_at ? "inside" : "waiting"] += 1;
  for (const auto& [state, count] : places)
    page.put("orchestrator_serial_gate_tasks", {{"state", state}}, count);
}

void put_trust(MetricPage& page, const engine::Snapshot& status) {
  for (const Breaker& breaker : status.breakers) {
    page.put("orchestrator_breaker_open",
             {{"producer", breaker.producer}, {"reason", std::string(to_string(breaker.reason))}},
             as_number(breaker.open));
  }
  if (!status.selftests) return;
  for (const engine::SelftestRow& row : *status.selftests)
    page.put("orchestrator_selftest_passed", {{"subject", row.subject}}, as_number(row.passed));
}

// One series a producer and stage: the reasons behind an outcome are summed up.
void put_outcomes(MetricPage& page, const config::Generation& generation,
                  const std::vector<store::OutcomeCount>& rows) {
  auto counts = known_outcomes(generation);
  for (const store::OutcomeCount& row : rows) {
    counts[{row.stage, row.producer, views::outcome_word(row.outcome)}] += row.count;
  }
  for (const auto& [key, count] : counts) {
    page.put("orchestrator_producer_outcomes_total",
             {{"stage", std::string(to_string(std::get<0>(key)))},
              {"producer", std::get<1>(key)},
              {"outcome", std::string(std::get<2>(key))}},
             static_cast<double>(count));
  }
}

// Every word from the start, so that the first one is seen as a change.
template <typename States>
void put_states(MetricPage& page, std::string_view metric, std::string_view kind, const States& states,
                const std::vector<store::DeliveryCount>& counts) {
  for (const auto state : states) {
    double found = 0;
    for (const store::DeliveryCount& row : counts)
      if (row.kind == kind && row.state == to_string(state)) found += static_cast<double>(row.count);
    page.put(metric, {{"state", std::string(to_string(state))}}, found);
  }
}

void put_edge_gates(MetricPage& page, const std::vector<GateCount>& rows) {
  constexpr std::array k_results{GateResult::passed, GateResult::failed, GateResult::blocked,
                                 GateResult::not_run};
  std::map<std::pair<EdgeGate, GateResult>, std::int64_t> counts;
  for (const EdgeGateRow& gate : k_edge_gates) {
    for (const GateResult result : k_results) counts[{gate.gate, result}] = 0;
  }
  for (const GateCount& row : rows) counts[{row.gate, row.result}] = row.count;
  for (const auto& [key, count] : counts) {
    page.put("orchestrator_edge_gate_results_total",
             {{"gate", std::string(to_string(key.first))},
              {"result", std::string(to_string(key.second))}},
             static_cast<double>(count));
  }
}

void put_webhooks(MetricPage& page, const WebhookDesk& webhooks) {
  for (const auto& [what, count] : webhooks.counts()) {
    page.put("orchestrator_webhooks_total",
             {{"source", what.first}, {"result", std::string(to_string(what.second))}},
             static_cast<double>(count));
  }
}

void put_requests(MetricPage& page, const RequestCounts& requests) {
  for (const auto& [labels, count] : requests.all()) {
    const auto& [door, route, method, code] = labels;
    page.put("orchestrator_http_requests_total",
             {{"listener", std::string(to_string(door))},
              {"route", route},
              {"method", method},
              {"code", std::to_string(code)}},
             static_cast<double>(count));
  }
}

}  // namespace

Result<std::string> metrics_page(const Services& services) {
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const views::Picture picture, picture_without_jobs(*reader, *status));
  ORC_TRY(const auto counts, reader->stage_counts());
  ORC_TRY(const auto outcomes, reader->outcome_counts());
  ORC_TRY(const auto gates, reader->gate_counts());
  ORC_TRY(const auto alerts, reader->open_alerts());
  ORC_TRY(const auto deliveries, reader->delivery_counts());
  ORC_TRY(const auto llm, reader->llm_totals());
  MetricPage page;
  put_configuration(page, *status, services.reloads.reload_history());
  put_plugins(page, *status, picture);
  put_tasks(page, counts, picture.now);
  put_engine(page, *status, counts);
  put_tallies(page, *status);
  put_ownership(page, *status, picture);
  put_trust(page, *status);
  put_outcomes(page, *status->generation, outcomes);
  put_llm(page, *status->generation, llm);
  page.put("orchestrator_db_busy_total", {}, static_cast<double>(store::busy_waits()));
  put_edge_gates(page, gates);
  put_states(page, "orchestrator_deployments", "deployment", k_deployment_states, deliveries);
  put_states(page, "orchestrator_post_deploy_monitors", "monitor", k_monitor_states, deliveries);
  put_states(page, "orchestrator_post_deploy_rollbacks", "rollback", k_rollback_states, deliveries);
  put_requests(page, services.requests);
  page.put("orchestrator_event_streams", {}, static_cast<double>(services.streams.count()));
  put_webhooks(page, services.webhooks);
  page.put("orchestrator_open_alerts", {}, static_cast<double>(alerts.size()));
  return page.text();
}

}  // namespace orc::http
