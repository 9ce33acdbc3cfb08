// SPDX-License-Identifier: Apache-2.0
// `orchestrator doctor`: what would hold a task, looked for before one is there. Needs no running
// host and leaves nothing behind. Blocks; minutes where a network is slow.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/cli.h"

namespace orc::app {

struct Finding {
  enum class State : std::uint8_t { ok, warning, fault };
  State state = State::ok;
  std::string check;    // "repository", "test contract": the table's row that found it
  std::string subject;  // "shop"
  std::string text;     // what was found
  std::string fix;      // the command or the key that mends it; empty where nothing is wrong
};

// Every check of the table in its order; a check whose ground is missing (a refused configuration)
// is left out.
std::vector<Finding> examine(const std::filesystem::path& config_file);
bool has_faults(const std::vector<Finding>& findings);
// One line a finding, or {"schema": "orchestrator.doctor/1", "findings": […]}, on the standard
// output.
void print(const std::vector<Finding>& findings, cli::OutputFormat format);

}  // namespace orc::app
