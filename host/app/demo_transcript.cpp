// SPDX-License-Identifier: Apache-2.0
#include "app/demo_transcript.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "app/demo_story.h"
#include "cli/text_views.h"

namespace orc::app {

namespace {

using cli::number_field;
using cli::object_field;
using cli::text_field;

constexpr std::size_t k_stage_width = 15;
constexpr std::size_t k_who_width = 24;

// Columns by characters shown; the texts may hold more bytes than characters.
std::string padded(std::string text, std::size_t width) {
  const auto shown = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
  text.append(shown < width ? width - shown : 1, ' ');
  return text;
}

std::string row(const std::string& stage, const std::string& who, const std::string& what) {
  return padded(stage, k_stage_width) + padded(who, k_who_width) + what;
}

std::string what_came_of_it(const Json& entry) {
  const Json& result = object_field(entry, "result");
  const Json& artifacts = object_field(result, "artifacts");
  const std::string outcome = text_field(result, "outcome");
  const bool ran = outcome == "suite_ran" || outcome == "gates_ran";
  const bool by_agent = entry.contains("agent");
  std::string text = text_field(result, "text");
  if (by_agent && ran)
    text = artifacts.empty() ? "commits"
                             : std::to_string(artifacts.size()) + " artifact" +
                                   (artifacts.size() == 1 ? "" : "s");
  if (!ran && text_field(entry, "kind") != "ci") text = "did not run: " + text;
  return text;
}

const StageRule* rule_of(const Json& entry) {
  const auto stage = parse_stage(text_field(entry, "stage"));
  return stage ? find_rule(*stage) : nullptr;
}

// Where a human decides after the gate, the arrow stands behind the approval.
bool waits_for_approval(const Json& entry) {
  const StageRule* rule = rule_of(entry);
  return rule != nullptr && rule->human == HumanGate::after_gate;
}

std::string arrow(std::string_view stage) {
  return "  → " + std::string(stage);
}

std::string where_it_led(const Json& entry) {
  const Json& gate = object_field(entry, "gate");
  if (gate.empty() || waits_for_approval(entry)) return "";
  const std::string to = text_field(object_field(entry, "transition"), "to");
  return text_field(gate, "result") == "pass" ? arrow(to) : "  ✗ back to " + to;
}

// A deploy that goes on outside is asked after again; only its end is worth a line.
bool is_only_a_look(const Json& entry) {
  return text_field(object_field(entry, "result"), "reason") == "in_progress";
}

// A producer by its name; what the host does itself, by what it is.
std::string who_worked(const Json& entry) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_own{
      {{"ci", "ci"},
       {"edge_gates", "merge gate"},
       {"landing", "merge"},
       {"image_freshness", "image freshness"}}};
  for (const auto& [kind, who] : k_own) {
    if (text_field(entry, "kind") == kind) return std::string(who);
  }
  return text_field(object_field(entry, "result"), "producer");
}

std::optional<DemoLine> run_line(const Json& entry) {
  if (object_field(entry, "result").empty() || is_only_a_look(entry)) return std::nullopt;
  const std::string who = who_worked(entry);
  return DemoLine{
      "run " + std::to_string(number_field(entry, "run")) + "." +
          std::to_string(number_field(entry, "attempt")),
      text_field(entry, "ended_at"),
      row(text_field(entry, "stage"), who, what_came_of_it(entry) + where_it_led(entry))};
}

std::optional<DemoLine> event_line(const Json& entry) {
  const std::string kind = text_field(entry, "event");
  if (kind != "task.waiting_human" && kind != "task.held") return std::nullopt;
  return DemoLine{
      "event " + std::to_string(number_field(entry, "id")), text_field(entry, "at"),
      row(kind == "task.held" ? "HELD" : "a human gate", "", text_field(entry, "text"))};
}

DemoLine approval_line(const Json& entry) {
  std::string text = "approves: " + text_field(entry, "reason");
  if (waits_for_approval(entry)) text += arrow(to_string(rule_of(entry)->on_pass));
  return {"approval " + text_field(entry, "at") + text_field(entry, "stage"),
          text_field(entry, "at"),
          row(text_field(entry, "stage"), text_field(entry, "actor"), text)};
}

}  // namespace

std::vector<DemoLine> demo_lines(const Json& timeline) {
  std::vector<DemoLine> lines;
  for (const Json& entry : object_field(timeline, "entries")) {
    const std::string kind = text_field(entry, "kind");
    const auto line = kind == "event"      ? event_line(entry)
                      : kind == "approval" ? std::optional(approval_line(entry))
                                           : run_line(entry);
    if (line) lines.push_back(*line);
  }
  return lines;
}

std::vector<std::string> DemoTranscript::news(const DemoHost& host) {
  std::vector<DemoLine> fresh;
  for (const Chapter& chapter : chapters()) {
    const std::string task(chapter.work_item);
    const auto timeline = host.get("/api/v1/tasks/" + task + "/timeline");
    if (!timeline.ok()) continue;
    for (DemoLine& line : demo_lines(timeline.value())) {
      if (!told_.insert(task + " " + line.key).second) continue;
      line.text = cli::clock_time(line.at) + "  " + padded(task, 8) + line.text;
      fresh.push_back(std::move(line));
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(),
                   [](const DemoLine& a, const DemoLine& b) { return a.at < b.at; });
  std::vector<std::string> texts;
  for (DemoLine& line : fresh) texts.push_back(std::move(line.text));
  return texts;
}

}  // namespace orc::app
