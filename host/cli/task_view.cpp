// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/text_views.h"
#include "cli/timeline_lines.h"

namespace orc::cli {

namespace {

std::string cost_of(const Json& task) {
  const auto cost = task.find("cost_usd");
  if (cost == task.end() || !cost->is_number()) return "unknown";
  return dollars(cost->get<double>());
}

std::vector<std::vector<std::string>> head_rows(const Json& task) {
  std::vector<std::vector<std::string>> rows{
      {"task", text_field(task, "work_item")},
      {"title", text_field(task, "title")},
      {"repo", text_field(task, "repo") + " on " + text_field(task, "branch")},
      {"stage", text_field(task, "stage")},
      {"state", text_field(task, "state")},
  };
  const Json& waiting = object_field(task, "waiting");
  if (!waiting.empty()) rows.push_back({"why", text_field(waiting, "text")});
  if (const auto next = text_field(waiting, "next"); !next.empty()) rows.push_back({"next", next});
  if (const auto head = text_field(task, "head_commit"); !head.empty())
    rows.push_back({"head", head});
  rows.push_back({"cost", cost_of(task)});
  rows.push_back(
      {"by", text_field(task, "submitted_by") + " at " + text_field(task, "created_at")});
  return rows;
}

}  // namespace

std::string monitor_line(const Json& monitor) {
  std::string text = text_field(monitor, "state");
  if (text_field(monitor, "ended_at").empty())
    text += " until " + clock_time(text_field(monitor, "until"));
  if (const std::string why = text_field(monitor, "text"); !why.empty()) text += ": " + why;
  const std::string rollback = text_field(monitor, "rollback");
  if (rollback.empty() || rollback == "none") return text;
  const std::string how = text_field(monitor, "rollback_text");
  return text + "; rollback " + rollback + (how.empty() ? "" : ": " + how);
}

std::string monitor_lines(const Json& monitors) {
  std::string text;
  for (const Json& monitor : monitors) {
    if (text_field(monitor, "state") == "healthy") continue;
    text += "  monitor  " + text_field(monitor, "repo") + ", " + text_field(monitor, "task") +
            ": " + monitor_line(monitor) + "\n";
  }
  return text;
}

std::string task_text(const Json& task) {
  auto rows = head_rows(task);
  for (const Json& deployment : object_field(task, "deployments")) {
    constexpr std::size_t k_short_commit = 12;
    const std::string by = text_field(deployment, "confirmed_by");
    const std::string what = text_field(deployment, "text");
    rows.push_back({"deployment", text_field(deployment, "commit").substr(0, k_short_commit) + " " +
                                      text_field(deployment, "state") + " at " +
                                      text_field(deployment, "updated_at") +
                                      (by.empty() ? "" : ", confirmed by " + by) +
                                      (what.empty() ? "" : ": " + what)});
  }
  if (const Json& monitor = object_field(task, "monitor"); !monitor.empty())
    rows.push_back({"monitor", monitor_line(monitor)});
  for (const Json& artifact : object_field(task, "artifacts")) {
    rows.push_back({"artifact", text_field(artifact, "name") + " by " +
                                    text_field(artifact, "producer") + " (run " +
                                    std::to_string(number_field(artifact, "run")) + ")"});
  }
  return table(rows);
}

}  // namespace orc::cli
