// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/routes.h"

namespace orc::http {

namespace {

// clang-format off
constexpr bool k_snapshot = true;
constexpr std::array k_routes{
    Route{"GET", "/", board_page, "the board, a page that works without JavaScript", "*", k_snapshot},
    Route{"GET", "/tasks/{id}", task_page, "one task: timeline, artifacts, log", "*"},
    Route{"GET", "/board.css", board_asset, "the pages' style", "*"},
    Route{"GET", "/board.js", board_asset, "keeps the pages up to date", "*"},
    Route{"GET", "/board.svg", board_asset, "the pages' icon", "*"},
    Route{"GET", "/-/healthy", healthy, "200 while the process lives; touches nothing", "*"},
    Route{"GET", "/-/ready", ready, "200 while jobs can be started, else 503", "*"},
    Route{"POST", "/-/reload", reload, "reads the configuration anew and waits: 200 with the difference, or 422 with the errors; body `dry_run`"},
    Route{"POST", "/-/drain", drain, "starts nothing new; body `reason`"},
    Route{"POST", "/-/resume", resume, "ends a drain; body `reason`"},
    Route{"GET", "/health", health, "each check with its grade; 503 where one fails", "*", k_snapshot},
    Route{"GET", "/status", status, "version, configuration in force, plugins, counts by stage", "*", k_snapshot},
    Route{"GET", "/queue", queue, "the jobs with the reason why each waits, and a block for each mechanism", "*", k_snapshot},
    Route{"GET", "/metrics", metrics, "for Prometheus: [metrics](metrics.md)", "*", k_snapshot},
    Route{"POST", "/transition-lease/release", release_lease_by_query, "frees a lease by force; body `reason`", "work_item"},
    Route{"GET", "/api/v1/tasks", list_tasks, "tasks by number, a page at a time", "stage,state,repo,after,limit"},
    Route{"POST", "/api/v1/tasks", submit_task, "submits a task: `title`, `request`, `repo` or `repo_url`, `work_item`, `branch`, `from`"},
    Route{"GET", "/api/v1/tasks/{id}", show_task, "one task with its artifacts and model runs"},
    Route{"GET", "/api/v1/tasks/{id}/timeline", task_timeline, "who was asked, what came of it, what the gate read, where it went"},
    Route{"GET", "/api/v1/tasks/{id}/why", task_why, "why it stands where it stands, and what moves it on"},
    Route{"GET", "/api/v1/tasks/{id}/artifacts/{name*}", task_artifact, "the newest artifact of that name, as it was taken in"},
    Route{"POST", "/api/v1/tasks/{id}/approve", approve_task, "passes a human gate; body `reason`"},
    Route{"POST", "/api/v1/tasks/{id}/reject", reject_task, "sends it back from a human gate; body `reason`"},
    Route{"POST", "/api/v1/tasks/{id}/retry", retry_task, "tries again with a fresh budget; body `reason`"},
    Route{"POST", "/api/v1/tasks/{id}/hold", hold_task, "stops it where it stands; body `reason`"},
    Route{"POST", "/api/v1/tasks/{id}/release", release_task, "lifts a hold; body `reason`"},
    Route{"POST", "/api/v1/tasks/{id}/cancel", cancel_task, "ends it; body `reason`"},
    Route{"GET", "/api/v1/runs", list_runs, "model runs, newest first", "task,before,limit"},
    Route{"GET", "/api/v1/runs/{id}", show_run, "one attempt and the model runs in it"},
    Route{"GET", "/api/v1/runs/{id}/log", run_log, "numbered lines; `raw=1`: the file", "from,limit,raw"},
    Route{"GET", "/api/v1/usage", llm_usage, "tokens and money", "by,since"},
    Route{"GET", "/api/v1/plugins", list_plugins, "every configured plugin, also the ones that are not loaded, with the reason"},
    Route{"GET", "/api/v1/plugins/{name}", show_plugin, "one of them"},
    Route{"POST", "/api/v1/plugins/{name}/kill", kill_plugin, "switches it off: `reason`, `for`, `repo`"},
    Route{"DELETE", "/api/v1/plugins/{name}/kill", unkill_plugin, "takes the kill back: `reason`, `repo`"},
    Route{"POST", "/api/v1/plugins/{name}/try", try_plugin, "asks a paused provider at once; body `reason`"},
    Route{"GET", "/api/v1/leases", list_leases, "who holds which transition"},
    Route{"POST", "/api/v1/leases/{id}/release", release_lease, "frees a task's lease: `reason`, `force`"},
    Route{"GET", "/api/v1/stages", list_stages, "the pipeline with the producers in force"},
    Route{"GET", "/api/v1/gates", list_gates, "every gate in the order in which a task meets them"},
    Route{"GET", "/api/v1/next", next, "what waits for a person, each with the command"},
    Route{"GET", "/api/v1/config", show_config, "the values in force with their origin; for the operator alone"},
    Route{"GET", "/api/v1/schema/config", config_schema, "the JSON Schema of the configuration"},
    Route{"GET", "/api/v1/schema/artifact", artifact_schema, "of an artifact's frontmatter, as the gates read it"},
    Route{"GET", "/api/v1/schema/event", event_schema, "of an event"},
    Route{"GET", k_events_path, list_events, "the audit trail by number; with `Accept: text/event-stream` as it is written", "after,limit,task,topics,from"},
    Route{"GET", "/api/v1/advisor", advisor, "what shadow runs say about the next stage to determinize"},
    Route{"POST", "/webhooks/{forge}", receive_webhook, "a forge's hint; at the webhooks' listener alone", "*"},
};
// clang-format on

}  // namespace

std::span<const Route> routes() {
  return k_routes;
}

const Route& events_route() {
  constexpr auto k_place = std::find_if(k_routes.begin(), k_routes.end(), [](const Route& route) {
    return route.pattern == k_events_path;
  });
  static_assert(k_place != k_routes.end());
  return *k_place;
}

std::string routes_markdown() {
  std::string page = "| route | query | answer |\n| --- | --- | --- |\n";
  for (const Route& route : k_routes) {
    std::string query;
    for (const std::string& key : split_csv(route.query == "*" ? "" : route.query))
      query += (query.empty() ? "`" : ", `") + key + "`";
    page += "| `" + std::string(route.method) + " " + std::string(route.pattern) + "` | " + query +
            " | " + std::string(route.text) + " |\n";
  }
  return page;
}

}  // namespace orc::http
