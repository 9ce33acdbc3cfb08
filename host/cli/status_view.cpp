// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/text_views.h"

namespace orc::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string headline(const Json& status) {
  const Json& config = object_field(status, "config");
  const std::string fault = text_field(status, "fault");
  constexpr std::size_t k_short_hash = 8;
  std::string word = "serving";
  if (!bool_field(status, "ready", false)) word = "starting";
  if (bool_field(status, "draining", false)) word = "draining";
  if (!fault.empty()) word = "not working: " + fault;
  return word + " · version " + text_field(status, "version") + " · config generation " +
         std::to_string(number_field(config, "generation")) + " (" +
         text_field(config, "sha256").substr(0, k_short_hash) + ")\n";
}

std::string load_line(const Json& status) {
  const Json& workers = object_field(status, "workers");
  return "  workers  " + std::to_string(number_field(workers, "busy")) + " of " +
         std::to_string(number_field(workers, "total")) + " busy, " +
         std::to_string(number_field(status, "queued")) + " queued\n";
}

std::string stage_lines(const Json& status) {
  Rows rows;
  for (const Json& stage : object_field(status, "stages")) {
    std::string counts;
    for (const auto& [state, count] : object_field(stage, "tasks").items()) {
      if (count == 0) continue;
      counts += (counts.empty() ? "" : ", ") + count.dump() + " " + state;
    }
    if (!counts.empty()) rows.push_back({"  stage ", text_field(stage, "stage"), counts});
  }
  return table(rows);
}

std::string plugin_lines(const Json& status) {
  std::string text;
  for (const Json& plugin : object_field(status, "plugins")) {
    const std::string name = text_field(plugin, "name");
    if (bool_field(plugin, "killed", false)) {
      const std::string until = text_field(plugin, "killed_until");
      text += "  killed   " + name + (until.empty() ? "" : " until " + clock_time(until)) + " (" +
              text_field(plugin, "killed_by") + ": " + text_field(plugin, "kill_reason") + ")\n";
    }
    for (const Json& repo : object_field(plugin, "killed_in"))
      text += "  killed   " + name + " in " + repo.get<std::string>() + "\n";
    if (!bool_field(plugin, "enabled", true)) text += "  off      " + name + " (configuration)\n";
    const std::string refused = text_field(plugin, "refused");
    if (!refused.empty()) text += "  refused  " + name + ": " + refused + "\n";
  }
  return text;
}

std::string preflight_lines(const Json& status) {
  std::string text;
  for (const Json& row : object_field(status, "preflight")) {
    if (text_field(row, "state") == "passed") continue;
    const std::string repo = text_field(row, "repo");
    text += "  missing  " + text_field(row, "plugin") + (repo.empty() ? "" : " · " + repo) + ": " +
            text_field(row, "text") + "\n";
  }
  return text;
}

std::string provider_lines(const Json& status) {
  std::string text;
  for (const Json& pause : object_field(status, "provider_pauses")) {
    const std::string model = text_field(pause, "model");
    const std::string trial = text_field(pause, "trial_at");
    text += "  paused   " + text_field(pause, "plugin") + (model.empty() ? "" : " with " + model) +
            " (" + text_field(pause, "cause") + "): " + text_field(pause, "text") +
            (trial.empty() ? "; orchestrator plugin try " + text_field(pause, "plugin")
                           : "; next trial " + clock_time(trial)) +
            "\n";
  }
  return text;
}

std::string breaker_lines(const Json& status) {
  std::string text;
  for (const Json& breaker : object_field(status, "breakers")) {
    text += "  paused   " + text_field(breaker, "producer") + ": " +
            std::to_string(number_field(breaker, "faults")) + " times " +
            text_field(breaker, "reason") + "; one job tries at " +
            clock_time(text_field(breaker, "next_try")) + "\n";
  }
  return text;
}

std::string selftest_lines(const Json& status) {
  std::string text;
  for (const Json& row : object_field(status, "selftests")) {
    if (bool_field(row, "passed", true)) continue;
    text += "  distrust " + text_field(row, "subject") + ": " + text_field(row, "text") + "\n";
  }
  return text;
}

std::string reload_lines(const Json& status) {
  const Json& last = object_field(object_field(status, "config"), "last_reload");
  if (bool_field(last, "successful", true)) return "";
  return "  refused  the last reload; this generation stays in force\n" + findings_text(last) +
         "\n";
}

