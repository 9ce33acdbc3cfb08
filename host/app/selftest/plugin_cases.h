// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace orc::app {

// One job that a plugin is given, and what must come of it.
struct PluginCase {
  std::string_view type;
  std::string_view name;
  std::string_view stage;
  std::string_view settings;  // JSON
  std::string_view contract;  // the repository's block, JSON
  // A file that lies there before: "work/…" in the worktree, "state/…" in the plugin's own folder;
  // {commit} stands for the commit.
  std::string_view file;
  std::string_view text;
  bool has_repository = false;
  std::string_view expected;  // the gate's word for a verdict, else the outcome's
};

std::span<const PluginCase> plugin_cases();
// What deploy-finalizer finds as its intent, for the commit of the case.
std::string_view deploy_intent();

}  // namespace orc::app
