// SPDX-License-Identifier: Apache-2.0
#include "presets.h"

#include <array>
#include <csignal>

namespace llm_spawner {
namespace {

// "user" keeps out the worktree's own .claude/settings.json: a hook committed there would run on
// the host. acceptEdits writes inside the working folder only; naming Write or Edit as allowed
// tools would lift that.
constexpr std::array<std::string_view, 18> k_claude_argv{"claude",
                                                         "-p",
                                                         "{{prompt}}",
                                                         "--output-format",
                                                         "stream-json",
                                                         "--verbose",
                                                         "--model",
                                                         "{{role.model}}",
                                                         "--effort",
                                                         "{{role.effort}}",
                                                         "--permission-mode",
                                                         "acceptEdits",
                                                         "--allowedTools",
                                                         "Bash",
                                                         "--setting-sources",
                                                         "user",
                                                         "--strict-mcp-config",
                                                         "--no-session-persistence"};
constexpr std::array k_claude_env{EnvRow{"CLAUDE_CONFIG_DIR", "{{home}}"},
                                  EnvRow{"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
                                  EnvRow{"DISABLE_AUTOUPDATER", "1"},
                                  EnvRow{"CLAUDE_CODE_MAX_RETRIES", "2"}};
constexpr std::array<std::string_view, 5> k_claude_efforts{"low", "medium", "high", "xhigh", "max"};

constexpr std::array<std::string_view, 17> k_codex_argv{
    "codex",
    "exec",
    "--json",
    "--ignore-user-config",
    "--skip-git-repo-check",
    "--ephemeral",
    "-C",
    "{{worktree}}",
    "-m",
    "{{role.model}}",
    "-c",
    "model_reasoning_effort=\"{{role.effort}}\"",
    "-c",
    "check_for_update_on_startup=false",
    "-s",
    "workspace-write",
    "{{prompt}}"};
constexpr std::array k_codex_env{EnvRow{"CODEX_HOME", "{{home}}"}};
constexpr std::array<std::string_view, 5> k_codex_efforts{"minimal", "low", "medium", "high",
                                                          "xhigh"};

// codex ends its tool shells on SIGINT only; the others do on SIGTERM.
const std::array k_presets{
    Preset{"claude", Dialect::claude, k_claude_argv, k_claude_env, k_claude_efforts, SIGTERM, true},
    Preset{"codex", Dialect::codex, k_codex_argv, k_codex_env, k_codex_efforts, SIGINT, false},
    Preset{"custom", Dialect::plain, {}, {}, {}, SIGTERM, true},
};

}  // namespace

const Preset* find_preset(std::string_view name) {
  for (const Preset& preset : k_presets) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

}  // namespace llm_spawner
