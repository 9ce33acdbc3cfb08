// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "http/views/views.h"

namespace orc::http::views {

namespace {

Json kill_row(const store::PluginKill* kill) {
  if (kill == nullptr) return nullptr;
  return {{"actor", kill->actor},
          {"reason", kill->reason},
          {"at", to_iso8601(kill->at)},
          {"until", kill->until ? Json(to_iso8601(*kill->until)) : Json(nullptr)}};
}

// Of single repositories.
Json scoped_kills(const std::string& plugin, const Picture& picture) {
  Json rows = Json::array();
  for (const store::PluginKill& kill : picture.kills) {
    if (kill.plugin != plugin || kill.repo.empty()) continue;
    Json row{{"repo", kill.repo}};
    row.update(kill_row(&kill));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json chain_positions(const std::string& name, const config::Config& config) {
  Json stages = Json::array();
  for (const auto& [stage, chain] : config.stages) {
    for (std::size_t i = 0; i < chain.producers.size(); ++i) {
      if (chain.producers[i] != name) continue;
      stages.push_back({{"stage", to_string(stage)}, {"position", i}});
    }
    for (const std::string& shadow : chain.shadows) {
      if (shadow == name) stages.push_back({{"stage", to_string(stage)}, {"shadow", true}});
    }
  }
  return stages;
}

Json outcome_rows(const std::string& name, const std::vector<store::OutcomeCount>& outcomes) {
  Json rows = Json::array();
  for (const store::OutcomeCount& row : outcomes) {
    if (row.producer != name) continue;
    rows.push_back({{"stage", to_string(row.stage)},
                    {"outcome", outcome_word(row.outcome)},
                    {"reason", row.reason},
                    {"count", row.count}});
  }
  return rows;
}

Json plugin_row(const config::Plugin& plugin, const config::Generation& generation,
                const Picture& picture, const std::vector<store::OutcomeCount>& outcomes) {
  const auto found = generation.plugins.find(plugin.name);
  const config::LoadedPlugin loaded = found != generation.plugins.end()
                                          ? found->second
                                          : config::LoadedPlugin{.refused = "not loaded"};
  return {{"name", plugin.name},
          {"type", plugin.type},
          {"enabled", plugin.enabled},
          {"kill", kill_row(picture.kill_of(plugin.name))},
          {"killed_in", scoped_kills(plugin.name, picture)},
          {"effective", is_enabled(plugin, picture) && loaded.refused.empty()},
          {"loaded", loaded.refused.empty()},
          {"refused", loaded.refused},
          {"version", loaded.version},
          {"abi", loaded.abi},
          {"sha256", loaded.sha256},
          {"description", loaded.description},
          {"llm", loaded.is_llm},
          {"can_produce", loaded.stages},
          {"chains", chain_positions(plugin.name, generation.config)},
          {"repos", plugin.repos.to_string()},
          {"outcomes", outcome_rows(plugin.name, outcomes)}};
}

}  // namespace

Json repositories_killed_in(const std::string& plugin, const Picture& picture) {
  Json names = Json::array();
  for (const Json& row : scoped_kills(plugin, picture)) names.push_back(row.at("repo"));
  return names;
}

bool is_enabled(const config::Plugin& plugin, const Picture& picture) {
  return plugin.enabled && picture.kill_of(plugin.name) == nullptr;
}

Json plugin_list(const config::Generation& generation, const Picture& picture,
                 const std::vector<store::OutcomeCount>& outcomes) {
  Json rows = Json::array();
  for (const auto& [name, plugin] : generation.config.plugins) {
    rows.push_back(plugin_row(plugin, generation, picture, outcomes));
  }
  return {{"schema", "orchestrator.plugins/1"},
          {"config_generation", generation.number},
          {"plugins", std::move(rows)}};
}

Json plugin_detail(const std::string& name, const config::Generation& generation,
                   const Picture& picture, const std::vector<store::OutcomeCount>& outcomes) {
  const auto plugin = generation.config.plugins.find(name);
  if (plugin == generation.config.plugins.end()) return nullptr;
  Json detail{{"schema", "orchestrator.plugin/1"}};
  detail.update(plugin_row(plugin->second, generation, picture, outcomes));
  return detail;
}

}  // namespace orc::http::views
