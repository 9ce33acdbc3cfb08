// SPDX-License-Identifier: Apache-2.0
#include "http/views/board.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace orc::http::views {

namespace {

constexpr std::size_t k_most_cards = 12;  // of a stage
constexpr std::size_t k_most_rows = 50;   // of the queue
constexpr std::size_t k_sha_shown = 8;

constexpr std::array k_signs{
    StateSign{"running", "▶", "running"},
    StateSign{"queued", "◷", "queued"},
    StateSign{"waiting_human", "◆", "waits for you"},
    StateSign{"infra_hold", "▲", "held by its environment"},
    StateSign{"held", "■", "held"},
    StateSign{"done", "✓", "done"},
    StateSign{"cancelled", "✕", "cancelled"},
    StateSign{"on", "●", "on"},
    StateSign{"off", "○", "off"},
    StateSign{"broken", "▲", "not loaded"},
};
constexpr StateSign k_unknown_sign{"", "?", "unknown"};

Json with_sign(std::string_view state) {
  const StateSign& sign = sign_of(state);
  return {{"state", sign.state}, {"icon", sign.icon}, {"word", sign.word}};
}

std::string cost_words(const BoardFacts& facts, TaskId task) {
  const auto known = facts.costs.find(task);
  if (known == facts.costs.end()) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "$%.2f", known->second);
  return text.data();
}

std::string joined(std::initializer_list<std::string> parts) {
  std::vector<std::string> kept;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(kept),
               [](const std::string& part) { return !part.empty(); });
  return join(kept, " · ");
}

std::string job_words(const Job* job) {
  if (job == nullptr) return "";
  return joined({job->producer, job->attempt > 1 ? "attempt " + std::to_string(job->attempt) : ""});
}

WallTime since_of(const Task& task, const Job* job) {
  const bool runs = job != nullptr && job->state == JobState::running && job->started_at;
  return runs ? *job->started_at : task.stage_since;
}

// `why` is worked out by whoever knows how many wait before it.
Json card(const Task& task, const Job* job, const std::optional<engine::Waiting>& why,
          const BoardFacts& facts) {
  const WallTime since = since_of(task, job);
  Json row = with_sign(facts.picture.state_of(task));
  row.update({{"work_item", task.work_item},
              {"title", task.title},
              {"at", to_iso8601(since)},
              {"since", age_words(facts.picture.now - since)},
              {"why", why ? why->text : ""},
              {"by", joined({job_words(job), cost_words(facts, task.id)})}});
  return row;
}

struct Column {
  Json cards = Json::array();
  std::size_t shown() const { return cards.size(); }
  void add(Json row) {
    if (cards.size() < k_most_cards) cards.push_back(std::move(row));
  }
};

// Whoever needs somebody comes first, then what runs, then what waits.
std::map<Stage, Column> columns_of(const BoardFacts& facts) {
  std::map<Stage, Column> columns;
  for (const Task& task : facts.standing)
    columns[task.stage].add(card(task, nullptr, facts.picture.why(task), facts));
  int ahead = 0;
  for (const store::LiveJob& live : facts.picture.live) {
    columns[live.task.stage].add(
        card(live.task, &live.job, facts.picture.why(live.task, live.job, ahead), facts));
    if (live.job.state == JobState::queued) ++ahead;
  }
  for (const Task& task : facts.done)
    columns[Stage::done].add(card(task, nullptr, std::nullopt, facts));
  return columns;
}

std::string kill_words(const store::PluginKill& kill) {
  return (kill.until ? "until " + to_iso8601(*kill.until) + ", " : "") + kill.actor + ": " +
         kill.reason;
}

// Whether it is asked, and if not, by whose will.
Json switch_of(const config::Plugin& plugin, const BoardFacts& facts) {
  const config::Generation& generation = *facts.status.generation;
  const auto loaded = generation.plugins.find(plugin.name);
  const bool is_loaded = loaded != generation.plugins.end() && loaded->second.refused.empty();
  const std::string refused = is_loaded                              ? ""
                              : loaded == generation.plugins.end() ? "not loaded"
                                                                     : loaded->second.refused;
  const store::PluginKill* kill = facts.picture.kill_of(plugin.name);
  if (kill != nullptr) {
    Json row = with_sign("off");
    row["word"] = "killed";
    row["why"] = kill_words(*kill);
    return row;
  }
  if (!plugin.enabled) {
    Json row = with_sign("off");
    row["word"] = "off in the configuration";
    row["why"] = refused;
    return row;
  }
  Json row = with_sign(is_loaded ? "on" : "broken");
  row["why"] = refused;
  return row;
}

Json chain_of(Stage stage, const BoardFacts& facts) {
  Json rows = Json::array();
  const config::Config& config = facts.status.generation->config;
  const auto chain = config.stages.find(stage);
  if (chain == config.stages.end()) return rows;
  for (const std::string& name : chain->second.producers) {
    const auto plugin = config.plugins.find(name);
    Json row = plugin != config.plugins.end() ? switch_of(plugin->second, facts)
                                              : with_sign("broken");
    row["name"] = name;
    rows.push_back(std::move(row));
  }
  return rows;
}

Json column_rows(const BoardFacts& facts) {
  std::map<Stage, Column> columns = columns_of(facts);
  Json rows = Json::array();
  for (const Stage stage : k_stages) {
    std::int64_t count = 0;
    for (const store::StageCount& row : facts.counts) {
      if (row.stage == stage && row.state != TaskState::cancelled) count += row.count;
    }
    Column& column = columns[stage];
    const std::int64_t more = count - static_cast<std::int64_t>(column.shown());
    Json chain = chain_of(stage, facts);
    rows.push_back({{"stage", to_string(stage)},
                    {"count", count},
                    {"more", more > 0 ? Json(more) : Json(nullptr)},
                    {"cards", std::move(column.cards)},
                    {"has_chain", !chain.empty()},
                    {"chain", std::move(chain)}});
  }
  return rows;
}

