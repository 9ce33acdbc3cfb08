// SPDX-License-Identifier: Apache-2.0
// Why a task stands where it stands, what led there, and what moves it on.
#include <nlohmann/json.hpp>

#include "config/options.h"
#include "http/views/views.h"

namespace orc::http::views {

namespace {

constexpr std::size_t k_longest_chain = 20;

bool leads_to(const Json& entry, std::string_view stage) {
  const auto transition = entry.find("transition");
  if (transition != entry.end()) return transition->value("to", "") == stage;
  return entry.value("event", "") == "stage.transition" && entry["data"].value("to", "") == stage;
}

// From what brought the task to its stage up to now, oldest first.
Json causes(const Json& timeline, std::string_view stage) {
  const Json& entries = timeline["entries"];
  std::size_t first = 0;
  for (std::size_t i = entries.size(); i-- > 0;) {
    if (!leads_to(entries[i], stage)) continue;
    first = i;
    break;
  }
  if (entries.size() - first > k_longest_chain) first = entries.size() - k_longest_chain;
  Json chain = Json::array();
  for (std::size_t i = first; i < entries.size(); ++i) chain.push_back(entries[i]);
  return chain;
}

Json item(const std::string& task, std::string_view code, const std::string& text,
          const std::string& command) {
  return {{"task", task.empty() ? Json(nullptr) : Json(task)},
          {"code", code},
          {"text", text},
          {"next", command}};
}

// Rolled back or not, nobody knows for certain; the newest deploy of a repository counts.
bool needs_a_hand(RollbackState rollback) {
  return rollback == RollbackState::failed || rollback == RollbackState::unknown ||
         rollback == RollbackState::not_run;
}

}  // namespace

Json why(const Task& task, const Picture& picture, const Json& timeline) {
  const auto reason = picture.why(task);
  const std::string_view state = picture.state_of(task);
  std::string text = reason ? reason->text : std::string(state);
  if (!reason && state == "running") {
    const Job& job = *picture.live_job(task.id);
    text = "running: " + std::string(to_string(task.stage)) + ", attempt " +
           std::to_string(job.attempt) + (job.producer.empty() ? "" : ", by " + job.producer);
  }
  return {{"schema", "orchestrator.why/1"},
          {"task", task.work_item},
          {"stage", to_string(task.stage)},
          {"state", state},
          {"text", std::move(text)},
          {"next", reason ? reason->next : ""},
          {"waiting", reason ? waiting(*reason) : Json(nullptr)},
          {"hold", task_row(task, picture)["hold"]},
          {"because", causes(timeline, to_string(task.stage))}};
}

Json next(const std::vector<Task>& waiting_tasks, const std::vector<Monitor>& monitors,
          const Picture& picture, const engine::ReloadHistory& reloads,
          const std::string& config_file, bool drained) {
  Json items = Json::array();
  if (!reloads.last_successful) {
    items.push_back(item(
        "", "config_refused",
        "the last reload was refused; the configuration before it is in force",
        "orchestrator config check -c " + config_file + ", mend it, then: orchestrator reload"));
  }
  if (drained) {
    items.push_back(item("", "draining", "an operator drained the host: nothing new starts",
                         "orchestrator resume"));
  }
  for (const config::Change& change : reloads.pending) {
    items.push_back(item("", "pending_restart", change.key + " was changed and needs a restart",
                         "orchestrator drain --wait, then: systemctl restart orchestrator"));
  }
  for (const Monitor& monitor : monitors) {
    if (!needs_a_hand(monitor.rollback)) continue;
    items.push_back(
        item(monitor.work_item, "rollback_" + std::string(to_string(monitor.rollback)),
             "the service of " + monitor.repo + " is degraded, and its rollback is " +
                 std::string(to_string(monitor.rollback)) + ": " + monitor.rollback_text,
             "look which revision runs, and bring back the right one: orchestrator task show " +
                 monitor.work_item));
  }
  for (const Task& task : waiting_tasks) {
    const auto reason = picture.why(task);
    if (!reason) continue;
    items.push_back(
        item(task.work_item, engine::to_string(reason->code), reason->text,
             reason->next.empty() ? "orchestrator task why " + task.work_item : reason->next));
  }
  return {{"schema", "orchestrator.next/1"}, {"items", std::move(items)}};
}

Json config_values(const config::Generation& generation) {
  Json rows = Json::array();
  for (const auto& [key, value] : generation.values) {
    const auto source = generation.sources.find(key);
    rows.push_back({{"key", key},
                    {"value", value},
                    {"source", source != generation.sources.end() ? source->second : ""},
                    {"needs_restart", config::needs_restart(key)}});
  }
  return {{"schema", "orchestrator.config/1"},
          {"generation", generation.number},
          {"sha256", generation.sha256},
          {"values", std::move(rows)}};
}

}  // namespace orc::http::views
