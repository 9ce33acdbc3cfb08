// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"
#include "http/metrics.h"

namespace orc::http {

namespace {

constexpr std::uintmax_t k_little_space = 1024ULL * 1024 * 1024;
constexpr std::string_view k_plain = "text/plain; charset=utf-8";

enum class Grade : std::uint8_t { ok, warn, fail };

std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::ok:
      return "ok";
    case Grade::warn:
      return "warn";
    case Grade::fail:
      return "fail";
  }
  return "";
}

struct Checks {
  views::Json rows = views::Json::object();
  Grade worst = Grade::ok;

  void add(const std::string& name, Grade grade, const views::Json& facts) {
    views::Json row{{"status", to_string(grade)}};
    row.update(facts);
    rows[name] = std::move(row);
    worst = std::max(worst, grade);
  }
};

void check_database(const Services& services, Checks& checks) {
  const MonoTime start = mono_now();
  const auto reader = services.readers.borrow();
  auto probe =
      reader.ok() ? (*reader.value()).task(TaskId{0}) : Result<std::optional<Task>>(reader.error());
  if (!probe.ok()) {
    checks.add("db", Grade::fail, {{"text", "the database does not answer"}});
    return;
  }
  const auto latency = std::chrono::duration_cast<Millis>(mono_now() - start);
  checks.add("db", Grade::ok, {{"latency_ms", latency.count()}});
}

void check_disk(const Services& services, Checks& checks) {
  std::error_code error;
  const auto space = std::filesystem::space(services.state_dir, error);
  if (error) {
    checks.add("disk", Grade::fail, {{"text", error.message()}});
    return;
  }
  checks.add("disk", space.available < k_little_space ? Grade::warn : Grade::ok,
             {{"free_bytes", space.available}});
}

void check_engine(const engine::Snapshot& status, Checks& checks) {
  if (!status.fault.empty()) {
    checks.add("engine", Grade::fail, {{"text", status.fault}});
    return;
  }
  checks.add("engine", status.ready ? Grade::ok : Grade::warn,
             {{"last_batch_age_seconds", (wall_now() - status.last_batch).count() / 1000}});
}

void check_configuration(const Services& services, const engine::Snapshot& status, Checks& checks) {
  const engine::ReloadHistory reloads = services.reloads.reload_history();
  checks.add("config", reloads.last_successful ? Grade::ok : Grade::warn,
             reloads.last_successful
                 ? views::Json{{"generation", status.generation->number}}
                 : views::Json{{"generation", status.generation->number},
                               {"text", "the last reload was refused; see /status"}});
  for (const auto& [name, plugin] : status.generation->plugins) {
    if (!plugin.refused.empty()) {
      checks.add("plugin:" + name, Grade::warn, {{"text", plugin.refused}});
    }
  }
}

// Blind for three rounds: what a lost webhook left behind stays as it is.
void check_reconciler(const engine::Snapshot& status, Checks& checks) {
  const auto& last = status.reconciler.last_run;
  const WallTime since = last.value_or(status.started_at);
  const Millis age = wall_now() - since;
  const Millis limit = 3 * status.generation->config.reconciler_every + Millis{10'000};
  checks.add("reconciler", age > limit ? Grade::warn : Grade::ok,
             {{"last_run_age_seconds", last ? views::Json(age.count() / 1000) : views::Json(nullptr)}});
}

void check_preflights(const engine::Snapshot& status, Checks& checks) {
  for (const engine::KnownPreflight& known : status.preflights) {
    if (known.row.state != config::PreflightState::failed) continue;
    checks.add("preflight:" + config::subject_of(known.row), Grade::warn,
               {{"text", known.row.text}, {"since", to_iso8601(known.at)}});
  }
}

}  // namespace

Result<Response> healthy(const Services&, const Request&) {
  return Response{.content_type = std::string(k_plain), .body = "orchestrator is alive\n"};
}

Result<Response> ready(const Services& services, const Request&) {
  const engine::StatusPtr status = services.status.status();
  const bool is_ready = status && status->ready && !status->draining && status->fault.empty();
  return Response{.status = is_ready ? 200 : 503,
                  .content_type = std::string(k_plain),
                  .body = is_ready ? "orchestrator is ready\n" : "orchestrator is not ready\n"};
}

Result<Response> health(const Services& services, const Request&) {
  const engine::StatusPtr status = services.status.status();
  Checks checks;
  check_database(services, checks);
  check_disk(services, checks);
  if (status && status->generation) {
    check_engine(*status, checks);
    check_configuration(services, *status, checks);
    check_reconciler(*status, checks);
    check_preflights(*status, checks);
    checks.add("workers", Grade::ok,
               {{"busy", status->running.size()}, {"total", status->workers}});
  } else {
    checks.add("engine", Grade::fail, {{"text", "starting"}});
  }
  const bool fails = checks.worst == Grade::fail;
  const std::string_view word = fails ? "fail" : checks.worst == Grade::warn ? "degraded" : "ok";
  return json_response(
      {{"schema", "orchestrator.health/1"},
       {"status", word},
       {"version", ORCH_VERSION},
       {"uptime_seconds", status ? (wall_now() - status->started_at).count() / 1000 : 0},
       {"draining", status && status->draining},
       {"checks", std::move(checks.rows)}},
      fails ? 503 : 200);
}

Result<Response> metrics(const Services& services, const Request&) {
  ORC_TRY(std::string page, metrics_page(services));
  return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .body = std::move(page)};
}

}  // namespace orc::http
