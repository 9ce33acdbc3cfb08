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

std::string task_text(const Json& task) {
  auto rows = head_rows(task);
  for (const Json& artifact : object_field(task, "artifacts")) {
    rows.push_back({"artifact", text_field(artifact, "name") + " by " +
                                    text_field(artifact, "producer") + " (run " +
                                    std::to_string(number_field(artifact, "run")) + ")"});
  }
  return table(rows);
}

}  // namespace orc::cli
