// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "placeholders.h"
#include "text.h"

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

// The own command line as it stands, or the preset's with what the settings add to it.
Problem read_command(const Json& json, Settings& settings) {
  const auto extra = json.value("extra_args", std::vector<std::string>{});
  if (json.contains("argv")) {
    if (!extra.empty()) return "extra_args: write them into argv, which replaces the preset's";
    settings.argv = json.at("argv").get<std::vector<std::string>>();
    if (settings.argv.empty() || settings.argv.front().empty()) return "argv: names no program";
    if (!is_program(settings.argv.front()))
      return "argv: the program is a name to be found in PATH, or an absolute path";
    return check_placeholders("argv", settings.argv);
  }
  std::vector<std::string> added = extra;
  for (const Limit& limit : limits()) {
    if (!json.contains(limit.setting)) continue;
    const auto& known = settings.preset->limits;
    if (std::find(known.begin(), known.end(), limit.setting) == known.end()) {
      return std::string(limit.setting) + ": preset \"" + std::string(settings.preset->name) +
             "\" has no such limit";
    }
    added.emplace_back(limit.option);
    added.push_back(json.at(limit.setting).dump());
  }
  if (auto problem = check_placeholders("extra_args", added)) return problem;
  for (const std::string_view argument : settings.preset->argv) {
    if (argument == k_extra_arguments) {
      settings.argv.insert(settings.argv.end(), added.begin(), added.end());
    } else {
      settings.argv.emplace_back(argument);
    }
  }
  return std::nullopt;
}

Problem read_preset(const Json& json, Settings& settings) {
  const std::string name = json.value("preset", "custom");
  settings.preset = find_preset(name);
  if (settings.preset == nullptr) return "preset: unknown preset \"" + name + "\"";
  settings.soft_signal = settings.preset->soft_signal;
  settings.dialect = settings.preset->dialect;
  settings.provider = json.value("provider", "");
  settings.repair = json.value("repair", true);
  if (auto problem = read_command(json, settings)) return problem;
  if (json.contains("preset") && settings.argv.empty()) {
    return "argv: required with preset \"" + name + "\"";
  }
  if (uses(settings.argv, "provider") && settings.provider.empty()) {
    return "provider: required with preset \"" + name + "\": which of its providers is asked";
  }
  return std::nullopt;
}

// How the output of an own program is read.
Problem read_output(const Json& json, Settings& settings) {
  if (json.contains("parser")) {
    const std::string name = json.at("parser").get<std::string>();
    const Preset* speaker = name == "none" ? find_preset("custom") : find_preset(name);
    if (speaker == nullptr) return "parser: unknown program \"" + name + "\"";
    settings.dialect = speaker->dialect;
  }
  if (!json.contains("usage")) return std::nullopt;
  if (settings.dialect != Dialect::plain)
    return "usage: belongs to a program that no parser knows (parser: none)";
  const auto& names = usage_names();
  for (const auto& [name, pointer] : json.at("usage").items()) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      return "usage: unknown field \"" + name + "\"" + suggestion(name, names);
    const auto text = pointer.get<std::string>();
    try {
      (void)Json::json_pointer(text);
    } catch (const Json::exception&) {
      return "usage: \"" + text + "\" is no JSON pointer, such as /usage/input_tokens";
    }
    settings.usage[name] = text;
  }
  return std::nullopt;
}

// Below the home and nowhere else.
bool is_home_path(const std::string& path) {
  const std::filesystem::path parts(path);
  return !path.empty() && parts.is_relative() && parts.has_filename() &&
         std::find(parts.begin(), parts.end(), "..") == parts.end();
}

Problem read_home(const Json& json, Settings& settings) {
  std::map<std::string, std::string> files;
  for (const HomeFile& file : settings.preset->home_files)
    files[std::string(file.path)] = file.text;
  if (json.contains("home_files")) {
    for (const auto& [path, text] : json.at("home_files").items()) {
      if (!is_home_path(path)) return "home_files: \"" + path + "\" is no path below the home";
      files[path] = text.get<std::string>();
      if (auto problem = check_placeholders("home_files." + path, {files[path]})) return problem;
    }
  }
  settings.home_files.assign(files.begin(), files.end());
  return std::nullopt;
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
  for (const auto read :
       {read_preset, read_output, read_home, read_environment, read_signal, read_stdin}) {
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
