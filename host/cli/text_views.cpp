// SPDX-License-Identifier: Apache-2.0
#include "cli/text_views.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "cli/timeline_lines.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

// Code points, not bytes: a dash or an umlaut takes one column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string cell(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  return line.empty() ? "-" : line;
}

std::string waiting_of(const Json& row) {
  return text_field(object_field(row, "waiting"), "text");
}

}  // namespace

std::string text_field(const Json& object, std::string_view key) {
  if (!object.is_object()) return "";
  const auto field = object.find(std::string(key));
  return field != object.end() && field->is_string() ? field->get<std::string>() : "";
}

bool bool_field(const Json& object, std::string_view key, bool otherwise) {
  if (!object.is_object()) return otherwise;
  const auto field = object.find(std::string(key));
  return field != object.end() && field->is_boolean() ? field->get<bool>() : otherwise;
}

std::int64_t number_field(const Json& object, std::string_view key) {
  if (!object.is_object()) return 0;
  const auto field = object.find(std::string(key));
  return field != object.end() && field->is_number() ? field->get<std::int64_t>() : 0;
}

const Json& object_field(const Json& object, std::string_view key) {
  static const Json k_nothing = Json::object();
  if (!object.is_object()) return k_nothing;
  const auto field = object.find(std::string(key));
  return field != object.end() && field->is_structured() ? *field : k_nothing;
}

std::string clock_time(const std::string& iso) {
  std::tm parts{};
  if (strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return iso;
  const std::time_t seconds = timegm(&parts);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &local)};
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - width(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string task_list_text(const Json& tasks) {
  std::vector<std::vector<std::string>> rows{{"TASK", "STAGE", "STATE", "REPO", "TITLE", "WHY"}};
  for (const Json& task : object_field(tasks, "tasks")) {
    rows.push_back({cell(text_field(task, "work_item")), cell(text_field(task, "stage")),
                    cell(text_field(task, "state")), cell(text_field(task, "repo")),
                    cell(text_field(task, "title")), cell(waiting_of(task))});
  }
  return rows.size() > 1 ? table(rows) : "no tasks\n";
}

std::string why_text(const Json& why) {
  const std::string next = text_field(why, "next");
  std::string text = text_field(why, "text") + "\n" + (next.empty() ? "" : "  " + next + "\n");
  if (!object_field(why, "because").empty()) text += "because\n";
  for (const TimelineLine& line : timeline_lines({{"entries", object_field(why, "because")}}))
    text += "  " + line.text + "\n";
  return text;
}

std::string submitted_text(const Json& answer) {
  const Json& task = object_field(answer, "task");
  const std::string id = text_field(task, "work_item");
  return id + " " + text_field(task, "state") + " in " + text_field(task, "stage") +
         "        watch it: orchestrator task watch " + id + "\n";
}

std::string answer_text(const Json& answer) {
  const std::string hint = text_field(answer, "hint");
  return text_field(answer, "text") + "\n" + (hint.empty() ? "" : "  " + hint + "\n");
}

std::string queue_text(const Json& queue) {
  const Json& workers = object_field(queue, "workers");
  std::string text = std::to_string(number_field(workers, "busy")) + " of " +
                     std::to_string(number_field(workers, "total")) + " workers busy" +
                     (bool_field(queue, "draining", false) ? ", draining" : "") + "\n";
  std::vector<std::vector<std::string>> rows{{"JOB", "TASK", "STAGE", "STATE", "WHY"}};
  for (const Json& job : object_field(queue, "jobs")) {
    std::string why = waiting_of(job);
    if (why.empty() && !text_field(job, "producer").empty()) why = text_field(job, "producer");
    rows.push_back({std::to_string(number_field(job, "id")), cell(text_field(job, "task")),
                    cell(text_field(job, "stage")), cell(text_field(job, "state")), cell(why)});
  }
  text += rows.size() > 1 ? table(rows) : "the queue is empty\n";
  return text + monitor_lines(object_field(object_field(queue, "post_deploy_monitor"), "monitors"));
}

std::string lease_list_text(const Json& leases) {
  std::vector<std::vector<std::string>> rows{
      {"TASK", "OWNER", "ALIVE", "TAKEN BY", "SINCE", "EPOCH"}};
  for (const Json& lease : object_field(leases, "leases")) {
    rows.push_back(
        {cell(text_field(lease, "task")), "pid " + std::to_string(number_field(lease, "owner_pid")),
         bool_field(lease, "alive", false) ? "yes" : "no", cell(text_field(lease, "holder")),
         cell(text_field(lease, "acquired_at")), std::to_string(number_field(lease, "epoch"))});
  }
  return rows.size() > 1 ? table(rows) : "no transition is owned by anybody\n";
}

std::string findings_text(const Json& with_findings) {
  std::string text;
  for (const Json& finding : object_field(with_findings, "findings")) {
    if (!text.empty()) text += '\n';
    const std::string key = text_field(finding, "key");
    text += text_field(finding, "where") + ": " + (key.empty() ? "" : key + ": ") +
            (text_field(finding, "severity") == "warning" ? "warning: " : "") +
            text_field(finding, "problem");
    if (const std::string fix = text_field(finding, "fix"); !fix.empty()) text += "\n  " + fix;
  }
  return text;
}

std::string reload_text(const Json& reload) {
  const std::string generation = "generation " + std::to_string(number_field(reload, "generation"));
  std::string text = text_field(reload, "result") == "unchanged"
                         ? "configuration unchanged; " + generation + " stays in force\n"
                         : generation + " in force\n";
  std::vector<std::vector<std::string>> rows;
  for (const Json& change : object_field(reload, "changes")) {
    const bool restart = bool_field(change, "needs_restart", false);
    rows.push_back({restart ? "  pending" : "  changed", text_field(change, "key"),
                    text_field(change, "before") + " -> " + text_field(change, "after"),
                    restart ? "needs a restart" : "applies to the next job"});
  }
  for (const Json& row : object_field(reload, "masked")) {
    rows.push_back({"  masked", text_field(row, "key"),
                    "the file says " + text_field(row, "file_value"),
                    text_field(row, "source") + " says " + text_field(row, "value") + " and wins"});
  }
  text += table(rows);
  if (const std::string warnings = findings_text(reload); !warnings.empty())
    text += warnings + "\n";
  return text;
}

}  // namespace orc::cli
