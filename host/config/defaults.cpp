// SPDX-License-Identifier: Apache-2.0
#include "config/defaults.h"

#include <algorithm>
#include <array>

#include "config/shipped.h"

namespace orc::config {

namespace {

constexpr std::string_view k_llm_spawner = "llm-spawner";

struct RoleDefault {
  Role role;
  std::string_view effort;
};
constexpr std::array k_role_efforts{
    RoleDefault{Role::analyst, "high"},    RoleDefault{Role::architect, "high"},
    RoleDefault{Role::developer, "xhigh"}, RoleDefault{Role::reviewer, "high"},
    RoleDefault{Role::tester, "medium"},   RoleDefault{Role::deployer, "medium"}};

// These two run commands of the operator's own, with his keys, on his machines.
constexpr std::array<std::string_view, 2> k_trusted_runners{"staging-runner", "deploy-finalizer"};

struct ChainDefault {
  Stage stage;
  std::string_view first;  // asked before the LLM spawner
};
constexpr std::array k_chains{ChainDefault{Stage::testing, "test-runner"},
                              ChainDefault{Stage::deploy_staging, "staging-runner"},
                              ChainDefault{Stage::deploy, "deploy-finalizer"}};

}  // namespace

Value default_effort(const Config&, const std::string& name) {
  for (const RoleDefault& row : k_role_efforts) {
    if (to_string(row.role) == name) return std::string(row.effort);
  }
  return std::string("medium");
}

Value default_prompt(const Config&, const std::string& name) {
  return (shipped_prompts() / (name + ".md")).string();
}

Value default_plugin_dirs(const Config&, const std::string&) {
  std::vector<std::string> folders;
  for (const auto& folder : shipped_plugin_dirs()) folders.push_back(folder.string());
  return folders;
}

Value default_isolation(const Config& config, const std::string& name) {
  const std::string& type = config.plugins.at(name).type;
  const bool trusted = std::find(k_trusted_runners.begin(), k_trusted_runners.end(), type) !=
                       k_trusted_runners.end();
  return std::string(to_string(trusted ? IsolationLevel::off : config.isolation.level));
}

// An agent has to reach its model.
Value default_network(const Config& config, const std::string& name) {
  const Plugin& plugin = config.plugins.at(name);
  return plugin.isolation != IsolationLevel::strict || plugin.type == k_llm_spawner;
}

Value default_database(const Config& config, const std::string&) {
  return (config.state_dir / "orchestrator.db").string();
}

Value default_producers(const Config& config, const std::string& name) {
  std::vector<std::string> producers;
  for (const ChainDefault& row : k_chains) {
    if (to_string(row.stage) == name && config.plugins.contains(std::string(row.first))) {
      producers.emplace_back(row.first);
    }
  }
  if (config.plugins.contains(std::string(k_llm_spawner))) producers.emplace_back(k_llm_spawner);
  return producers;
}

}  // namespace orc::config
