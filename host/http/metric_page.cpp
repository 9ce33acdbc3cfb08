// SPDX-License-Identifier: Apache-2.0
#include "http/metric_page.h"

#include <prometheus/text_serializer.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "base/text.h"
#include "http/metrics.h"

namespace orc::http {

namespace {

using prometheus::MetricType;

struct MetricRow {
  std::string_view name;
  MetricType type;
  std::string_view help;  // constants only: the serializer does not escape it
};

constexpr std::array k_metrics{
    MetricRow{"orchestrator_build_info", MetricType::Gauge, "Version of the running program."},
    MetricRow{"orchestrator_config_info", MetricType::Gauge, "Configuration in force."},
    MetricRow{"orchestrator_config_last_reload_successful", MetricType::Gauge,
              "Whether the last configuration reload was accepted."},
    MetricRow{"orchestrator_config_last_reload_success_timestamp_seconds", MetricType::Gauge,
              "Time of the last accepted configuration reload."},
    MetricRow{"orchestrator_config_reloads_total", MetricType::Counter,
              "Configuration reloads since the start, by result."},
    MetricRow{"orchestrator_plugin_info", MetricType::Gauge,
              "Plugins that the configuration names."},
    MetricRow{"orchestrator_plugin_up", MetricType::Gauge,
              "Whether the plugin is loaded and has passed its self-test."},
    MetricRow{"orchestrator_plugin_enabled", MetricType::Gauge,
              "Effective kill-switch: 1 asked, 0 skipped."},
    MetricRow{"orchestrator_tasks", MetricType::Gauge,
              "Tasks that are not done, by stage and state."},
    MetricRow{"orchestrator_oldest_task_age_seconds", MetricType::Gauge,
              "Time the oldest task has spent in its stage."},
    MetricRow{"orchestrator_stage_transitions_total", MetricType::Counter,
              "Stage writes that won their compare-and-swap, since the start."},
    MetricRow{"orchestrator_stage_cas_conflicts_total", MetricType::Counter,
              "Writes refused because the task had changed, since the start, by its stage."},
    MetricRow{"orchestrator_producer_decisions_total", MetricType::Counter,
              "Answers of the producers in the chains, since the start."},
    MetricRow{"orchestrator_producer_duration_seconds", MetricType::Histogram,
              "Time from the start of a worker to its report, since the start."},
    MetricRow{"orchestrator_gate_checks_total", MetricType::Counter,
              "Gates that were evaluated since the start, by result."},
    MetricRow{"orchestrator_job_wait_seconds", MetricType::Histogram,
              "Time from the moment a job could start to its start, since the start."},
    MetricRow{"orchestrator_event_streams", MetricType::Gauge, "Event streams that are open."},
    MetricRow{"orchestrator_producer_outcomes_total", MetricType::Counter,
              "Finished producer runs."},
    MetricRow{"orchestrator_jobs", MetricType::Gauge, "Jobs in the queue, by state."},
    MetricRow{"orchestrator_workers", MetricType::Gauge, "Job workers, by state."},
    MetricRow{"orchestrator_leases", MetricType::Gauge,
              "Transition leases that are held, by whether their owner lives."},
    MetricRow{"orchestrator_lease_reclaims_total", MetricType::Counter,
              "Transition leases taken from an owner since the start, by reason."},
    MetricRow{"orchestrator_serial_gate_tasks", MetricType::Gauge,
              "Tasks between staging and production, and those that wait for their turn."},
    MetricRow{
        "orchestrator_reaper_actions_total", MetricType::Counter,
        "Jobs that ended without a report or were ended by the host, since the start, by tier."},
    MetricRow{"orchestrator_reconciler_last_run_timestamp_seconds", MetricType::Gauge,
              "Time of the reconciler's last round."},
    MetricRow{"orchestrator_reconciler_actions_total", MetricType::Counter,
              "What the reconciler did about tasks since the start."},
    MetricRow{"orchestrator_deployments", MetricType::Gauge, "Deployments, by how they stand."},
    MetricRow{"orchestrator_post_deploy_monitors", MetricType::Gauge,
              "Post-deploy monitors in the database, by how they stand."},
    MetricRow{"orchestrator_post_deploy_rollbacks", MetricType::Gauge,
              "Rollbacks of degraded deploys in the database, by how they stand."},
    MetricRow{"orchestrator_open_alerts", MetricType::Gauge, "Alerts that nobody has cleared yet."},
    MetricRow{"orchestrator_breaker_open", MetricType::Gauge,
              "Classes of faults that a producer has met: 1 while they pause it."},
    MetricRow{"orchestrator_selftest_passed", MetricType::Gauge,
              "Whether a gate or plugin answered its fixtures as it should."},
    MetricRow{"orchestrator_http_requests_total", MetricType::Counter,
              "Answered HTTP requests since the start, by route pattern."},
    MetricRow{"orchestrator_edge_gate_results_total", MetricType::Counter,
              "What the gates from staging to production came to."},
    MetricRow{"orchestrator_process_group_kills_total", MetricType::Counter,
              "Signals that ended process groups since the start, by reason."},
    MetricRow{"orchestrator_llm_runs_total", MetricType::Counter, "Agent runs."},
    MetricRow{"orchestrator_llm_tokens_total", MetricType::Counter,
              "Tokens reported by the agent programs."},
    MetricRow{"orchestrator_llm_cost_usd_total", MetricType::Counter,
              "Cost of the agent runs in US dollars, reported or from the price table."},
    MetricRow{"orchestrator_notifications_total", MetricType::Counter,
              "Notifications since the start, by channel and what came of them."},
    MetricRow{"orchestrator_db_busy_total", MetricType::Counter,
              "Statements that waited for a database lock since the start."},
    MetricRow{"orchestrator_webhooks_total", MetricType::Counter,
              "Webhooks since the start, by forge and what they came to."},
    MetricRow{"orchestrator_draining", MetricType::Gauge,
              "Whether no new job is started because of a drain or shutdown."},
};

std::size_t index_of(std::string_view name) {
  for (std::size_t i = 0; i < k_metrics.size(); ++i) {
    if (k_metrics[i].name == name) return i;
  }
  std::abort();
}

}  // namespace

MetricPage::MetricPage() : samples_(k_metrics.size()) {}

void MetricPage::put(std::string_view name, Labels labels, double value) {
  const std::size_t index = index_of(name);
  prometheus::ClientMetric sample;
  for (auto& label : labels) label.value = printable(label.value);
  sample.label = std::move(labels);
  if (k_metrics[index].type == MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  samples_[index].push_back(std::move(sample));
}

void MetricPage::put(std::string_view name, Labels labels, const engine::Tallies::Count& count) {
  prometheus::ClientMetric sample;
  sample.label = std::move(labels);
  sample.histogram.sample_count = static_cast<std::uint64_t>(count.count);
  sample.histogram.sample_sum = count.seconds;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < count.buckets.size(); ++i) {
    so_far += static_cast<std::uint64_t>(count.buckets[i]);
    const double bound = i < engine::Tallies::k_bounds.size()
                             ? static_cast<double>(engine::Tallies::k_bounds[i].count()) / 1000.0
                             : std::numeric_limits<double>::infinity();
    sample.histogram.bucket.push_back({so_far, bound});
  }
  samples_[index_of(name)].push_back(std::move(sample));
}

std::string MetricPage::text() const {
  std::vector<prometheus::MetricFamily> families;
  for (std::size_t i = 0; i < k_metrics.size(); ++i) {
    if (samples_[i].empty()) continue;
    families.push_back({std::string(k_metrics[i].name), std::string(k_metrics[i].help),
                        k_metrics[i].type, samples_[i]});
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

std::vector<std::string> exported_metrics() {
  std::vector<std::string> names;
  for (const MetricRow& row : k_metrics) names.emplace_back(row.name);
  return names;
}

}  // namespace orc::http
