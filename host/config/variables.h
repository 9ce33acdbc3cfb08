// SPDX-License-Identifier: Apache-2.0
// The ORCH_* variables that mean something to one configuration. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "config/yaml_node.h"

namespace orc::config {

struct Variable {
  std::string name;  // "ORCH_TEST_RUNNER_ENABLED"
  const Option* option;
  std::vector<std::string> path;  // of the key it sets
};

// ORCH_X__FILE=/path reads the value of ORCH_X from a file.
inline constexpr std::string_view k_file_suffix = "__FILE";

// A plugin's exist once the files name it.
std::vector<Variable> known_variables(const Node& root);
// Read by the command line, by workers or by tests; no option of the file has it.
bool is_other_variable(std::string_view name);

}  // namespace orc::config
