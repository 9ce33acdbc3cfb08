// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "base/text.h"
#include "config/decode.h"
#include "domain/names.h"

namespace orc::config {

namespace {

constexpr std::string_view k_fallback_type = "llm-spawner";

class CrossCheck {
 public:
  CrossCheck(const Decoded& decoded, Findings& findings)
      : decoded_(decoded), config_(decoded.config), findings_(findings) {}

  void run() {
    check_repositories();
    check_scopes();
    check_chains();
    check_unused_plugins();
    check_budgets();
    check_isolation();
    check_names();
  }

  // Said last, and only of a file that is right otherwise: a mistyped mark is its own finding.
  void check_empty_scopes() {
    const bool has_self = std::any_of(config_.repos.begin(), config_.repos.end(),
                                      [](const auto& repo) { return repo.second.self_hosting; });
    if (has_self || config_.repos.empty() || findings_.has_errors()) return;
    for (const auto& [name, plugin] : config_.plugins) {
      if (!plugin.enabled || !plugin.repos.repos.empty()) continue;
      warning("plugins." + name + ".repos",
              "an empty scope means the self-hosting repository, and none is marked as that: the "
              "plugin is never asked",
              "name its repositories, or write \"*\" for all of them");
    }
  }

 private:
  void error(const std::string& key, std::string problem, std::string fix = "") {
    findings_.error(decoded_.nearest_origin(key), key, std::move(problem), std::move(fix));
  }
  void warning(const std::string& key, std::string problem, std::string fix = "") {
    findings_.warning(decoded_.nearest_origin(key), key, std::move(problem), std::move(fix));
  }

  std::vector<std::string> repo_names() const {
    std::vector<std::string> names;
    for (const auto& [name, repo] : config_.repos) names.push_back(name);
    return names;
  }
  std::vector<std::string> plugin_names() const {
    std::vector<std::string> names;
    for (const auto& [name, plugin] : config_.plugins) names.push_back(name);
    return names;
  }

  // --- repositories
  // --------------------------------------------------------------------------------

  void check_repositories() {
    std::string self_hosting;
    for (const auto& [name, repo] : config_.repos) {
      const std::string key = "repos." + join_path({name});
      const Status branch = check_branch_name(repo.default_branch);
      if (!branch.ok()) error(key + ".default_branch", branch.error().message);
      check_suite(key);
      if (!repo.self_hosting) continue;
      if (!self_hosting.empty()) {
        error(key + ".self_hosting",
              "\"" + self_hosting + "\" is the self-hosting repository already",
              "set it to false in all but one");
      }
      self_hosting = name;
    }
  }

  void check_suite(const std::string& repo) {
    const std::string test = repo + ".test";
    if (!given(test)) return;
    if (!given(test + ".command")) {
      error(test, "has no command", "add test.command, or remove test");
    } else if (decoded_.values.contains(test + ".command") && value(test + ".command") == "[]") {
      error(test + ".command", "found an empty list, wanted a program and its arguments");
    }
    for (const std::string_view relative : {".cwd", ".evidence.junit"}) {
      const std::filesystem::path path = value(test + std::string(relative));
      const bool inside =
          path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
      if (!inside) error(test + std::string(relative), "wanted a path inside the checkout");
    }
    check_exit_codes(test + ".exit_codes");
  }

  void check_exit_codes(const std::string& key) {
    const auto codes = [&](const std::string& list) {
      const std::string text = value(key + list);
      const std::string_view inner =
          text.size() > 2 ? std::string_view(text).substr(1, text.size() - 2) : "";
      return split_csv(inner);
    };
    const std::vector<std::string> pass = codes(".pass");
    for (const std::string& code : codes(".fail")) {
      if (std::find(pass.begin(), pass.end(), code) != pass.end()) {
        error(key, "exit code " + code + " stands in both pass and fail");
      }
    }
    if (pass.empty() && given(key + ".pass"))
      error(key + ".pass", "found an empty list: no suite could ever pass");
  }

  bool given(const std::string& key) const { return decoded_.origins.contains(key); }
  std::string value(const std::string& key) const {
    const auto found = decoded_.values.find(key);
    return found == decoded_.values.end() ? "" : found->second;
  }

  // --- plugins and chains
  // ----------------------------------------------------------------------------

