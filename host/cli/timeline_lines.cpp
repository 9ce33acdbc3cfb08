// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace orc::cli {

namespace {

constexpr std::size_t k_stage_width = 16;

std::string line(const std::string& at, const std::string& stage, const std::string& text) {
  std::string padded = stage;
  padded.resize(std::max(padded.size() + 1, k_stage_width), ' ');
  return clock_time(at) + " " + padded + text;
}

std::string decision_text(const Json& link) {
  const std::string text = text_field(link, "text");
  return text_field(link, "producer") + " " + text_field(link, "decision") + " (" +
         text_field(link, "reason") + ")" + (text.empty() ? "" : "; " + text);
}

// Who was asked, in the order of the chain; links that nobody asked say nothing.
std::string chain_text(const Json& entry) {
  std::string text;
  for (const Json& link : object_field(entry, "chain")) {
    if (text_field(link, "decision") == "not_asked") continue;
    text += (text.empty() ? "" : ", then ") + decision_text(link);
  }
  return text;
}

std::string agent_text(const Json& entry) {
  const Json& agent = object_field(entry, "agent");
  if (agent.empty()) return "";
  std::string text = "  (" + text_field(agent, "role") + ", " + text_field(agent, "model") + ", " +
                     text_field(agent, "effort") + ")";
  const auto cost = agent.find("cost_usd");
  if (cost != agent.end() && cost->is_number()) text += "  " + dollars(cost->get<double>());
  return text;
}

std::string result_text(const Json& entry) {
  const Json& result = object_field(entry, "result");
  std::string text;
  for (const Json& artifact : object_field(result, "artifacts")) {
    text += (text.empty() ? "" : ", ") + text_field(artifact, "path");
  }
  const std::string outcome = text_field(result, "outcome");
  if (outcome != "suite_ran" && outcome != "gates_ran") text += (text.empty() ? "" : "  ") + outcome;
  if (const std::string said = text_field(result, "text"); !said.empty()) {
    text += (text.empty() ? "" : "  ") + said;
  }
  if (text.empty()) text = "finished";
  text += agent_text(entry);
  if (const Json& gate = object_field(entry, "gate"); !gate.empty()) {
    text += "   gate " + text_field(gate, "name") + ": " + text_field(gate, "result") + "  -> " +
            text_field(object_field(entry, "transition"), "to");
  }
  return text;
}

// One line for each gate of the edge.
void add_gates(const Json& entry, const std::string& key, std::vector<TimelineLine>& lines) {
  const std::string at = text_field(entry, "ended_at");
  for (const Json& gate : object_field(entry, "gates")) {
    const std::string name = text_field(gate, "gate");
    lines.push_back({"gate " + key + name,
                     line(at.empty() ? text_field(entry, "at") : at, text_field(entry, "stage"),
                          name + " gate " + text_field(gate, "result") + ": " +
                              text_field(gate, "text"))});
  }
}

// The walk is told once it has ended: before, an answer may hold only the links that were switched
// off.
bool walk_has_ended(const Json& entry) {
  if (!object_field(entry, "result").empty()) return true;
  const Json& chain = object_field(entry, "chain");
  return std::any_of(chain.begin(), chain.end(),
                     [](const Json& link) { return text_field(link, "decision") == "accepted"; });
}

std::string run_words(const std::string& kind) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_words{
      {{"ci", "ci runs"},
       {"edge_gates", "the gates before the merge run"},
       {"landing", "the merge lands"},
       {"image_freshness", "the image is looked at"}}};
  for (const auto& [known, words] : k_words) {
    if (known == kind) return std::string(words);
  }
  return "runs";
}

void add_run(const Json& entry, std::vector<TimelineLine>& lines) {
  const std::string key = std::to_string(number_field(entry, "run")) + "." +
                          std::to_string(number_field(entry, "attempt"));
  const std::string stage = text_field(entry, "stage");
  const std::string at = text_field(entry, "at");
  if (text_field(entry, "state") == "running") {
    lines.push_back(
        {"run " + key, line(at, stage, run_words(text_field(entry, "kind")))});
  }
  const std::string chain = walk_has_ended(entry) ? chain_text(entry) : "";
  if (!chain.empty()) lines.push_back({"chain " + key, line(at, stage, chain)});
  add_gates(entry, key, lines);
  if (!object_field(entry, "result").empty()) {
    lines.push_back(
        {"result " + key, line(text_field(entry, "ended_at"), stage, result_text(entry))});
  }
}

// Told already by the approval itself.
bool is_told_elsewhere(const Json& event) {
  return text_field(event, "event") == "task.approved";
}

std::string approval_text(const Json& entry) {
  const std::string reason = text_field(entry, "reason");
  return std::string(bool_field(entry, "approved", false) ? "approved by " : "rejected by ") +
         text_field(entry, "actor") + (reason.empty() ? "" : ": " + reason);
}

}  // namespace

std::string dollars(double amount) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "$%.2f", amount);
  return text.data();
}

std::vector<TimelineLine> timeline_lines(const Json& timeline) {
  std::vector<TimelineLine> lines;
  for (const Json& entry : object_field(timeline, "entries")) {
    const std::string kind = text_field(entry, "kind");
    const std::string at = text_field(entry, "at");
    if (kind == "event") {
      if (is_told_elsewhere(entry)) continue;
      lines.push_back({"event " + std::to_string(number_field(entry, "id")),
                       line(at, text_field(entry, "event"), text_field(entry, "text"))});
    } else if (kind == "approval") {
      lines.push_back({"approval " + at + approval_text(entry),
                       line(at, text_field(entry, "stage"), approval_text(entry))});
    } else {
      add_run(entry, lines);
    }
  }
  return lines;
}

}  // namespace orc::cli
