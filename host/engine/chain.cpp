// SPDX-License-Identifier: Apache-2.0
#include "engine/chain.h"

#include <algorithm>
#include <optional>

namespace orc::engine {

namespace {

struct Skip {
  std::string reason;
  std::string text;
};

std::string in_words(const store::PluginKill& kill) {
  return "switched off by " + kill.actor +
         (kill.until ? " until " + to_iso8601(*kill.until) : std::string()) + ": " + kill.reason;
}

std::optional<Skip> why_not_asked(const config::Plugin& plugin, const config::LoadedPlugin* loaded,
                                  const std::string& repo, bool self_hosting,
                                  const std::vector<store::PluginKill>& kills) {
  if (!plugin.enabled) return Skip{"kill-switch", "switched off in the configuration"};
  for (const store::PluginKill& kill : kills) {
    if (kill.plugin == plugin.name && (kill.repo.empty() || kill.repo == repo))
      return Skip{"killed", in_words(kill)};
  }
  if (!plugin.repos.covers(repo, self_hosting)) {
    return Skip{"scope", "repository " + (repo.empty() ? std::string("(none)") : repo) +
                             " is not in its scope \"" + plugin.repos.to_string() + "\""};
  }
  if (loaded == nullptr || loaded->library.empty()) {
    return Skip{"not_loaded", loaded == nullptr ? "not part of this generation" : loaded->refused};
  }
  return std::nullopt;
}

jobs::RequestLink link_of(const config::Plugin& plugin, const config::LoadedPlugin& loaded,
                          int position) {
  return {.position = position,
          .plugin = plugin.name,
          .library = loaded.library,
          .settings = plugin.settings,
          .timeout = plugin.timeout.value_or(loaded.default_timeout),
          .isolation = plugin.isolation,
          .network = plugin.network,
          .runs_agent = loaded.is_llm};
}

}  // namespace

std::optional<jobs::RequestLink> resolve_shadow(const config::Generation& generation,
                                                const std::string& name, const std::string& repo,
                                                bool self_hosting,
                                                const std::vector<store::PluginKill>& kills) {
  const auto plugin = generation.config.plugins.find(name);
  const auto loaded = generation.plugins.find(name);
  if (plugin == generation.config.plugins.end() || loaded == generation.plugins.end())
    return std::nullopt;
  if (why_not_asked(plugin->second, &loaded->second, repo, self_hosting, kills))
    return std::nullopt;
  return link_of(plugin->second, loaded->second, 0);
}

ResolvedChain resolve_chain(const config::Generation& generation, Stage stage,
                            const std::string& repo, bool self_hosting,
                            const std::vector<store::PluginKill>& kills, int first_link) {
  ResolvedChain chain;
  const auto row = generation.config.stages.find(stage);
  if (row == generation.config.stages.end()) return chain;
  int position = -1;
  for (const std::string& name : row->second.producers) {
    if (++position < first_link) continue;
    const auto plugin = generation.config.plugins.find(name);
    if (plugin == generation.config.plugins.end()) continue;
    const auto found = generation.plugins.find(name);
    const config::LoadedPlugin* loaded =
        found == generation.plugins.end() ? nullptr : &found->second;
    if (auto skip = why_not_asked(plugin->second, loaded, repo, self_hosting, kills)) {
      chain.skipped.push_back({position, name, Decision::skipped, skip->reason, skip->text});
      continue;
    }
    chain.links.push_back(link_of(plugin->second, *loaded, position));
  }
  return chain;
}

bool goes_on(const Job& job) {
  return !job.resume_token.empty() || job.reason == to_string(ReasonCode::in_progress);
}

std::vector<ChainDecision> complete_decisions(std::vector<ChainDecision> skipped,
                                              const std::vector<jobs::RequestLink>& links,
                                              const std::vector<ChainDecision>& decided) {
  std::vector<ChainDecision> all = std::move(skipped);
  all.insert(all.end(), decided.begin(), decided.end());
  const bool accepted = std::any_of(decided.begin(), decided.end(), [](const ChainDecision& d) {
    return d.decision == Decision::accepted;
  });
  for (const jobs::RequestLink& link : links) {
    const bool known = std::any_of(decided.begin(), decided.end(), [&](const ChainDecision& d) {
      return d.position == link.position;
    });
    if (!known && accepted) {
      all.push_back(
          {link.position, link.plugin, Decision::not_asked, "earlier_producer_accepted", ""});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const ChainDecision& a, const ChainDecision& b) { return a.position < b.position; });
  return all;
}

}  // namespace orc::engine
