// SPDX-License-Identifier: Apache-2.0
// What an operator looks at: the configuration, the events, what to do next, and all at once.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/text_views.h"
#include "cli/timeline_lines.h"
#include "config/yaml_writer.h"

namespace orc::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string value_lines(const Json& config, bool with_sources) {
  Rows rows;
  for (const Json& value : object_field(config, "values")) {
    const std::string key = text_field(value, "key");
    std::vector<std::string> row{key, config::for_people(key, text_field(value, "value"))};
    if (with_sources) {
      row.push_back(text_field(value, "source"));
      row.push_back(bool_field(value, "needs_restart", false) ? "restart" : "reload");
    }
    rows.push_back(std::move(row));
  }
  return table(rows);
}

}  // namespace

std::string config_text(const Json& config) {
  return value_lines(config, false);
}

std::string config_sources_text(const Json& config) {
  return value_lines(config, true);
}

std::string config_yaml(const Json& answer, bool with_sources) {
  std::vector<config::ShownValue> rows;
  for (const Json& value : object_field(answer, "values")) {
    rows.push_back({.key = text_field(value, "key"),
                    .value = text_field(value, "value"),
                    .source = with_sources ? text_field(value, "source") : ""});
  }
  return config::yaml_of(rows);
}

std::string preview_text(const Json& reload) {
  const bool unchanged = text_field(reload, "result") == "unchanged";
  std::string text = reload_text(reload);
  const std::string head = unchanged ? "a reload would change nothing\n"
                                     : "a reload would change this; nothing was done\n";
  return head + text.substr(std::min(text.size(), text.find('\n') + 1));
}

std::string next_text(const Json& next) {
  Rows rows;
  for (const Json& item : object_field(next, "items")) {
    const std::string task = text_field(item, "task");
    rows.push_back({task.empty() ? "host" : task, text_field(item, "text")});
    rows.push_back({"", "  " + text_field(item, "next")});
  }
  return rows.empty() ? "nothing waits for you\n" : table(rows);
}

std::string event_line(const Json& event) {
  const std::string task = text_field(event, "task");
  const std::string at = text_field(event, "at");
  return std::to_string(number_field(event, "id")) + "  " + at + "  " +
         (task.empty() ? "-" : task) + "  " + text_field(event, "kind") + "  " +
         text_field(event, "actor") + "  " + text_field(event, "text") + "\n";
}

std::string gate_list_text(const Json& gates) {
  Rows rows{{"GATE", "STAGE", "READS", "ON PASS", "ON FAIL", "SWITCH"}};
  for (const Json& gate : object_field(gates, "gates")) {
    const std::string key = text_field(gate, "reads");
    rows.push_back({text_field(gate, "gate"), text_field(gate, "stage"), key.empty() ? "-" : key,
                    text_field(gate, "on_pass"), text_field(gate, "on_fail"),
                    bool_field(gate, "enabled", true) ? "on" : "off"});
  }
  return table(rows);
}

std::string top_text(const Json& status, const Json& queue, const Json& next) {
  constexpr std::size_t k_most_jobs = 20;
  Json shown = queue;
  if (shown.contains("jobs") && shown["jobs"].size() > k_most_jobs) {
    shown["jobs"].erase(shown["jobs"].begin() + k_most_jobs, shown["jobs"].end());
  }
  const std::string waits = object_field(next, "items").empty() ? "" : "\n" + next_text(next);
  return status_text(status) + "\n" + queue_text(shown) + waits;
}

}  // namespace orc::cli
