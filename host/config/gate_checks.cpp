// SPDX-License-Identifier: Apache-2.0
// Rules between the keys of the gates from staging to production.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/decode.h"

namespace orc::config {

namespace {

struct GateScope {
  const char* key;
  Switch Config::*guard;
  bool (*has_something)(const Repo& repo);
};
constexpr std::array k_scopes{
    GateScope{"gates.merge.repos", &Config::merge_gate, [](const Repo&) { return true; }},
    GateScope{"gates.security.repos", &Config::security_gate,
              [](const Repo& repo) { return !repo.gates.security.scanners.empty(); }},
    GateScope{"gates.coverage.repos", &Config::coverage_gate,
              [](const Repo& repo) { return !repo.gates.coverage.report.empty(); }},
    GateScope{"gates.image.repos", &Config::image_gate,
              [](const Repo& repo) { return !repo.gates.image.revision.empty(); }},
    GateScope{"gates.post_deploy_monitor.repos", &Config::monitor,
              [](const Repo& repo) { return repo.gates.monitor.is_given(); }},
};

constexpr int k_most_samples = 5000;
constexpr int k_commands_of_a_look = 3;  // url, command, error rate

class GateCheck {
 public:
  GateCheck(const Decoded& decoded, Findings& findings)
      : decoded_(decoded), config_(decoded.config), findings_(findings) {}

  void run() const {
    for (const auto& [name, repo] : config_.repos) check_repository(name, repo);
    for (const GateScope& scope : k_scopes) check_scope(scope);
  }

 private:
  void error(const std::string& key, std::string problem, std::string fix = "") const {
    findings_.error(decoded_.nearest_origin(key), key, std::move(problem), std::move(fix));
  }

  void check_repository(const std::string& name, const Repo& repo) const {
    const std::string key = "repos." + join_path({name});
    const gates::Settings& gates = repo.gates;
    check_forge(key + ".forge", gates.forge);
    if (decoded_.origins.contains(key + ".coverage")) {
      const std::string report = key + ".coverage.report";
      if (gates.coverage.report.empty()) error(report, "must be given", "name the report");
      check_inside(report, gates.coverage.report);
      check_limit(key + ".coverage.timeout", gates.coverage.timeout);
    }
    for (const gates::Scanner& scanner : gates.security.scanners) {
      const std::string scanner_key = key + ".security.scanners." + scanner.name;
      check_inside(scanner_key + ".sarif", scanner.sarif);
      check_limit(scanner_key + ".timeout", scanner.timeout);
    }
    if (decoded_.origins.contains(key + ".image"))
      check_limit(key + ".image.timeout", gates.image.timeout);
    if (decoded_.origins.contains(key + ".monitor")) check_monitor(key + ".monitor", gates.monitor);
  }

  void check_monitor(const std::string& key, const gates::MonitorSettings& monitor) const {
    const Thresholds& limits = monitor.thresholds;
    if (!monitor.is_given())
      error(key, "has neither url nor command", "say what tells the service's health");
    const bool is_http = monitor.url.starts_with("http://") || monitor.url.starts_with("https://");
    if (!monitor.url.empty() && !is_http) error(key + ".url", "wanted http://… or https://…");
    if (monitor.interval * limits.failures > monitor.window) {
      error(key + ".window",
            "too short for " + std::to_string(limits.failures) +
                " samples: no service could ever be found degraded",
            "raise it, or lower interval or failures");
    }
    if (monitor.window / monitor.interval > k_most_samples) {
      error(key + ".interval", "makes more than " + std::to_string(k_most_samples) + " samples",
            "raise it, or lower window");
    }
    const bool tells_errors = !monitor.error_rate_command.empty();
    if ((limits.max_error_rate || limits.error_rate_increase) && !tells_errors) {
      error(key, "has a limit for the error rate, and nothing that tells it",
            "add error_rate_command");
    }
    if ((limits.latency_increase || limits.error_rate_increase) && monitor.baseline == 0)
      error(key + ".baseline", "there is nothing to compare with", "raise it");
    if (decoded_.origins.contains(key + ".rollback") && monitor.rollback.empty())
      error(key + ".rollback", "has no command", "add it, or remove rollback");
    check_limit(key + ".timeout", monitor.timeout * k_commands_of_a_look);
    check_limit(key + ".rollback.timeout", monitor.rollback_timeout);
  }

  // A token in clear text would be everybody's on the way.
  void check_forge(const std::string& key, const gates::ForgeSettings& forge) const {
    if (forge.kind == "git") return;
    const bool is_safe = forge.api.starts_with("https://") ||
                         forge.api.starts_with("http://127.0.0.1") ||
                         forge.api.starts_with("http://localhost");
    if (!is_safe) error(key + ".api", "wanted https://…, or http:// on loopback");
    const bool is_pair = std::count(forge.repository.begin(), forge.repository.end(), '/') == 1;
    if (!is_pair) error(key + ".repository", "wanted OWNER/NAME");
    if (forge.token.empty() || forge.token == "{}")
      error(key + ".token", "must be given", "name a secret: { credential: NAME }");
  }

  void check_inside(const std::string& key, const std::filesystem::path& path) const {
    const bool inside =
        path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
    if (!inside && !path.empty()) error(key, "wanted a path inside the checkout");
  }

  void check_limit(const std::string& key, Millis limit) const {
    if (limit + config_.kill_grace < config_.max_running) return;
    error(key,
          format_duration_ms(limit.count()) + " and daemon.kill_grace " +
              format_duration_ms(config_.kill_grace.count()) +
              " are not below ownership.reaper.max_running " +
              format_duration_ms(config_.max_running.count()),
          "lower it, or raise ownership.reaper.max_running");
  }

  // A repository that is named has to be there, and to say what the gate is to look at.
  void check_scope(const GateScope& scope) const {
    std::vector<std::string> known;
    for (const auto& [name, repo] : config_.repos) known.push_back(name);
    for (const std::string& name : (config_.*scope.guard).repos.repos) {
      if (name == "*") continue;
      const auto repo = config_.repos.find(name);
      const auto near = nearest(name, known);
      if (repo == config_.repos.end()) {
        findings_.warning(decoded_.nearest_origin(scope.key), scope.key,
                          "no repository \"" + name + "\"" +
                              (near ? ", did you mean \"" + *near + "\"?" : ""));
      } else if (!scope.has_something(repo->second)) {
        findings_.warning(decoded_.nearest_origin(scope.key), scope.key,
                          "\"" + name + "\" has nothing for this gate to look at",
                          "say under repos." + join_path({name}) + " what it looks at");
      }
    }
  }

  const Decoded& decoded_;
  const Config& config_;
  Findings& findings_;
};

}  // namespace

void check_gates(const Decoded& decoded, Findings& findings) {
  GateCheck(decoded, findings).run();
}

}  // namespace orc::config
