// SPDX-License-Identifier: Apache-2.0
// The advisor's answer for people.
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

double real_field(const Json& object, const char* key) {
  const auto field = object.find(key);
  return field != object.end() && field->is_number() ? field->get<double>() : 0;
}

std::string fixed(double value, int digits) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string percent(double share) {
  return fixed(share * 100, 1) + " %";
}

std::string words(Millis time) {
  return time < Millis{10'000} ? fixed(static_cast<double>(time.count()) / 1000, 1) + " s"
                               : to_words(time);
}

std::string advice_in_words(const std::string& advice, const Json& answer) {
  if (advice == "determinize") return "could decide";
  if (advice == "look_at_these") return "would have let rejected work through: look at these runs";
  if (advice == "disagrees") return "agrees too seldom";
  return "needs " + std::to_string(number_field(answer, "needs_compared")) + " compared runs";
}

std::string without_verdict(const Json& row) {
  std::string text;
  for (const auto& [outcome, count] : object_field(row, "without_verdict").items())
    text += (text.empty() ? "; no verdict: " : ", ") + count.dump() + " " + outcome;
  return text;
}

std::string candidate_text(const Json& row, const Json& answer) {
  const Json& bounds = object_field(row, "agreement_95");
  std::string text = text_field(row, "stage") + " (" + text_field(row, "role") +
                     "): " + text_field(row, "shadow") + " beside " + text_field(row, "decider") +
                     " — " + advice_in_words(text_field(row, "advice"), answer) + '\n';
  text += "  compared   " + std::to_string(number_field(row, "compared")) + " of " +
          std::to_string(number_field(row, "runs")) + " runs" + without_verdict(row) + '\n';
  if (number_field(row, "compared") == 0) return text;
  text += "  agreement  " + percent(real_field(row, "agreement")) +
          " (95 %: " + percent(real_field(bounds, "low")) + " to " +
          percent(real_field(bounds, "high")) + ")\n";
  text += "  unsafe     " + std::to_string(number_field(row, "unsafe")) +
          " passed what was rejected (rate at most " +
          percent(real_field(row, "unsafe_rate_at_most_95")) + ")\n";
  text += "  stricter   " + std::to_string(number_field(row, "stricter")) +
          " rejected what was passed\n";
  text += "  time       " + words(Millis{number_field(row, "shadow_ms_each")}) + " instead of " +
          words(Millis{number_field(row, "decider_ms_each")}) + " each\n";
  const bool known = row.contains("saved_usd_each") && row["saved_usd_each"].is_number();
  text +=
      "  cost       " +
      (known ? "$" + fixed(real_field(row, "saved_usd_each"), 4) + " saved each, from agent_runs"
             : std::string("not known: no agent run told its cost")) +
      '\n';
  return text;
}

std::string disagreement_text(const Json& row) {
  return "  " + text_field(row, "task") + "  " + text_field(row, "stage") + "  decided " +
         text_field(row, "decided") + ", " + text_field(row, "shadow") + " said " +
         text_field(row, "shadow_said") + "  " + text_field(row, "artifact") + '\n';
}

}  // namespace

std::string advisor_text(const Json& answer) {
  const std::string next = text_field(answer, "next");
  std::string text = next.empty() ? "next: no role yet\n" : "next: " + next + '\n';
  for (const Json& row : object_field(answer, "candidates"))
    text += '\n' + candidate_text(row, answer);
  const Json& disagreements = object_field(answer, "disagreements");
  if (!disagreements.empty()) text += "\nlatest disagreements\n";
  for (const Json& row : disagreements) text += disagreement_text(row);
  const Json& unwatched = object_field(answer, "stages_without_shadow");
  std::string names;
  for (const Json& stage : unwatched)
    names += (names.empty() ? "" : ", ") + stage.get<std::string>();
  if (!names.empty())
    text += "\nwithout a shadow, so nothing is known: " + names +
            "\n  mark a link of stages.STAGE.producers: { plugin: NAME, shadow: true }\n";
  return text;
}

}  // namespace orc::cli
