// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "http/views/board.h"

namespace orc::http::views {

namespace {

constexpr std::size_t k_most_entries = 200;
constexpr std::size_t k_commit_shown = 12;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

struct KindWord {
  std::string_view kind;
  std::string_view word;
};
constexpr std::array k_kinds{
    KindWord{"producer_chain", "produces"},      KindWord{"ci", "continuous integration"},
    KindWord{"edge_gates", "gates of the edge"}, KindWord{"landing", "landing"},
    KindWord{"image_freshness", "image freshness"},
};

std::string what_of(const Json& entry) {
  const std::string kind = text_at(entry, "kind");
  if (kind == "event") return text_at(entry, "event");
  if (kind == "approval")
    return text_at(entry, "stage") + (entry.value("approved", false) ? ": approved" : ": rejected");
  std::string word = kind;
  for (const KindWord& row : k_kinds) {
    if (row.kind == kind) word = row.word;
  }
  return text_at(entry, "stage") + ": " + word + ", attempt " +
         std::to_string(entry.value("attempt", 0)) + ", " + text_at(entry, "state");
}

std::string by_of(const Json& entry) {
  if (entry.contains("actor")) {
    const std::string channel = text_at(entry, "channel");
    return text_at(entry, "actor") + (channel.empty() ? "" : " by " + channel);
  }
  const auto agent = entry.find("agent");
  if (agent == entry.end()) return "";
  std::array<char, 32> cost{};
  if (agent->at("cost_usd").is_number())
    std::snprintf(cost.data(), cost.size(), ", $%.2f", agent->at("cost_usd").get<double>());
  return text_at(*agent, "role") + ", " + text_at(*agent, "model") + cost.data();
}

Json chain_of(const Json& entry) {
  Json rows = Json::array();
  for (const Json& link : entry.value("chain", Json::array())) {
    std::string decision = text_at(link, "decision");
    std::string word = decision;
    std::replace(word.begin(), word.end(), '_', ' ');
    const std::string text = text_at(link, "text");
    rows.push_back({{"producer", text_at(link, "producer")},
                    {"decision", std::move(decision)},
                    {"word", std::move(word)},
                    {"why", text.empty() ? text_at(link, "reason") : text}});
  }
  return rows;
}

std::string outcome_of(const Json& entry) {
  const auto result = entry.find("result");
  if (result == entry.end()) return "";
  std::string words = text_at(*result, "producer");
  for (const std::string& part : {text_at(*result, "outcome"), text_at(*result, "reason"),
                                  text_at(*result, "text")}) {
    if (!part.empty()) words += (words.empty() ? "" : " · ") + part;
  }
  for (const Json& artifact : result->value("artifacts", Json::array()))
    words += " · " + text_at(artifact, "path");
  return words;
}

Json gates_of(const Json& entry) {
  Json rows = Json::array();
  for (const Json& gate : entry.value("gates", Json::array())) {
    rows.push_back({{"name", text_at(gate, "gate")},
                    {"result", text_at(gate, "result")},
                    {"why", text_at(gate, "text")}});
  }
  if (const auto gate = entry.find("gate"); gate != entry.end()) {
    rows.push_back(
        {{"name", text_at(*gate, "name")}, {"result", text_at(*gate, "result")}, {"why", ""}});
  }
  return rows;
}

std::string transition_of(const Json& entry) {
  const auto transition = entry.find("transition");
  return transition == entry.end() ? "" : text_at(*transition, "text");
}

// `r88` of a run, `e1234` of an event: a link to it stays right.
std::string anchor_of(const Json& entry, std::size_t place) {
  if (entry.contains("run")) {
    return "r" + std::to_string(entry["run"].get<std::int64_t>()) + "-" +
           std::to_string(entry.value("attempt", 0));
  }
  if (entry.contains("id")) return "e" + std::to_string(entry["id"].get<std::int64_t>());
  return "n" + std::to_string(place);
}

// The clock of a moment of today, else the day as well; all of it is in the title.
std::string clock_words(const std::string& at, WallTime now) {
  constexpr std::size_t k_day = 10;  // of 2026-11-21T02:03:11Z
  constexpr std::size_t k_clock = 8;
  if (at.size() < k_day + 1 + k_clock) return at;
  const std::string clock = at.substr(k_day + 1, k_clock);
  return to_iso8601(now).starts_with(at.substr(0, k_day)) ? clock
                                                          : at.substr(0, k_day) + " " + clock;
}

Json entry_row(const Json& entry, std::size_t place, WallTime now) {
  const std::string at = text_at(entry, "at");
  Json chain = chain_of(entry);
  const std::string reason = text_at(entry, "reason");
  return {{"id", anchor_of(entry, place)},
          {"at", at},
          {"clock", clock_words(at, now)},
          {"what", what_of(entry)},
          {"by", by_of(entry)},
          {"text", reason.empty() ? text_at(entry, "text") : reason},
          {"has_chain", !chain.empty()},
          {"chain", std::move(chain)},
          {"outcome", outcome_of(entry)},
          {"gates", gates_of(entry)},
          {"transition", transition_of(entry)}};
}

// Newest first: what happened last is what a reader came for.
Json entry_rows(const Json& entries, WallTime now) {
  Json rows = Json::array();
  for (std::size_t i = entries.size(); i-- > 0 && rows.size() < k_most_entries;)
    rows.push_back(entry_row(entries[i], i, now));
  return rows;
}

// Its name is its path: one that would need encoding there is shown without a link.
bool is_plain(const std::string& name) {
  return std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

Json artifact_rows(const std::vector<ShownArtifact>& artifacts) {
  Json rows = Json::array();
  for (const ShownArtifact& artifact : artifacts) {
    const ArtifactRecord& record = artifact.record;
    Json fields = Json::array();
    for (const auto& field : artifact.fields)
      fields.push_back({{"key", field.key}, {"value", field.value}, {"line", field.line}});
    rows.push_back(
        {{"name", record.name},
         {"file", is_plain(record.name) ? Json(record.name) : Json(nullptr)},
         {"stage", to_string(record.stage)},
         {"by", record.producer + ", attempt " + std::to_string(record.attempt) + ", " +
                    std::to_string(record.size) + " bytes, sha256 " +
                    record.sha256.substr(0, k_commit_shown)},
         {"has_fields", !fields.empty()},
         {"fields", std::move(fields)},
         {"unreadable", artifact.unreadable}});
  }
  return rows;
}

Json facts_of(const Task& task, const TaskFacts& facts) {
  Json rows = Json::array();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) rows.push_back({{"key", key}, {"value", value}});
  };
  add("repository", task.repo);
  add("branch", task.branch);
  add("head", task.head_commit.substr(0, k_commit_shown));
  add("submitted", to_iso8601(task.created_at) + " by " + task.submitted_by);
  add("counted against it", "rollbacks " + std::to_string(task.code_fail) + " · broken artifacts " +
                                std::to_string(task.contract_fail) + " · infrastructure faults " +
                                std::to_string(task.infra_fail));
  double cost = 0;
  bool is_known = false;
  for (const AgentRun& run : facts.agent_runs) {
    cost += run.cost_usd.value_or(0);
    is_known = is_known || run.cost_usd;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "$%.2f", cost);
  if (is_known) add("cost", text.data());
  return rows;
}

std::string topics_of(const TaskPageFacts& page) {
  const std::string task = "task:" + page.task.work_item;
  const bool runs = page.run != nullptr && page.run->state != JobState::finished;
  return runs ? task + ",log:" + std::to_string(page.run->id.value) : task;
}

Json lines_of(const std::vector<LogLine>& log) {
  Json lines = Json::array();
  for (const LogLine& line : log) lines.push_back({{"n", line.number}, {"text", line.text}});
  return lines;
}

}  // namespace