Json queue_rows(const BoardFacts& facts) {
  Json rows = Json::array();
  int ahead = 0;
  for (const store::LiveJob& live : facts.picture.live) {
    if (rows.size() == k_most_rows) break;
    const auto why = facts.picture.why(live.task, live.job, ahead);
    Json row = with_sign(live.job.state == JobState::running ? "running" : "queued");
    row.update({{"id", live.job.id.value},
                {"work_item", live.task.work_item},
                {"stage", to_string(live.job.stage)},
                {"by", job_words(&live.job)},
                {"why", why ? why->text : ""},
                {"next", why ? why->next : ""}});
    rows.push_back(std::move(row));
    if (live.job.state == JobState::queued) ++ahead;
  }
  return rows;
}

Json plugin_rows(const BoardFacts& facts) {
  const config::Generation& generation = *facts.status.generation;
  Json rows = Json::array();
  for (const auto& [name, plugin] : generation.config.plugins) {
    std::vector<std::string> stages;
    for (const auto& [stage, chain] : generation.config.stages) {
      if (std::ranges::find(chain.producers, name) != chain.producers.end())
        stages.emplace_back(to_string(stage));
    }
    const auto loaded = generation.plugins.find(name);
    const bool is_llm = loaded != generation.plugins.end() && loaded->second.is_llm;
    Json row = switch_of(plugin, facts);
    row.update({{"name", name},
                {"version", loaded != generation.plugins.end() ? loaded->second.version : ""},
                {"decides", is_llm ? "a model decides" : "code decides"},
                {"stages", join(stages, ", ")}});
    rows.push_back(std::move(row));
  }
  return rows;
}

Json lease_rows(const BoardFacts& facts) {
  Json rows = Json::array();
  for (const Lease& lease : facts.picture.leases) {
    const bool alive = has_live_owner(lease, facts.status.host);
    rows.push_back({{"work_item", lease.work_item},
                    {"holder", lease.holder},
                    {"state", alive ? "running" : "broken"},
                    {"word", alive ? "▶ its owner lives" : "▲ its owner is gone"},
                    {"pid", lease.owner.process.pid},
                    {"boot", lease.owner.process.boot_id.substr(0, k_sha_shown)},
                    {"age", age_words(facts.picture.now - lease.acquired_at)}});
  }
  return rows;
}

Json banner(const char* grade, const std::string& text, const std::string& next,
            Json lines = Json::array()) {
  const bool has_lines = !lines.empty();
  return {{"grade", grade},
          {"text", text},
          {"next", next},
          {"has_lines", has_lines},
          {"lines", std::move(lines)}};
}

// What is wrong with the host itself; nothing on a good day.
Json banners(const BoardFacts& facts) {
  Json rows = Json::array();
  if (!facts.status.fault.empty())
    rows.push_back(banner("broken", "▲ nothing can be stored: " + facts.status.fault, ""));
  if (!facts.reloads.last_successful) {
    Json lines = Json::array();
    // Readers are anybody: the file's name, not the folders above it.
    for (const config::Finding& finding : facts.reloads.last_findings) {
      lines.push_back(finding.where.substr(finding.where.rfind('/') + 1) + ": " + finding.key +
                      ": " + finding.problem);
    }
    rows.push_back(banner("broken",
                          "▲ the last reload was refused; generation " +
                              std::to_string(facts.status.generation->number) + " stays in force",
                          "orchestrator config check", std::move(lines)));
  }
  if (facts.status.draining) {
    const std::string who =
        facts.drain ? " by " + facts.drain->actor +
                          (facts.drain->reason.empty() ? "" : ": " + facts.drain->reason)
                    : "";
    rows.push_back(banner("waits", "■ drained" + who + "; nothing new starts", "orchestrator resume"));
  }
  // What is about a task stands on its card.
  for (const Alert& alert : facts.alerts) {
    if (alert.work_item.empty()) rows.push_back(banner("broken", "▲ " + alert.text, ""));
  }
  return rows;
}

}  // namespace

const StateSign& sign_of(std::string_view state) {
  for (const StateSign& sign : k_signs) {
    if (sign.state == state) return sign;
  }
  return k_unknown_sign;
}

std::string age_words(Millis age) {
  struct Unit {
    std::int64_t below;  // in seconds
    std::int64_t each;
    const char* word;
  };
  constexpr std::array k_units{Unit{120, 1, " s"}, Unit{7200, 60, " min"},
                               Unit{172'800, 3600, " h"}, Unit{INT64_MAX, 86'400, " d"}};
  const std::int64_t seconds = std::max<std::int64_t>(age.count() / 1000, 0);
  for (const Unit& unit : k_units) {
    if (seconds < unit.below) return std::to_string(seconds / unit.each) + unit.word;
  }
  return "";
}

Json board(const BoardFacts& facts) {
  const std::size_t live = facts.picture.live.size();
  return {{"title", "Orchestrator: " + facts.sentence},
          {"version", ORCH_VERSION},
          {"generation", facts.status.generation->number},
          {"sha256", facts.status.generation->sha256.substr(0, k_sha_shown)},
          {"now", to_iso8601(facts.picture.now)},
          {"sentence", facts.sentence},
          {"banners", banners(facts)},
          {"columns", column_rows(facts)},
          {"queue", queue_rows(facts)},
          {"queue_more", live > k_most_rows ? Json(live - k_most_rows) : Json(nullptr)},
          {"plugins", plugin_rows(facts)},
          {"leases", lease_rows(facts)}};
}

}  // namespace orc::http::views
