// SPDX-License-Identifier: Apache-2.0
#include "engine/trust.h"

#include <algorithm>

namespace orc::engine {

Trust::Trust(std::set<std::string> tested_types, const std::vector<SelftestRow>& gates)
    : tested_types_(std::move(tested_types)) {
  take({.rows = gates, .loaded = {}});
}

void Trust::take(const SelftestRound& round) {
  for (const SelftestRow& row : round.rows) {
    if (row.sha256.empty()) {
      gates_.insert_or_assign(row.subject, row);
    } else {
      plugins_.insert_or_assign(row.sha256, row);
    }
  }
  std::erase_if(plugins_,
                [&](const auto& known) { return !round.loaded.contains(known.first); });
  std::vector<SelftestRow> all;
  for (const auto& [name, row] : gates_) all.push_back(row);
  for (const auto& [hash, row] : plugins_) all.push_back(row);
  rows_ = std::make_shared<const std::vector<SelftestRow>>(std::move(all));
}

const SelftestRow* Trust::of(const config::LoadedPlugin& plugin) const {
  const auto found = plugins_.find(plugin.sha256);
  return found == plugins_.end() ? nullptr : &found->second;
}

std::optional<std::string> Trust::awaited(const ResolvedChain& chain,
                                          const config::Generation& generation) const {
  if (tested_types_.empty()) return std::nullopt;
  for (const jobs::RequestLink& link : chain.links) {
    const config::LoadedPlugin& plugin = generation.plugins.at(link.plugin);
    if (tested_types_.contains(plugin.type) && of(plugin) == nullptr) return link.plugin;
  }
  return std::nullopt;
}

void Trust::pass_over(ResolvedChain& chain, const config::Generation& generation) const {
  std::erase_if(chain.links, [&](const jobs::RequestLink& link) {
    const SelftestRow* row = of(generation.plugins.at(link.plugin));
    if (row == nullptr || row->passed) return false;
    chain.skipped.push_back({link.position, link.plugin, Decision::skipped, "selftest",
                             "failed its self-test: " + row->text});
    return true;
  });
}

std::optional<std::string> Trust::against_gate(std::string_view gate) const {
  const auto found = gates_.find(std::string(gate));
  if (found == gates_.end() || found->second.passed) return std::nullopt;
  return found->first + " failed its self-test: " + found->second.text;
}

}  // namespace orc::engine