Json task_page(const TaskPageFacts& page) {
  const Json timeline = views::timeline(page.task, page.facts);
  const Json why = views::why(page.task, page.picture, timeline);
  const Json& entries = timeline["entries"];
  const StateSign& sign = sign_of(page.picture.state_of(page.task));
  const Job* run = page.run;
  return {{"work_item", page.task.work_item},
          {"title", page.task.title},
          {"now", to_iso8601(page.picture.now)},
          {"sentence", text_at(why, "text")},
          {"next", text_at(why, "next")},
          {"state", sign.state},
          {"icon", sign.icon},
          {"where", page.task.stage == Stage::done
                        ? std::string(sign.word)
                        : std::string(sign.word) + " in " + std::string(to_string(page.task.stage))},
          {"topics", topics_of(page)},
          {"facts", facts_of(page.task, page.facts)},
          {"feedback", page.task.feedback},
          {"request", page.task.request},
          {"entries", entry_rows(entries, page.picture.now)},
          {"earlier", entries.size() > k_most_entries ? Json(entries.size() - k_most_entries)
                                                      : Json(nullptr)},
          {"artifacts", artifact_rows(page.artifacts)},
          {"run", run != nullptr ? Json(run->id.value) : Json(nullptr)},
          {"attempt", run != nullptr ? run->attempt : 0},
          {"log_note", page.log.empty() ? "Nothing written yet."
                       : page.log.front().number > 1
                           ? "The last " + std::to_string(page.log.size()) + " lines."
                           : "From its first line."},
          {"lines", lines_of(page.log)}};
}

}  // namespace orc::http::views
