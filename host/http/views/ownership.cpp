// SPDX-License-Identifier: Apache-2.0
// Who owns which transition, and who waits for whom at the serial gate.
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

std::int64_t seconds_since(WallTime then, WallTime now) {
  return std::max<std::int64_t>((now - then).count() / 1000, 0);
}

Json age_of(const std::optional<WallTime>& then, WallTime now) {
  return then ? Json(seconds_since(*then, now)) : Json(nullptr);
}

Json scope_of(const config::Switch& mechanism) {
  return {{"enabled", mechanism.enabled}, {"repos", mechanism.repos.repos}};
}

Json lease_row(const Lease& lease, const Picture& picture, const engine::Snapshot& status) {
  return {{"task", lease.work_item},
          {"epoch", lease.epoch},
          {"holder", lease.holder},
          {"owner_instance", lease.owner.instance},
          {"owner_pid", lease.owner.process.pid},
          {"owner_boot_id", lease.owner.process.boot_id},
          {"alive", has_live_owner(lease, status.host)},
          {"acquired_at", to_iso8601(lease.acquired_at)},
          {"age_seconds", seconds_since(lease.acquired_at, picture.now)}};
}

Json lease_rows(const Picture& picture, const engine::Snapshot& status) {
  Json rows = Json::array();
  for (const Lease& lease : picture.leases) rows.push_back(lease_row(lease, picture, status));
  return rows;
}

}  // namespace

Json lease_list(const Picture& picture, const engine::Snapshot& status) {
  return {{"schema", "orchestrator.leases/1"}, {"leases", lease_rows(picture, status)}};
}

Json transition_lease(const Picture& picture, const engine::Snapshot& status) {
  Json block = scope_of(status.generation->config.transition_lease);
  block["held"] = lease_rows(picture, status);
  block["reclaimed"] = {{"stale", status.lease_reclaims.stale},
                        {"forced", status.lease_reclaims.forced}};
  return block;
}

Json serial_gate(const Picture& picture, const engine::Snapshot& status) {
  Json block = scope_of(status.generation->config.serial_gate);
  block["inside"] = Json::array();
  block["waiting"] = Json::array();
  for (const SerialPlace& place : picture.places) {
    Json row{{"repo", place.repo}, {"task", place.work_item}};
    const WallTime since = place.entered_at.value_or(place.arrived_at);
    row["since"] = to_iso8601(since);
    row["age_seconds"] = seconds_since(since, picture.now);
    if (!place.entered_at) row["position"] = picture.ahead_at_serial_gate(place.task).size() + 1;
    block[place.entered_at ? "inside" : "waiting"].push_back(std::move(row));
  }
  return block;
}

Json reaper(const Picture& picture, const engine::Snapshot& status) {
  const engine::ReaperCounts& counts = status.reaper;
  const config::Config& config = status.generation->config;
  return {{"every_seconds", config.reaper_every.count() / 1000},
          {"silent_after_seconds", config.silent_after.count() / 1000},
          {"max_running_seconds", config.max_running.count() / 1000},
          {"last_run_age_seconds", age_of(counts.last_run, picture.now)},
          {"reaped", counts.dead + counts.silent + counts.past_limit},
          {"by_tier",
           {{"dead", counts.dead}, {"silent", counts.silent}, {"max_running", counts.past_limit}}}};
}

Json reconciler(const Picture& picture, const engine::Snapshot& status) {
  const engine::ReconcilerCounts& counts = status.reconciler;
  return {{"every_seconds", status.generation->config.reconciler_every.count() / 1000},
          {"last_run_age_seconds", age_of(counts.last_run, picture.now)},
          {"repaired", counts.repaired},
          {"quarantined", counts.quarantined}};
}

}  // namespace orc::http::views