  void check_scopes() {
    const std::vector<std::string> known = repo_names();
    for (const auto& [name, plugin] : config_.plugins) {
      for (const std::string& repo : plugin.repos.repos) {
        if (repo == "*" || config_.repos.contains(repo)) continue;
        const auto near = nearest(repo, known);
        warning(
            "plugins." + name + ".repos",
            "no repository \"" + repo + "\"" + (near ? ", did you mean \"" + *near + "\"?" : ""));
      }
    }
  }

  void check_chains() {
    const std::vector<std::string> known = plugin_names();
    for (const auto& [stage, chain] : config_.stages) {
      const std::string key = "stages." + std::string(to_string(stage)) + ".producers";
      std::set<std::string> seen;
      for (std::size_t i = 0; i < chain.producers.size(); ++i) {
        const std::string& name = chain.producers[i];
        const std::string item = key + "[" + std::to_string(i) + "]";
        if (!config_.plugins.contains(name)) {
          const auto near = nearest(name, known);
          error(item,
                "no plugin \"" + name + "\"" + (near ? ", did you mean \"" + *near + "\"?" : ""),
                near ? "" : "add it to plugins, or remove it from the chain");
        }
        if (!seen.insert(name).second) error(item, "\"" + name + "\" is asked twice");
      }
      check_shadows(key, stage, chain);
    }
    check_fallbacks();
    check_triage(config_.stages.at(Stage::testing).triage);
  }

  void check_triage(const std::string& name) {
    if (name.empty()) return;
    const auto plugin = config_.plugins.find(name);
    if (plugin == config_.plugins.end()) {
      const auto near = nearest(name, plugin_names());
      error("stages.testing.triage.plugin",
            "no plugin \"" + name + "\"" + (near ? ", did you mean \"" + *near + "\"?" : ""),
            "add it to plugins, or remove the triage");
    } else if (plugin->second.type != k_fallback_type) {
      error("stages.testing.triage.plugin", "\"" + name + "\" starts no language model",
            "name the plugin of type " + std::string(k_fallback_type) + ", or remove the triage");
    }
  }

  void check_shadows(const std::string& key, Stage stage, const StageChain& chain) {
    if (chain.shadows.empty()) return;
    const StageRule* rule = find_rule(stage);
    if (rule == nullptr || rule->verdict_key.empty())
      error(key, "a shadow needs a machine verdict to compare, and this stage has none",
            "remove the shadow links");
    if (stage == Stage::deploy) error(key, "a shadow here would deploy", "remove the shadow links");
    std::set<std::string> seen(chain.producers.begin(), chain.producers.end());
    for (const std::string& name : chain.shadows) {
      const auto plugin = config_.plugins.find(name);
      if (plugin == config_.plugins.end()) {
        const auto near = nearest(name, plugin_names());
        error(key, "no plugin \"" + name + "\"" + (near ? ", did you mean \"" + *near + "\"?" : ""),
              "add it to plugins, or remove it from the chain");
      } else if (plugin->second.type == k_fallback_type) {
        error(key, "\"" + name + "\" starts a language model; a shadow is a deterministic producer",
              "let it decide, and mark the other one");
      }
      if (!seen.insert(name).second)
        error(key, "\"" + name + "\" stands in this chain twice",
              "a second instance may be the shadow: plugins." + name + "/shadow");
    }
  }

  // One warning for each plugin that ends chains without being a fallback, however many it ends.
  void check_fallbacks() {
    std::map<std::string, std::vector<std::string>> ends;
    for (const auto& [stage, chain] : config_.stages) {
      const std::string name(to_string(stage));
      if (chain.producers.empty()) {
        warning("stages." + name + ".producers", "no producer: every task is held at this stage");
        continue;
      }
      ends[chain.producers.back()].push_back(name);
    }
    for (const auto& [name, stages] : ends) {
      const auto last = config_.plugins.find(name);
      if (last == config_.plugins.end()) continue;
      const bool is_fallback = last->second.type == k_fallback_type;
      if (is_fallback && last->second.enabled) continue;
      const std::string held =
          "a task whose producers all decline is held at " + join(stages, ", ");
      if (is_fallback) {
        warning("plugins." + name + ".enabled", "the fallback is switched off: " + held);
      } else {
        warning("stages." + stages.front() + ".producers",
                "\"" + name + "\" stands last and may decline: " + held,
                "end the chain with an enabled llm-spawner");
      }
    }
  }

