// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_assessment.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/plugin_description.h"
#include "config/settings_schema.h"

namespace orc::config {

namespace {

using nlohmann::json;

constexpr std::string_view k_every_stage = "*";
constexpr std::string_view k_llm = "llm";
constexpr std::string_view k_preflight = "preflight";
constexpr std::size_t k_max_remembered = 512;

// The host's table is the authority on which stages there are and what key carries their verdict.
std::optional<std::string> false_claim(const StageClaim& claim) {
  if (claim.stage == k_every_stage) return std::nullopt;
  const auto stage = parse_stage(claim.stage);
  const StageRule* rule = stage ? find_rule(*stage) : nullptr;
  if (rule == nullptr) return "claims the stage \"" + claim.stage + "\", which does not exist";
  if (claim.verdict_key == rule->verdict_key) return std::nullopt;
  return "claims the verdict key \"" + claim.verdict_key + "\" for the stage " + claim.stage +
         ", whose key is \"" + std::string(rule->verdict_key) + "\"";
}

class Judge {
 public:
  Judge(const Plugin& plugin, const Result<Library>& library, const std::filesystem::path& worker)
      : plugin_(plugin), library_(library), worker_(worker), key_("plugins." + plugin.name) {
    result_.loaded.name = plugin.name;
    result_.loaded.type = plugin.type;
    result_.settings = plugin.settings;
  }

  Assessment judge() {
    if (!library_.ok()) {
      fault(key_, library_.error().message);
    } else {
      judge_library(library_.value());
    }
    for (const Fault& found : result_.faults) {
      if (!result_.loaded.refused.empty()) result_.loaded.refused += "; ";
      result_.loaded.refused += found.problem;
    }
    return std::move(result_);
  }

 private:
  void fault(std::string key, std::string problem, std::string fix = "") {
    result_.faults.push_back(Fault{std::move(key), std::move(problem), std::move(fix)});
  }

  void judge_library(const Library& library) {
    const auto described = describe_plugin(worker_, library, std::nullopt);
    if (!described.ok()) return fault(key_, described.error().message);
    const Description& description = described.value();
    keep(description, library);
    if (description.id != plugin_.type) {
      return fault(key_, plugin_.type + ".so calls itself \"" + description.id + "\"");
    }
    for (const StageClaim& claim : description.stages) {
      if (const auto wrong = false_claim(claim)) fault(key_, *wrong);
    }
    if (result_.faults.empty()) judge_settings(description, library);
  }

  void keep(const Description& description, const Library& library) {
    LoadedPlugin& loaded = result_.loaded;
    loaded.library = library.copy;
    loaded.sha256 = library.sha256;
    loaded.version = description.version;
    loaded.abi = description.abi;
    loaded.description = description.description;
    loaded.default_timeout = description.default_timeout;
    for (const StageClaim& claim : description.stages) loaded.stages.push_back(claim.stage);
    const auto can = [&](std::string_view capability) {
      const auto& all = description.capabilities;
      return std::find(all.begin(), all.end(), capability) != all.end();
    };
    loaded.is_llm = can(k_llm);
    loaded.has_preflight = can(k_preflight);
  }

  void judge_settings(const Description& description, const Library& library) {
    const json schema = json::parse(description.settings_schema, nullptr, false);
    json settings = json::parse(plugin_.settings.empty() ? "{}" : plugin_.settings, nullptr, false);
    fill_defaults(schema, settings);
    result_.settings = settings.dump();
    const auto violations = find_violations(schema, with_labels(settings));
    if (!violations.ok()) return fault(key_, "its " + violations.error().message);
    for (const Violation& violation : violations.value()) report(violation);
    if (violations.value().empty()) try_settings(result_.settings, library);
  }

  void report(const Violation& violation) {
    fault(key_ + ".settings" + violation.key, violation.problem, violation.fix);
  }

  void try_settings(const std::string& settings, const Library& library) {
    const auto described = describe_plugin(worker_, library, settings);
    if (!described.ok()) return fault(key_, described.error().message);
    const auto& refused = described.value().refused_settings;
    if (refused) fault(key_ + ".settings", "refused by the plugin: " + *refused);
  }

  const Plugin& plugin_;
  const Result<Library>& library_;
  const std::filesystem::path& worker_;
  const std::string key_;
  Assessment result_;
};

// Sound plugins by what they were judged from; a reload that changes nothing reads a schema no
// more.
class Memory {
 public:
  std::optional<Assessment> find(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto found = sound_.find(key);
    return found == sound_.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const std::string& key, const Assessment& assessment) {
    const std::scoped_lock lock(mutex_);
    if (sound_.size() >= k_max_remembered) sound_.clear();
    sound_.insert_or_assign(key, assessment);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Assessment> sound_;
};

Memory& memory() {
  static Memory assessments;
  return assessments;
}

}  // namespace

Assessment assess_plugin(const Plugin& plugin, const Result<Library>& library,
                         const std::filesystem::path& worker) {
  if (!library.ok()) return Judge(plugin, library, worker).judge();
  const std::string key = plugin.name + '\0' + plugin.settings + '\0' + worker.string() + '\0' +
                          library.value().copy.string();
  if (auto known = memory().find(key)) return std::move(*known);
  Assessment assessment = Judge(plugin, library, worker).judge();
  if (assessment.faults.empty()) memory().keep(key, assessment);
  return assessment;
}

}  // namespace orc::config
