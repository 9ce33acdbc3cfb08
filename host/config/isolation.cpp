// SPDX-License-Identifier: Apache-2.0
#include "config/isolation.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "config/secrets.h"
#include "process/confinement.h"

namespace orc::config {

namespace {

namespace fs = std::filesystem;

void add_secret_files(const nlohmann::json& json, std::vector<fs::path>& places) {
  if (const auto file = secret_file(json)) places.push_back(*file);
  if (!json.is_structured()) return;
  for (const nlohmann::json& part : json) add_secret_files(part, places);
}

}  // namespace

std::vector<fs::path> hidden_places(const Config& config) {
  std::vector<fs::path> places{config.state_dir};
  for (const char* suffix : {"", "-wal", "-shm"}) {
    places.emplace_back(config.database.string() + suffix);
  }
  for (const auto& [name, plugin] : config.plugins) {
    add_secret_files(nlohmann::json::parse(plugin.settings, nullptr, false), places);
  }
  for (const auto& [name, repo] : config.repos) {
    add_secret_files(nlohmann::json::parse(repo.gates.forge.token, nullptr, false), places);
  }
  add_secret_files(nlohmann::json::parse(config.operator_token, nullptr, false), places);
  for (const auto& [forge, reference] : config.webhook_secrets) {
    add_secret_files(nlohmann::json::parse(reference, nullptr, false), places);
  }
  // The host sets no environment variable after its start.
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (credentials != nullptr && *credentials != '\0') places.emplace_back(credentials);
  return places;
}

std::vector<Finding> isolation_gaps(const Config& config, const fs::path& worker) {
  std::vector<Finding> findings;
  std::set<IsolationLevel> seen;
  const auto look = [&](IsolationLevel level, const std::string& key) {
    if (!seen.insert(level).second) return;
    const std::string gap = process::gap(level, worker.parent_path() / "orchestrator-sandbox");
    if (gap.empty()) return;
    const bool holds = level == IsolationLevel::strict;
    findings.push_back({.severity = Finding::Severity::warning,
                        .where = {},
                        .key = key,
                        .problem = gap,
                        .fix = holds ? "tasks are held (environment) until it can be given"
                                     : "see docs/isolation.md"});
  };
  look(config.isolation.level, "isolation.level");
  for (const auto& [name, plugin] : config.plugins) {
    if (plugin.enabled) look(plugin.isolation, "plugins." + name + ".isolation");
  }
  return findings;
}

}  // namespace orc::config
