// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "cli/text_views.h"
#include "cli/timeline_lines.h"

namespace orc::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;

// A number that was told, or "?".
std::string count_cell(const Json& row, std::string_view key) {
  const auto found = row.find(std::string(key));
  return found != row.end() && found->is_number_integer() ? found->dump() : "?";
}

std::string cost_cell(const Json& row, std::string_view key, bool estimated) {
  const auto found = row.find(std::string(key));
  if (found == row.end() || !found->is_number()) return "?";
  return (estimated ? "~" : "") + dollars(found->get<double>());
}

std::string time_cell(const Json& row, std::string_view key) {
  const auto found = row.find(std::string(key));
  if (found == row.end() || !found->is_number()) return "?";
  return to_words(Millis{std::llround(found->get<double>() * 1000)});
}

std::string percent(const Json& row) {
  const auto share = row.find("share");
  if (share == row.end() || !share->is_number()) return "";
  return " (" + std::to_string(std::llround(share->get<double>() * 100)) + " %)";
}

std::string saved_text(const Json& stage) {
  const Json& saved = object_field(stage, "saved");
  if (number_field(stage, "without_model") == 0) return "";
  const std::string cost = cost_cell(saved, "cost_usd", false);
  if (cost == "?") return "saved: unknown, no model has told its cost here";
  const auto time = saved.find("seconds");
  const bool faster = time != saved.end() && time->is_number() && time->get<double>() > 0;
  return "saved about " + cost + (faster ? " and " + time_cell(saved, "seconds") : "");
}

std::string verdict_lines(const Json& usage) {
  const Json& verdicts = object_field(usage, "verdicts");
  std::string text = std::to_string(number_field(verdicts, "without_model")) + " of " +
                     std::to_string(number_field(verdicts, "total")) +
                     " verdicts were made without a model" + percent(verdicts) + "\n";
  Rows rows;
  for (const Json& stage : object_field(verdicts, "stages")) {
    rows.push_back({"  " + text_field(stage, "stage"),
                    std::to_string(number_field(stage, "without_model")) + " of " +
                        std::to_string(number_field(stage, "verdicts")),
                    saved_text(stage)});
  }
  return text + table(rows);
}

std::string budget_lines(const Json& usage) {
  Rows rows;
  for (const Json& budget : object_field(usage, "budgets_today")) {
    for (const char* what : {"runs", "tokens", "cost_usd", "wall_seconds"}) {
      const Json& use = object_field(budget, what);
      const auto limit = use.find("limit");
      if (limit == use.end() || !limit->is_number()) continue;
      rows.push_back({"  " + text_field(budget, "budget"), what,
                      use.value("used", Json(0)).dump() + " of " + limit->dump()});
    }
  }
  return rows.empty() ? "" : "today, with what running jobs have reserved:\n" + table(rows);
}

}  // namespace

std::string run_list_text(const Json& runs) {
  Rows rows{{"RUN", "TASK", "STAGE", "ROLE", "PROGRAM", "MODEL", "EFFORT", "RESULT", "INPUT",
             "OUTPUT", "COST", "TIME"}};
  for (const Json& run : object_field(runs, "runs")) {
    const std::string effort = text_field(run, "effort");
    const std::string program = text_field(run, "program");
    rows.push_back({std::to_string(number_field(run, "run")), text_field(run, "task"),
                    text_field(run, "stage"), text_field(run, "role"),
                    program.empty() ? "?" : program, text_field(run, "model"),
                    effort.empty() ? "-" : effort, text_field(run, "result"),
                    count_cell(run, "input_tokens"), count_cell(run, "output_tokens"),
                    cost_cell(run, "cost_usd", bool_field(run, "cost_estimated", false)),
                    time_cell(run, "duration_seconds")});
  }
  return rows.size() > 1 ? table(rows) : "no LLM runs\n";
}

std::string run_text(const Json& run) {
  Rows rows{{"run", std::to_string(number_field(run, "run"))},
            {"task", text_field(run, "task") + ", " + text_field(run, "stage") + ", attempt " +
                         std::to_string(number_field(run, "attempt"))},
            {"state", text_field(run, "state")},
            {"producer", text_field(run, "producer")},
            {"outcome", text_field(run, "outcome") + " " + text_field(run, "reason")},
            {"text", text_field(run, "text")}};
  for (const Json& agent : object_field(run, "agent_runs")) {
    rows.push_back({"agent", text_field(agent, "program") + " " + text_field(agent, "program_version") +
                                 ", " + text_field(agent, "model") + ", " + text_field(agent, "result") +
                                 (bool_field(agent, "complete", false) ? "" : " (not complete)")});
    rows.push_back({"", "input " + count_cell(agent, "input_tokens") + ", output " +
                            count_cell(agent, "output_tokens") + ", cache read " +
                            count_cell(agent, "cache_read_tokens") + ", cache write " +
                            count_cell(agent, "cache_write_tokens") + ", turns " +
                            count_cell(agent, "turns")});
    rows.push_back({"", cost_cell(agent, "cost_usd", bool_field(agent, "cost_estimated", false)) +
                            " in " + time_cell(agent, "duration_seconds")});
  }
  return table(rows) + "  orchestrator run logs " + std::to_string(number_field(run, "run")) + "\n";
}

std::string log_text(const Json& log) {
  std::string text;
  for (const Json& line : object_field(log, "lines")) text += text_field(line, "text") + "\n";
  return text.empty() ? "the log is empty\n" : text;
}

std::string usage_text(const Json& usage) {
  std::vector<std::string> head;
  for (const Json& name : object_field(usage, "by")) {
    std::string word = name.is_string() ? name.get<std::string>() : "";
    for (char& c : word) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    head.push_back(word);
  }
  for (const char* word : {"RUNS", "OK", "INPUT", "OUTPUT", "CACHE READ", "COST", "TIME"})
    head.emplace_back(word);
  Rows rows{head};
  for (const Json& row : object_field(usage, "rows")) {
    std::vector<std::string> cells;
    for (const Json& name : object_field(usage, "by"))
      cells.push_back(text_field(row, name.is_string() ? name.get<std::string>() : ""));
    cells.push_back(count_cell(row, "runs"));
    cells.push_back(count_cell(row, "ok"));
    cells.push_back(count_cell(row, "input_tokens"));
    cells.push_back(count_cell(row, "output_tokens"));
    cells.push_back(count_cell(row, "cache_read_tokens"));
    cells.push_back(cost_cell(row, "cost_usd", number_field(row, "cost_estimated_of_runs") > 0));
    cells.push_back(time_cell(row, "duration_seconds"));
    rows.push_back(std::move(cells));
  }
  const std::string runs =
      rows.size() > 1 ? table(rows) : "no LLM runs since " + text_field(usage, "since") + "\n";
  return runs + "\n" + verdict_lines(usage) + budget_lines(usage);
}

}  // namespace orc::cli
