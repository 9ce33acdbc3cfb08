// SPDX-License-Identifier: Apache-2.0
// Measured with claude 2.1.329, codex 0.169.0, opencode 1.18.33, pi 0.73.1, gemini-cli 0.61.0 and
// qwen-code 0.24.4.
#include "presets.h"

#include <array>
#include <csignal>

namespace llm_spawner {
namespace {

using Words = std::string_view;

// "user" keeps out the worktree's own .claude/settings.json: a hook committed there would run on
// the host. acceptEdits writes inside the working folder only; naming Write or Edit as allowed
// tools would lift that.
// clang-format off
constexpr std::array<Words, 19> k_claude_argv{
    "claude", "-p", "{{prompt}}", "--output-format", "stream-json", "--verbose",
    "--model", "{{role.model}}", "--effort", "{{role.effort}}", "--permission-mode", "acceptEdits",
    "--allowedTools", "Bash", "--setting-sources", "user", "--strict-mcp-config", "--no-session-persistence",
    k_extra_arguments};
constexpr std::array k_claude_env{
    EnvRow{"CLAUDE_CONFIG_DIR", "{{home}}"}, EnvRow{"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
    EnvRow{"DISABLE_AUTOUPDATER", "1"}, EnvRow{"CLAUDE_CODE_MAX_RETRIES", "2"}};
// An unknown one only makes it warn and run on its default.
constexpr std::array<Words, 5> k_claude_efforts{"low", "medium", "high", "xhigh", "max"};
constexpr std::array<Words, 2> k_claude_limits{"max_turns", "max_budget_usd"};

// Its own sandbox is one of mounts, which the host's file rules forbid: every command would fail.
constexpr std::array<Words, 20> k_codex_argv{
    "codex", "exec", "--json", "--ignore-user-config", "--skip-git-repo-check", "--ephemeral",
    "-C", "{{worktree}}", "-m", "{{role.model}}", "-c", "model_reasoning_effort=\"{{role.effort}}\"",
    "-c", "check_for_update_on_startup=false", "-c", "analytics.enabled=false",
    "-c", "sandbox_mode=\"danger-full-access\"",
    k_extra_arguments, "{{prompt}}"};
// With its home below TMPDIR it leaves out the helper program that its sandbox needs.
constexpr std::array k_codex_env{EnvRow{"CODEX_HOME", "{{home}}"}, EnvRow{"TMPDIR", "{{home}}/tmp"}};
constexpr std::array k_codex_home{HomeFile{"tmp/.keep", ""}};
constexpr std::array<Words, 5> k_codex_efforts{"minimal", "low", "medium", "high", "xhigh"};

// --pure and NO_PROJECT_CONFIG keep out what the worktree configures. The model is PROVIDER/MODEL.
constexpr std::array<Words, 12> k_opencode_argv{
    "opencode", "run", "--format", "json", "--pure", "--auto", "--title", "{{work_item}}", "-m", "{{role.model}}",
    k_extra_arguments, "{{prompt}}"};
constexpr std::array k_opencode_env{
    EnvRow{"OPENCODE_CONFIG_CONTENT", R"({"autoupdate":false,"share":"disabled","permission":{"*":"allow"}})"},
    EnvRow{"XDG_DATA_HOME", "{{home}}/data"}, EnvRow{"XDG_CONFIG_HOME", "{{home}}/config"},
    EnvRow{"XDG_STATE_HOME", "{{home}}/state"}, EnvRow{"XDG_CACHE_HOME", "{{home}}/cache"},
    EnvRow{"OPENCODE_DISABLE_AUTOUPDATE", "1"}, EnvRow{"OPENCODE_DISABLE_MODELS_FETCH", "1"},
    EnvRow{"OPENCODE_DISABLE_LSP_DOWNLOAD", "1"}, EnvRow{"OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"},
    EnvRow{"OPENCODE_DISABLE_PROJECT_CONFIG", "1"}};

constexpr std::array<Words, 15> k_pi_argv{
    "pi", "-p", "--mode", "json", "--no-session", "--provider", "{{provider}}", "--model", "{{role.model}}",
    "--thinking", "{{role.effort}}", "--no-extensions", "--no-skills", k_extra_arguments, "{{prompt}}"};
constexpr std::array k_pi_env{EnvRow{"PI_CODING_AGENT_DIR", "{{home}}"}, EnvRow{"PI_OFFLINE", "1"}, EnvRow{"PI_TELEMETRY", "0"}};
constexpr std::array<Words, 6> k_pi_efforts{"off", "minimal", "low", "medium", "high", "xhigh"};

// Without NO_RELAUNCH a parent process of its own swallows signals.
constexpr std::array<Words, 11> k_gemini_argv{
    "gemini", "-p", "{{prompt}}", "-o", "stream-json", "--approval-mode", "yolo", "--skip-trust", "-m", "{{role.model}}", k_extra_arguments};
constexpr std::array k_gemini_env{
    EnvRow{"GEMINI_CLI_HOME", "{{home}}"}, EnvRow{"GEMINI_CLI_NO_RELAUNCH", "true"}, EnvRow{"GEMINI_TELEMETRY_ENABLED", "false"}};
// Without a chosen way to authenticate it ends with exit 41.
constexpr std::array k_gemini_home{HomeFile{
    ".gemini/settings.json",
    R"({"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},)"
    R"("telemetry":{"enabled":false},"general":{"enableAutoUpdate":false,"enableAutoUpdateNotification":false}})"}};

constexpr std::array<Words, 9> k_qwen_argv{
    "qwen", "{{prompt}}", "-o", "stream-json", "--approval-mode", "yolo", "--auth-type", "openai", k_extra_arguments};
constexpr std::array k_qwen_env{EnvRow{"OPENAI_MODEL", "{{role.model}}"}, EnvRow{"QWEN_CODE_SUPPRESS_YOLO_WARNING", "1"}};
constexpr std::array k_qwen_home{HomeFile{
    ".qwen/settings.json",
    R"({"privacy":{"usageStatisticsEnabled":false},"telemetry":{"enabled":false},"general":{"disableAutoUpdate":true,"enableAutoUpdate":false}})"}};

// codex ends its tool shells on SIGINT only; the others do on SIGTERM, if at all.
const std::array k_presets{
    Preset{"claude", Dialect::claude, k_claude_argv, k_claude_env, {}, k_claude_efforts, k_claude_limits, SIGTERM, true},
    Preset{"codex", Dialect::codex, k_codex_argv, k_codex_env, k_codex_home, k_codex_efforts, {}, SIGINT, false},
    Preset{"opencode", Dialect::opencode, k_opencode_argv, k_opencode_env, {}, {}, {}, SIGTERM, false},
    Preset{"pi", Dialect::pi, k_pi_argv, k_pi_env, {}, k_pi_efforts, {}, SIGTERM, false},
    Preset{"gemini", Dialect::gemini, k_gemini_argv, k_gemini_env, k_gemini_home, {}, {}, SIGTERM, false},
    Preset{"qwen", Dialect::qwen, k_qwen_argv, k_qwen_env, k_qwen_home, {}, {}, SIGTERM, false},
    Preset{"custom", Dialect::plain, {}, {}, {}, {}, {}, SIGTERM, true},
};
// clang-format on

constexpr std::array k_limits{Limit{"max_turns", "--max-turns"},
                              Limit{"max_budget_usd", "--max-budget-usd"}};

}  // namespace

std::span<const Limit> limits() {
  return k_limits;
}

const Preset* find_preset(std::string_view name) {
  for (const Preset& preset : k_presets) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

}  // namespace llm_spawner
