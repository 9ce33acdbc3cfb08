// SPDX-License-Identifier: Apache-2.0
#include "config/generation.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "config/inspect.h"
#include "config/isolation.h"
#include "config/options.h"
#include "config/plugin_assessment.h"
#include "config/plugin_library.h"

namespace orc::config {

namespace {

constexpr std::size_t k_describers = 2;

using Libraries = std::map<std::string, Result<Library>>;  // by type

Result<Library> take_library(const std::string& type, const Config& config) {
  ORC_TRY(const std::filesystem::path file, find_library(type, config.plugin_dirs));
  return take_private_copy(file, config.state_dir);
}

Libraries take_libraries(const Config& config) {
  Libraries libraries;
  for (const auto& [name, plugin] : config.plugins) {
    if (!libraries.contains(plugin.type)) {
      libraries.emplace(plugin.type, take_library(plugin.type, config));
    }
  }
  return libraries;
}

std::vector<Assessment> assess_all(const Config& config, const Libraries& libraries,
                                   const std::filesystem::path& worker) {
  std::vector<const Plugin*> plugins;
  for (const auto& [name, plugin] : config.plugins) plugins.push_back(&plugin);
  std::vector<Assessment> assessments(plugins.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < plugins.size(); i = next++) {
      assessments[i] = assess_plugin(*plugins[i], libraries.at(plugins[i]->type), worker);
    }
  };
  std::vector<std::jthread> describers;
  for (std::size_t i = 1; i < std::min(k_describers, plugins.size()); ++i)
    describers.emplace_back(work);
  work();
  describers.clear();
  return assessments;
}

// Lays the plugins over a loaded configuration and collects what speaks against it.
class Builder {
 public:
  Builder(Loaded loaded, Generation& generation)
      : loaded_(std::move(loaded)), generation_(generation) {}

  std::vector<Finding> build(const std::filesystem::path& worker) {
    generation_.config = std::move(*loaded_.config);
    Config& config = generation_.config;
    for (Assessment& assessment : assess_all(config, take_libraries(config), worker)) {
      const std::string name = assessment.loaded.name;
      Plugin& plugin = config.plugins.at(name);
      for (const Fault& fault : assessment.faults) {
        add(plugin.enabled ? Finding::Severity::error : Finding::Severity::warning, fault);
      }
      plugin.settings = std::move(assessment.settings);
      generation_.plugins.emplace(name, std::move(assessment.loaded));
    }
    check_chains();
    check_own_timeouts();
    for (Finding& finding : isolation_gaps(config, worker)) {
      finding.where = position(finding.key);
      findings_.push_back(std::move(finding));
    }
    generation_.hidden = hidden_places(config);
    generation_.values = std::move(loaded_.values);
    generation_.sources = std::move(loaded_.sources);
    generation_.masked = std::move(loaded_.masked);
    generation_.sha256 = hash();
    return std::move(findings_);
  }

 private:
  void add(Finding::Severity severity, const Fault& fault) {
    findings_.push_back(Finding{.severity = severity,
                                .where = position(fault.key),
                                .key = fault.key,
                                .problem = fault.problem,
                                .fix = fault.fix});
  }

  // Of the key, or of the nearest one around it that was given.
  std::string position(std::string key) const {
    while (true) {
      const auto found = loaded_.positions.find(key);
      if (found != loaded_.positions.end()) return found->second;
      const std::size_t cut = key.find_last_of(".[");
      if (cut == std::string::npos) return "default";
      key.resize(cut);
    }
  }

  void check_chains() {
    for (const auto& [stage, chain] : generation_.config.stages) {
      const std::string key = "stages." + std::string(to_string(stage)) + ".producers";
      for (std::size_t i = 0; i < chain.producers.size(); ++i) {
        const LoadedPlugin& plugin = generation_.plugins.at(chain.producers[i]);
        if (!plugin.refused.empty() || generation_.can_produce(plugin.name, stage)) continue;
        add(Finding::Severity::error,
            Fault{key + "[" + std::to_string(i) + "]",
                  plugin.name + " cannot produce for " + std::string(to_string(stage)) +
                      ", only for " + join(plugin.stages, ", "),
                  "remove it from this chain"});
      }
      for (const std::string& name : chain.shadows) {
        const LoadedPlugin& plugin = generation_.plugins.at(name);
        if (!plugin.refused.empty()) continue;
        if (plugin.is_llm || !generation_.can_produce(name, stage))
          add(Finding::Severity::error,
              Fault{key, name + " cannot be a shadow of " + std::string(to_string(stage)),
                    "remove it from this chain"});
      }
    }
  }

