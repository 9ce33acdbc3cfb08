// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace deploy_finalizer {
namespace {

namespace sdk = orchestrator::plugin;
using Json = nlohmann::json;
using Problem = std::optional<std::string>;

constexpr std::array<std::string_view, 3> k_names{"commit", "branch", "work_item"};

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array k_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                             Unit{"h", 3'600'000}};

// {word} with a word of small letters; empty: the brace at the start is plain text.
std::string_view placeholder_at(std::string_view text) {
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  if (end == std::string_view::npos || end == 1 || text[end] != '}') return {};
  return text.substr(1, end - 1);
}

bool is_known(std::string_view name) {
  return std::find(k_names.begin(), k_names.end(), name) != k_names.end();
}

Problem check_placeholders(const Command& command, const std::string& key) {
  for (const std::string& argument : command) {
    for (std::size_t at = argument.find('{'); at != std::string::npos;
         at = argument.find('{', at + 1)) {
      const std::string_view name = placeholder_at(std::string_view(argument).substr(at));
      if (name.empty() || is_known(name)) continue;
      return key + ": unknown placeholder {" + std::string(name) +
             "}; known are {commit}, {branch}, {work_item}";
    }
  }
  return std::nullopt;
}

Problem read_command(const Json& json, const char* key, Command& command) {
  if (!json.contains(key)) return std::nullopt;
  command = json.at(key).get<Command>();
  if (command.empty() || command.front().empty()) return std::string(key) + ": names no program";
  if (command.front().find('{') != std::string::npos) {
    return std::string(key) + ": the program cannot hold a placeholder";
  }
  return check_placeholders(command, key);
}

Problem read_duration(const Json& json, const char* key, Milliseconds& value) {
  if (!json.contains(key)) return std::nullopt;
  const std::string text = json.at(key).get<std::string>();
  const auto parsed = parse_duration(text);
  if (!parsed || parsed->count() == 0) {
    return std::string(key) + ": \"" + text + "\" is no time: write 300s, 5m or 1h";
  }
  value = *parsed;
  return std::nullopt;
}

Problem read_place(const Json& json, Settings& settings) {
  settings.cwd = json.value("cwd", settings.cwd);
  if (settings.cwd.empty() || settings.cwd.front() != '/') return "cwd: not an absolute path";
  if (!json.contains("env")) return std::nullopt;
  for (const auto& [name, value] : json.at("env").items()) {
    const bool reserved = name.empty() || name == "ORCH_RUN_ID" || name.substr(0, 3) == "LD_";
    if (reserved || name.find('=') != std::string::npos)
      return "env: \"" + name + "\" cannot be set";
    settings.env.emplace_back(name, value.get<std::string>());
  }
  return std::nullopt;
}

Problem read_all(const Json& json, Settings& settings) {
  if (!json.is_object()) return "the settings are no object";
  if (Problem p = read_command(json, "command", settings.command)) return p;
  if (Problem p = read_duration(json, "timeout", settings.timeout)) return p;
  if (Problem p = read_duration(json, "kill_grace", settings.grace)) return p;
  if (Problem p = read_duration(json, "poll", settings.poll)) return p;
  return read_place(json, settings);
}

bool is_word(std::string_view value) {
  constexpr std::string_view k_allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";
  return !value.empty() && value.front() != '-' &&
         value.find_first_not_of(k_allowed) == std::string_view::npos;
}

std::string_view value_of(std::string_view name, const sdk::Request& request) {
  if (name == "commit") return request.commit();
  return name == "branch" ? request.branch() : request.work_item();
}

// Completion is not result: without a look at what runs, no deploy could ever be called a success.
Problem check_revision(const Settings& settings) {
  const bool by_command = !settings.revision_command.empty();
  const bool by_url = !settings.revision_url.empty();
  if (by_command && by_url) return "revision_url: give it or revision_command, not both";
  if (!settings.command.empty() && !by_command && !by_url) {
    return "revision_command: must be given beside command, or revision_url: a deploy counts only "
           "after the running revision was read back";
  }
  if (settings.revision_field.empty()) return std::nullopt;
  if (!by_command && !by_url) return "revision_field: there is no answer to take it from";
  const bool hollow = settings.revision_field.front() == '.' ||
                      settings.revision_field.back() == '.' ||
                      settings.revision_field.find("..") != std::string::npos;
  if (hollow) return "revision_field: wanted names with a dot between them, as in build.commit";
  return std::nullopt;
}

Problem read_revision(const Json& json, Settings& settings) {
  if (Problem p = read_command(json, "revision_command", settings.revision_command)) return p;
  settings.revision_url = json.value("revision_url", "");
  settings.revision_field = json.value("revision_field", "");
  const std::string& url = settings.revision_url;
  if (!url.empty() && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) {
    return "revision_url: wanted http://… or https://…";
  }
  if (Problem p = check_placeholders({url}, "revision_url")) return p;
  return check_revision(settings);
}

std::variant<std::string, NoCommand> fill_in_argument(std::string_view argument,
                                                      const sdk::Request& request) {
  std::string out;
  while (!argument.empty()) {
    const std::string_view name = argument.front() == '{' ? placeholder_at(argument) : "";
    const std::string_view value = name.empty() ? argument.substr(0, 1) : value_of(name, request);
    if (!name.empty() && !is_word(value)) {
      return NoCommand{"{" + std::string(name) + "} is empty or no plain word"};
    }
    out += value;
    argument.remove_prefix(name.empty() ? 1 : name.size() + 2);
  }
  return out;
}

}  // namespace

std::variant<Settings, std::string> parse_settings(std::string_view json) {
  try {
    Settings settings;
    const Json parsed = Json::parse(json);
    if (Problem problem = read_all(parsed, settings)) return *std::move(problem);
    if (Problem problem = read_revision(parsed, settings)) return *std::move(problem);
    return settings;
  } catch (const Json::exception&) {
    // The library's message may quote the offending text, and that may be a secret.
    return std::string("the settings do not fit settings.schema.json");
  }
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  if (end == 0 || end == std::string_view::npos || end > 9) return std::nullopt;
  for (const Unit& unit : k_units) {
    if (text.substr(end) == unit.name) {
      return Milliseconds{std::stoll(std::string(text.substr(0, end))) * unit.milliseconds};
    }
  }
  return std::nullopt;
}

std::variant<Command, NoCommand> fill_in(const Command& command, const sdk::Request& request) {
  Command filled;
  for (const std::string& argument : command) {
    auto text = fill_in_argument(argument, request);
    if (auto* none = std::get_if<NoCommand>(&text)) return std::move(*none);
    filled.push_back(std::get<std::string>(std::move(text)));
  }
  return filled;
}

}  // namespace deploy_finalizer
