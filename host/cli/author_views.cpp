// SPDX-License-Identifier: Apache-2.0
// What a plugin's author looks at: a library examined, a job tried, an artifact read.
#include <nlohmann/json.hpp>

#include "cli/text_views.h"

namespace orc::cli {

namespace {

constexpr std::size_t k_label = 11;

std::string labelled(std::string label, const std::string& text) {
  label.resize(std::max(label.size() + 1, k_label), ' ');
  return label + text + "\n";
}

// "a", "b" → "a   b"; empty parts leave no gap.
std::string apart(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!part.empty()) line += (line.empty() ? "" : "   ") + part;
  }
  return line;
}

std::string in_parentheses(const std::string& text) {
  return text.empty() ? "" : " (" + text + ")";
}

std::string seconds(const Json& outcome) {
  const auto found = outcome.find("duration_seconds");
  if (found == outcome.end() || !found->is_number()) return "";
  const auto tenths = static_cast<long>(found->get<double>() * 10.0 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

// The block as a gate reads it.
std::string frontmatter_lines(const Json& artifact, const std::string& indent) {
  const std::string unreadable = text_field(artifact, "unreadable");
  if (!unreadable.empty()) return indent + "unreadable: " + unreadable + "\n";
  const Json& fields = object_field(artifact, "frontmatter");
  if (fields.empty()) return "";
  std::string lines = indent + "---\n";
  for (const auto& [key, value] : fields.items())
    lines += indent + key + ": " + (value.is_string() ? value.get<std::string>() : "") + "\n";
  return lines + indent + "---\n";
}

std::string transition_text(const Json& transition) {
  const std::string to = text_field(transition, "to");
  const std::string from = text_field(transition, "from");
  const std::string text = text_field(transition, "text");
  if (to.empty()) return "the task would stay at " + from + (text.empty() ? "" : ": " + text);
  return "transition would be: " + from + " -> " + to + (text.empty() ? "" : ", " + text);
}

}  // namespace

std::string plugin_check_text(const Json& answer) {
  std::string text;
  for (const Json& check : object_field(answer, "checks")) {
    std::string state = text_field(check, "state");
    state.resize(6, ' ');
    text += state + text_field(check, "text") + "\n";
  }
  return text;
}

std::string plugin_run_text(const Json& answer) {
  const Json& decision = object_field(answer, "decision");
  const Json& outcome = object_field(answer, "outcome");
  const Json& gate = object_field(answer, "gate");
  std::string text;
  if (!decision.empty()) {
    text += labelled("decision", apart({text_field(decision, "decision") +
                                            in_parentheses(text_field(decision, "reason")),
                                        text_field(decision, "text")}));
  }
  text += labelled("outcome", apart({text_field(outcome, "outcome") +
                                         in_parentheses(text_field(outcome, "reason")),
                                     text_field(outcome, "text"), seconds(outcome)}));
  for (const Json& artifact : object_field(answer, "artifacts")) {
    text += labelled("artifact", text_field(artifact, "name"));
    text += frontmatter_lines(artifact, std::string(k_label, ' '));
  }
  const std::string transition = transition_text(object_field(answer, "transition"));
  if (gate.empty()) {
    text += labelled("gate", "not asked; " + transition);
  } else {
    text += labelled("gate", apart({text_field(gate, "name") + " -> " + text_field(gate, "result"),
                                    transition}));
    if (text_field(gate, "result") == "broken") text += labelled("", text_field(gate, "text"));
  }
  const Json& expected = object_field(answer, "expected");
  if (expected.empty()) return text;
  if (bool_field(expected, "met", false)) return text + labelled("expected", "so it is");
  for (const Json& miss : object_field(expected, "misses"))
    text += labelled("expected", miss.is_string() ? miss.get<std::string>() : "");
  return text;
}

std::string artifact_check_text(const Json& answer) {
  const std::string result = text_field(answer, "result");
  if (result != "broken") {
    const Json& transition = object_field(answer, "transition");
    const std::string text = text_field(answer, "file") + ": " + text_field(answer, "text") + "\n";
    if (transition.empty()) return text;
    return text + text_field(answer, "gate") + " -> " + result + "   " +
           transition_text(transition) + "\n";
  }
  const std::string fix = text_field(answer, "fix");
  return text_field(answer, "where") + ": " + text_field(answer, "problem") + "\n" +
         (fix.empty() ? "" : "  " + fix + "\n");
}

}  // namespace orc::cli