  // The same order of limits as for explicit ones, for plugins that bring their own.
  void check_own_timeouts() {
    const Config& config = generation_.config;
    for (const auto& [name, loaded] : generation_.plugins) {
      const Plugin& plugin = config.plugins.at(name);
      const bool below = loaded.default_timeout + config.kill_grace < config.max_running;
      if (!plugin.enabled || plugin.timeout || below || !loaded.refused.empty()) continue;
      add(Finding::Severity::error,
          Fault{"plugins." + name,
                "its own time limit " + format_duration_ms(loaded.default_timeout.count()) +
                    " and daemon.kill_grace " + format_duration_ms(config.kill_grace.count()) +
                    " are not below ownership.reaper.max_running " +
                    format_duration_ms(config.max_running.count()),
                "set plugins." + name + ".timeout, or raise ownership.reaper.max_running"});
    }
  }

  std::string hash() const {
    std::string text = loaded_.sha256;
    for (const auto& [name, plugin] : generation_.plugins)
      text += name + '\0' + plugin.sha256 + '\0';
    return sha256_hex(text);
  }

  Loaded loaded_;
  Generation& generation_;
  std::vector<Finding> findings_;
};

// The configured values, and the content of every library.
std::map<std::string, std::string> comparable(const Generation& generation) {
  std::map<std::string, std::string> values = generation.values;
  for (const auto& [name, plugin] : generation.plugins) {
    values["plugins." + name + ".library"] = plugin.sha256;
  }
  return values;
}

bool has_errors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Finding::Severity::error;
  });
}

}  // namespace

std::vector<Change> compare(const Generation* previous, const Generation& next) {
  if (previous == nullptr) return {};
  const auto before = comparable(*previous);
  auto after = comparable(next);
  for (const auto& [key, value] : before) after.try_emplace(key, "");
  std::vector<Change> changes;
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    const std::string was = old == before.end() ? "" : old->second;
    if (old != before.end() && was == value) continue;
    changes.push_back(
        Change{.key = key, .before = was, .after = value, .needs_restart = needs_restart(key)});
  }
  return changes;
}

bool Generation::can_produce(const std::string& plugin, Stage stage) const {
  const auto found = plugins.find(plugin);
  if (found == plugins.end() || !found->second.refused.empty()) return false;
  const auto& stages = found->second.stages;
  return std::any_of(stages.begin(), stages.end(), [&](const std::string& claim) {
    return claim == "*" || claim == to_string(stage);
  });
}

std::vector<Finding> look_at_plugins(Loaded loaded, const std::filesystem::path& worker,
                                     const std::filesystem::path& scratch) {
  if (!loaded.config) return {};
  loaded.config->state_dir = scratch;
  Generation nobodys;
  return Builder(std::move(loaded), nobodys).build(worker);
}

Built build_generation(const Sources& sources, const std::filesystem::path& worker,
                       const Generation* previous) {
  Loaded loaded = load(sources);
  Built built{.generation = nullptr, .findings = std::move(loaded.findings), .changes = {}};
  if (!loaded.config) return built;
  auto generation = std::make_shared<Generation>();
  generation->number = previous == nullptr ? 1 : previous->number + 1;
  generation->built_at = wall_now();
  std::vector<Finding> found = Builder(std::move(loaded), *generation).build(worker);
  built.findings.insert(built.findings.end(), found.begin(), found.end());
  if (has_errors(built.findings)) return built;
  generation->warnings = built.findings;
  built.changes = compare(previous, *generation);
  built.generation = std::move(generation);
  return built;
}

}  // namespace orc::config
