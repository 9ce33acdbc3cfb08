// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/revision.h"
#include "http/views/views.h"

namespace orc::http::views {

namespace {

std::string_view to_string(engine::ReloadAnswer::Kind kind) {
  switch (kind) {
    case engine::ReloadAnswer::Kind::applied:
      return "applied";
    case engine::ReloadAnswer::Kind::unchanged:
      return "unchanged";
    case engine::ReloadAnswer::Kind::rejected:
      return "rejected";
  }
  return "";
}

// A status page is read by everybody: the file's name, not the folders above it.
Json public_finding(const config::Finding& source) {
  config::Finding shown = source;
  shown.where = shown.where.substr(shown.where.rfind('/') + 1);
  return finding(shown);
}

Json findings(const std::vector<config::Finding>& all, Json (*show)(const config::Finding&)) {
  Json rows = Json::array();
  for (const config::Finding& each : all) rows.push_back(show(each));
  return rows;
}

Json change_rows(const std::vector<config::Change>& changes) {
  Json rows = Json::array();
  for (const config::Change& change : changes) {
    rows.push_back({{"key", change.key},
                    {"before", change.before},
                    {"after", change.after},
                    {"needs_restart", change.needs_restart}});
  }
  return rows;
}

Json masked_rows(const std::vector<config::Masked>& masked) {
  Json rows = Json::array();
  for (const config::Masked& row : masked) {
    rows.push_back({{"key", row.key},
                    {"file_value", row.file_value},
                    {"value", row.value},
                    {"source", row.source}});
  }
  return rows;
}

// A status page is read by everybody: what a value was and is stands in the answer to the reload.
Json keys_of(const std::vector<config::Change>& changes) {
  Json keys = Json::array();
  for (const config::Change& change : changes) keys.push_back(change.key);
  return keys;
}

Json masked_keys(const std::vector<config::Masked>& masked) {
  Json rows = Json::array();
  for (const config::Masked& row : masked)
    rows.push_back({{"key", row.key}, {"source", row.source}});
  return rows;
}

Json config_of(const config::Generation& generation, const engine::ReloadHistory& reloads) {
  return {{"generation", generation.number},
          {"sha256", generation.sha256},
          {"built_at", to_iso8601(generation.built_at)},
          {"warnings", findings(generation.warnings, public_finding)},
          {"pending_restart", keys_of(reloads.pending)},
          {"masked", masked_keys(generation.masked)},
          {"last_reload",
           {{"successful", reloads.last_successful},
            {"last_success_at",
             reloads.last_success_at ? Json(to_iso8601(*reloads.last_success_at)) : Json(nullptr)},
            {"applied", reloads.applied},
            {"unchanged", reloads.unchanged},
            {"rejected", reloads.rejected},
            {"cause", reloads.last_cause},
            {"changed", keys_of(reloads.last_changes)},
            {"findings", findings(reloads.last_findings, public_finding)}}}};
}

Json stage_counts(const std::vector<store::StageCount>& counts) {
  Json rows = Json::array();
  for (const Stage stage : k_stages) {
    Json states = Json::object();
    for (const store::StageCount& row : counts) {
      if (row.stage != stage) continue;
      Json& count = states[std::string(state_word(row.state, row.running, row.hold))];
      count = (count.is_null() ? 0 : count.get<std::int64_t>()) + row.count;
    }
    rows.push_back({{"stage", orc::to_string(stage)}, {"tasks", std::move(states)}});
  }
  return rows;
}

Json plugin_rows(const config::Generation& generation, const Picture& picture) {
  Json rows = Json::array();
  for (const auto& [name, plugin] : generation.config.plugins) {
    const auto loaded = generation.plugins.find(name);
    const bool up = loaded != generation.plugins.end() && loaded->second.refused.empty();
    const store::PluginKill* kill = picture.kill_of(name);
    rows.push_back({{"name", name},
                    {"enabled", plugin.enabled},
                    {"isolation", orc::to_string(plugin.isolation)},
                    {"killed", kill != nullptr},
                    {"killed_in", repositories_killed_in(name, picture)},
                    {"killed_by", kill != nullptr ? kill->actor : ""},
                    {"kill_reason", kill != nullptr ? kill->reason : ""},
                    {"killed_until", kill != nullptr && kill->until ? Json(to_iso8601(*kill->until))
                                                                    : Json(nullptr)},
                    {"loaded", up},
                    {"refused", loaded != generation.plugins.end() ? loaded->second.refused : ""}});
  }
  return rows;
}

Json preflight_rows(const std::vector<engine::KnownPreflight>& preflights) {
  Json rows = Json::array();
  for (const engine::KnownPreflight& known : preflights) {
    rows.push_back({{"plugin", known.row.plugin},
                    {"repo", known.row.repo},
                    {"state", config::to_string(known.row.state)},
                    {"text", known.row.text},
                    {"at", to_iso8601(known.at)}});
  }
  return rows;
}

Json pause_rows(const std::vector<ProviderPause>& pauses) {
  Json rows = Json::array();
  for (const ProviderPause& pause : pauses) {
    rows.push_back({{"plugin", pause.plugin},
                    {"model", pause.model},
                    {"cause", pause.cause},
                    {"text", pause.text},
                    {"since", to_iso8601(pause.since)},
                    {"trial_at", pause.trial_at ? Json(to_iso8601(*pause.trial_at)) : Json(nullptr)},
                    {"failed_trials", pause.failed_trials}});
  }
  return rows;
}

Json selftest_rows(const engine::Snapshot& status) {
  Json rows = Json::array();
  if (!status.selftests) return rows;
  for (const engine::SelftestRow& row : *status.selftests) {
    rows.push_back({{"kind", row.sha256.empty() ? "gate" : "plugin"},
                    {"subject", row.subject},
                    {"passed", row.passed},
                    {"cases", row.cases},
                    {"text", row.text}});
  }
  return rows;
}

Json alert_rows(const std::vector<Alert>& alerts) {
  Json rows = Json::array();
  for (const Alert& alert : alerts) {
    rows.push_back({{"task", alert.work_item},
                    {"condition", alert.condition},
                    {"text", alert.text},
                    {"at", to_iso8601(alert.at)}});
  }
  return rows;
}

}  // namespace

Json breakers(const engine::Snapshot& status) {
  Json rows = Json::array();
  for (const Breaker& breaker : status.breakers) {
    if (!breaker.open) continue;
    rows.push_back({{"producer", breaker.producer},
                    {"reason", orc::to_string(breaker.reason)},
                    {"faults", breaker.faults.size()},
                    {"since", to_iso8601(breaker.since)},
                    {"next_try", to_iso8601(breaker.next_try)}});
  }
  return rows;
}

Json status(const engine::Snapshot& status, const engine::ReloadHistory& reloads,
            const Picture& picture, const std::vector<store::StageCount>& counts,
            const std::vector<Alert>& alerts, const std::vector<Monitor>& monitors) {
  std::int64_t queued = 0;
  // An active task has exactly one live job.
  for (const store::StageCount& row : counts)
    queued += row.state == TaskState::active && !row.running ? row.count : 0;
  return {{"schema", "orchestrator.status/1"},
          {"version", ORCH_VERSION},
          {"revision", revision()},
          {"instance", status.host.instance},
          {"pid", status.host.process.pid},
          {"started_at", to_iso8601(status.started_at)},
          {"uptime_seconds", (picture.now - status.started_at).count() / 1000},
          {"ready", status.ready},
          {"draining", status.draining},
          {"fault", status.fault},
          {"config", config_of(*status.generation, reloads)},
          {"workers", {{"busy", status.running.size()}, {"total", status.workers}}},
          {"queued", queued},
          {"stages", stage_counts(counts)},
          {"plugins", plugin_rows(*status.generation, picture)},
          {"preflight", preflight_rows(status.preflights)},
          {"provider_pauses", pause_rows(status.provider_pauses)},
          {"monitors", monitor_rows(monitors)},
          {"breakers", breakers(status)},
          {"selftests", selftest_rows(status)},
          {"alerts", alert_rows(alerts)},
          {"transitions", status.transitions},
          {"lost_writes", status.lost_writes},
          {"last_event", status.last_event}};
}

Json finding(const config::Finding& finding) {
  const bool is_error = finding.severity == config::Finding::Severity::error;
  return {{"severity", is_error ? "error" : "warning"},
          {"where", finding.where},
          {"key", finding.key},
          {"problem", finding.problem},
          {"fix", finding.fix}};
}

Json reload(const engine::ReloadAnswer& answer) {
  return {{"schema", "orchestrator.reload/1"},
          {"result", to_string(answer.kind)},
          {"generation", answer.generation},
          {"sha256", answer.sha256},
          {"changes", change_rows(answer.changes)},
          {"masked", masked_rows(answer.masked)},
          {"findings", findings(answer.findings, finding)}};
}

Json answer(const engine::Answer& answer, const Picture& picture) {
  return {{"schema", "orchestrator.answer/1"},
          {"code", answer.code},
          {"text", answer.text},
          {"hint", answer.hint},
          {"task", answer.task ? task_row(*answer.task, picture) : Json(nullptr)}};
}

}  // namespace orc::http::views
