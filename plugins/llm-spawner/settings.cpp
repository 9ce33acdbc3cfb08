// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "placeholders.h"

namespace llm_spawner {
namespace {

using Json = nlohmann::json;
using Problem = std::optional<std::string>;

struct SignalName {
  std::string_view name;
  int number;
};
constexpr std::array k_soft_signals{SignalName{"SIGTERM", SIGTERM}, SignalName{"SIGINT", SIGINT},
                                    SignalName{"SIGHUP", SIGHUP}};

bool is_environment_name(std::string_view name) {
  constexpr std::string_view k_allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && name.find_first_not_of(k_allowed) == std::string_view::npos &&
         (name.front() < '0' || name.front() > '9');
}

// HOME is the run's own folder, ORCH_RUN_ID is how survivors are found, LD_* would load code into
// the agent.
bool is_reserved(std::string_view name) {
  return name == "HOME" || name == "ORCH_RUN_ID" || name.substr(0, 3) == "LD_";
}

// A relative path, or one made of a placeholder, would run what lies in the worktree.
bool is_program(std::string_view name) {
  return name.find("{{") == std::string_view::npos &&
         (name.front() == '/' || name.find('/') == std::string_view::npos);
}

Problem read_preset(const Json& json, Settings& settings) {
  const bool has_argv = json.contains("argv");
  const std::string name = json.value("preset", "custom");
  settings.preset = find_preset(name);
  if (settings.preset == nullptr) return "preset: unknown preset \"" + name + "\"";
  settings.soft_signal = settings.preset->soft_signal;
  settings.argv.assign(settings.preset->argv.begin(), settings.preset->argv.end());
  if (has_argv) settings.argv = json.at("argv").get<std::vector<std::string>>();
  if (has_argv && (settings.argv.empty() || settings.argv.front().empty())) {
    return "argv: names no program";
  }
  if (has_argv && !is_program(settings.argv.front())) {
    return "argv: the program is a name to be found in PATH, or an absolute path";
  }
  if (json.contains("preset") && settings.argv.empty()) {
    return "argv: required with preset \"" + name + "\"";
  }
  return check_arguments(settings.argv);
}

Problem read_environment(const Json& json, Settings& settings) {
  if (!json.contains("env")) return std::nullopt;
  for (const auto& [name, value] : json.at("env").items()) {
    if (!is_environment_name(name)) return "env: \"" + name + "\" is not a name";
    if (is_reserved(name)) return "env: " + name + " is set by the host";
    settings.env.emplace_back(name, value.get<std::string>());
  }
  return std::nullopt;
}

Problem read_signal(const Json& json, Settings& settings) {
  if (!json.contains("soft_signal")) return std::nullopt;
  const std::string name = json.at("soft_signal").get<std::string>();
  for (const SignalName& known : k_soft_signals) {
    if (known.name != name) continue;
    settings.soft_signal = known.number;
    return std::nullopt;
  }
  return "soft_signal: \"" + name + "\" is none of SIGTERM, SIGINT, SIGHUP";
}

Problem read_stdin(const Json& json, Settings& settings) {
  const std::string use = json.value("stdin", "none");
  if (use != "none" && use != "prompt") return "stdin: \"" + use + "\" is neither none nor prompt";
  settings.stdin_use = use == "prompt" ? StdinUse::prompt : StdinUse::none;
  const bool told = settings.stdin_use == StdinUse::prompt || uses(settings.argv, "prompt") ||
                    uses(settings.argv, "prompt_file");
  if (told || settings.argv.empty()) return std::nullopt;
  return "argv: the agent would never see its prompt: use {{prompt}}, {{prompt_file}} or stdin: "
         "prompt";
}

Problem read_all(const Json& json, Settings& settings) {
  if (!json.is_object()) return "the settings are no object";
  for (const auto read : {read_preset, read_environment, read_signal, read_stdin}) {
    if (Problem problem = read(json, settings)) return problem;
  }
  return std::nullopt;
}

}  // namespace

std::variant<Settings, std::string> parse_settings(std::string_view json) {
  try {
    Settings settings;
    if (Problem problem = read_all(Json::parse(json), settings)) return *std::move(problem);
    return settings;
  } catch (const Json::exception&) {
    // The library's message may quote the offending text, and that may be a secret.
    return std::string("the settings do not fit settings.schema.json");
  }
}

}  // namespace llm_spawner