  // A switch under a mistyped name must not look like a kill.
  void check_unused_plugins() {
    std::vector<std::string> used;
    for (const auto& [stage, chain] : config_.stages) {
      used.insert(used.end(), chain.producers.begin(), chain.producers.end());
      used.insert(used.end(), chain.shadows.begin(), chain.shadows.end());
    }
    for (const auto& [name, plugin] : config_.plugins) {
      if (std::find(used.begin(), used.end(), name) != used.end()) continue;
      const auto near = nearest(name, used);
      warning("plugins." + name,
              "no stage asks this plugin" + (near ? ", did you mean \"" + *near + "\"?" : ""));
    }
  }

  // --- roles, budgets, board, names
  // --------------------------------------------------------------------

  // Limits are ordered, or the reaper takes a job from a producer that is within its time.
  void check_budgets() {
    for (const auto& [name, plugin] : config_.plugins) {
      if (plugin.timeout) check_below_ceiling("plugins." + name + ".timeout", *plugin.timeout);
      if (plugin.silent_after)
        check_silence("plugins." + name + ".silent_after", *plugin.silent_after);
    }
    // As a default it gives way: a lower ceiling comes first.
    const std::string silence = "ownership.reaper.silent_after";
    if (given(silence)) check_silence(silence, config_.silent_after);
    for (const auto& [name, repo] : config_.repos) {
      const std::string key = "repos." + join_path({name});
      check_below_ceiling(key + ".ci.timeout", repo.ci.timeout);
      const auto suite = parse_duration_ms(value(key + ".test.timeout"));
      if (suite) check_below_ceiling(key + ".test.timeout", Millis{*suite});
    }
  }

  // 0: a worker may be silent for ever.
  void check_silence(const std::string& key, Millis limit) {
    if (limit == Millis{0}) return;
    check_below_ceiling(key, limit);
    if (limit >= config_.reaper_every) return;
    error(key,
          format_duration_ms(limit.count()) + " is below ownership.reaper.every " +
              format_duration_ms(config_.reaper_every.count()) + ": silence would be noticed later",
          "raise it, or lower ownership.reaper.every");
  }

  void check_below_ceiling(const std::string& key, Millis limit) {
    if (limit + config_.kill_grace < config_.max_running) return;
    error(key,
          format_duration_ms(limit.count()) + " and daemon.kill_grace " +
              format_duration_ms(config_.kill_grace.count()) +
              " are not below ownership.reaper.max_running " +
              format_duration_ms(config_.max_running.count()),
          "lower it, or raise ownership.reaper.max_running");
  }

  void check_isolation() {
    for (const auto& [name, plugin] : config_.plugins) {
      if (plugin.network || plugin.isolation == IsolationLevel::strict) continue;
      error("plugins." + name + ".network",
            "only isolation: strict can take the network away from its programs",
            "set plugins." + name + ".isolation: strict, or network: true");
    }
    check_open_folders("isolation.read", config_.isolation.read);
    check_open_folders("isolation.write", config_.isolation.write);
  }

  // What lies below an opened folder and is the host's own stays hidden; the folder itself may not
  // be the host's.
  void check_open_folders(const std::string& key,
                          const std::vector<std::filesystem::path>& folders) {
    for (std::size_t i = 0; i < folders.size(); ++i) {
      const std::string item = key + "[" + std::to_string(i) + "]";
      const auto inside = folders[i].lexically_relative(config_.state_dir);
      if (!inside.empty() && *inside.begin() != "..") {
        error(item, folders[i].string() + " lies in daemon.state_dir, which no job may see");
      }
      std::error_code failed;
      if (std::filesystem::exists(folders[i], failed)) continue;
      warning(item, "no such folder: " + folders[i].string());
    }
  }

  void check_names() {
    const Status prefix = check_work_item_id(config_.work_item_prefix);
    if (!prefix.ok()) error("tracker.local.prefix", prefix.error().message);
    check_approvers("gates.analysis_approval.approvers", config_.analysis_approval);
    check_approvers("gates.deploy_confirmation.approvers", config_.deploy_confirmation);
  }

  void check_approvers(const std::string& key, const HumanGateSettings& gate) {
    for (std::size_t i = 0; i < gate.approvers.size(); ++i) {
      if (!trim(gate.approvers[i]).empty()) continue;
      error(key + "[" + std::to_string(i) + "]", "found an empty text, wanted a user");
    }
  }

  const Decoded& decoded_;
  const Config& config_;
  Findings& findings_;
};

}  // namespace

void cross_check(const Decoded& decoded, Findings& findings) {
  CrossCheck check(decoded, findings);
  check.run();
  check_roles(decoded, findings);
  check_gates(decoded, findings);
  check_listeners(decoded, findings);
  check.check_empty_scopes();
}

}  // namespace orc::config