// What a reload has brought, what of it still waits for a restart, what never arrives.
std::string change_lines(const Json& status) {
  const Json& config = object_field(status, "config");
  std::string text;
  for (const Json& key : object_field(config, "pending_restart")) {
    text += "  pending  " + key.get<std::string>() + ": changed, and needs a restart\n";
  }
  for (const Json& row : object_field(config, "masked")) {
    text += "  masked   " + text_field(row, "key") + ": " + text_field(row, "source") +
            " wins over the file\n";
  }
  return text;
}

std::string first_line(const std::string& text) {
  const std::size_t end = text.find('\n');
  return end == std::string::npos ? text : text.substr(0, end) + " …";
}

// A line each; the task's page and the log have the rest of a long one.
std::string alert_lines(const Json& status) {
  std::string text;
  for (const Json& alert : object_field(status, "alerts")) {
    const std::string task = text_field(alert, "task");
    text += "  alert    " + (task.empty() ? "" : task + ": ") +
            first_line(text_field(alert, "text")) + "\n";
  }
  return text;
}

std::string effect_of(const Json& plugin) {
  if (!text_field(plugin, "refused").empty()) return "not loaded";
  if (!object_field(plugin, "kill").empty()) return "killed";
  return bool_field(plugin, "enabled", false) ? "on" : "off";
}

std::string killed_in(const Json& kill) {
  return "killed in " + text_field(kill, "repo") + " by " + text_field(kill, "actor") + ": " +
         text_field(kill, "reason");
}

std::string chains_of(const Json& plugin) {
  std::string text;
  for (const Json& chain : object_field(plugin, "chains")) {
    text += (text.empty() ? "" : ", ") + text_field(chain, "stage");
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string status_text(const Json& status) {
  return headline(status) + load_line(status) + stage_lines(status) + plugin_lines(status) +
         preflight_lines(status) + provider_lines(status) + breaker_lines(status) +
         selftest_lines(status) + reload_lines(status) + change_lines(status) +
         monitor_lines(object_field(status, "monitors")) + alert_lines(status);
}

std::string plugin_list_text(const Json& plugins) {
  Rows rows{{"PLUGIN", "VERSION", "ABI", "SWITCH", "REPOS", "STAGES", "NOTE"}};
  for (const Json& plugin : object_field(plugins, "plugins")) {
    const Json& kill = object_field(plugin, "kill");
    std::string note = text_field(plugin, "refused");
    if (!kill.empty()) note = text_field(kill, "actor") + ": " + text_field(kill, "reason");
    for (const Json& scoped : object_field(plugin, "killed_in"))
      note += (note.empty() ? "" : "; ") + killed_in(scoped);
    const std::string repos = text_field(plugin, "repos");
    rows.push_back({text_field(plugin, "name"), text_field(plugin, "version"),
                    text_field(plugin, "abi"), effect_of(plugin),
                    repos.empty() ? "(self-hosting)" : repos, chains_of(plugin), note});
  }
  return rows.size() > 1 ? table(rows) : "no plugins\n";
}

std::string plugin_text(const Json& plugin) {
  const std::string repos = text_field(plugin, "repos");
  Rows rows{{"plugin", text_field(plugin, "name")},
            {"type", text_field(plugin, "type")},
            {"version", text_field(plugin, "version") + " (ABI " + text_field(plugin, "abi") + ")"},
            {"switch", effect_of(plugin)},
            {"repos", repos.empty() ? "(self-hosting)" : repos},
            {"stages", chains_of(plugin)},
            {"about", text_field(plugin, "description")}};
  if (const std::string refused = text_field(plugin, "refused"); !refused.empty()) {
    rows.push_back({"not loaded", refused});
  }
  if (const Json& kill = object_field(plugin, "kill"); !kill.empty()) {
    const std::string until = text_field(kill, "until");
    rows.push_back({"killed by", text_field(kill, "actor") + ": " + text_field(kill, "reason") +
                                     (until.empty() ? "" : ", until " + until)});
  }
  for (const Json& scoped : object_field(plugin, "killed_in")) rows.push_back({"", killed_in(scoped)});
  for (const Json& outcome : object_field(plugin, "outcomes")) {
    rows.push_back({"outcome", text_field(outcome, "stage") + " " + text_field(outcome, "outcome") +
                                   " " + std::to_string(number_field(outcome, "count"))});
  }
  return table(rows);
}

}  // namespace orc::cli
