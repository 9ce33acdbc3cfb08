// SPDX-License-Identifier: Apache-2.0
// One configured plugin, judged: its library taken, described, its settings completed, checked and
// tried.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/generation.h"
#include "config/plugin_library.h"

namespace orc::config {

struct Fault {
  std::string key;  // "plugins.test-runner.settings.smoke"
  std::string problem;
  std::string fix;
};

struct Assessment {
  LoadedPlugin loaded;   // with `refused` set where there is a fault
  std::string settings;  // with the schema's defaults; secret references kept
  std::vector<Fault> faults;
};

// Starts up to two worker processes, one after the other; none where the answers are remembered.
// Any thread; seconds at worst.
Assessment assess_plugin(const Plugin& plugin, const Result<Library>& library,
                         const std::filesystem::path& worker);

}  // namespace orc::config
