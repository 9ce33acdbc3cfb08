// SPDX-License-Identifier: Apache-2.0
#include "config/variables.h"

#include <algorithm>
#include <array>

#include "base/failpoint.h"
#include "config/config.h"
#include "config/inspect.h"
#include "config/layers.h"

namespace orc::config {

namespace {

constexpr std::array k_other_variables = std::to_array<std::string_view>({
  "ORCH_CONFIG", "ORCH_RUN_ID", "ORCH_SOCKET", "ORCH_ACCEPT",
#if ORCH_FAILPOINTS
      "ORCH_FAILPOINT", "ORCH_FAILPOINT_ONCE",
#endif
});

void add_variables(std::vector<Variable>& variables, const Option& option,
                   const std::string& plugin) {
  for (const std::string_view pattern : {option.env, option.env_alias}) {
    if (pattern.empty()) continue;
    std::vector<std::string> path = split_path(option.key);
    for (std::string& segment : path) {
      if (segment == "*") segment = plugin;
    }
    variables.push_back(Variable{env_name(pattern, plugin), &option, std::move(path)});
  }
}

}  // namespace

bool is_other_variable(std::string_view name) {
  return std::find(k_other_variables.begin(), k_other_variables.end(), name) !=
         k_other_variables.end();
}

std::vector<Variable> known_variables(const Node& root) {
  std::vector<Variable> variables;
  const Node* plugins = root.find("plugins");
  for (const Option& option : options()) {
    const std::vector<std::string> path = split_path(option.key);
    if (path[0] != "plugins") {
      add_variables(variables, option, "");
    } else if (path[1] != "*") {
      const bool configured = plugins != nullptr && plugins->find(path[1]) != nullptr;
      if (configured) add_variables(variables, option, path[1]);
    } else if (plugins != nullptr) {
      for (const Node::Entry& plugin : plugins->entries)
        add_variables(variables, option, plugin.key);
    }
  }
  return variables;
}

std::vector<VariableRow> describe_variables(const Sources& sources) {
  Findings ignored;
  const auto root = read_files(sources, ignored);
  const Loaded loaded = load(sources);
  std::vector<VariableRow> rows;
  for (const Variable& variable : known_variables(root.value_or(Node{.kind = Node::Kind::map}))) {
    const std::string key = join_path(variable.path);
    const auto value = loaded.values.find(key);
    const bool is_set = sources.environment.contains(variable.name) ||
                        sources.environment.contains(variable.name + std::string(k_file_suffix));
    rows.push_back(
        {.name = variable.name,
         .key = key,
         .type = std::string(to_string(variable.option->type)),
         .fallback = std::string(variable.option->fallback.value_or(variable.option->otherwise)),
         .value = value != loaded.values.end() ? value->second : "",
         .is_set = is_set,
         .needs_restart = variable.option->takes == Takes::restart});
  }
  return rows;
}

}  // namespace orc::config
