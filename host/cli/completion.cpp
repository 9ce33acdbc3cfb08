// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text_views.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

constexpr Millis k_live_limit{200};

struct Script {
  const char* shell;
  const char* text;
};
constexpr std::array k_scripts{
    Script{
        "bash",
        "# orchestrator completion bash > /usr/share/bash-completion/completions/orchestrator\n"
        "_orchestrator() {\n"
        "  local IFS=$'\\n'\n"
        "  COMPREPLY=($(orchestrator __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null))\n"
        "  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "
        "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
        "}\n"
        "complete -o filenames -F _orchestrator orchestrator\n"},
    Script{
        "zsh",
        "#compdef orchestrator\n"
        "# orchestrator completion zsh > /usr/share/zsh/vendor-completions/_orchestrator\n"
        "_orchestrator() {\n"
        "  local -a found\n"
        "  found=(\"${(@f)$(orchestrator __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
        "  [[ -n ${found[1]} ]] && compadd -a found || _files\n"
        "}\n"
        "_orchestrator \"$@\"\n"},
    Script{
        "fish",
        "# orchestrator completion fish > /usr/share/fish/vendor_completions.d/orchestrator.fish\n"
        "function __orchestrator_complete\n"
        "  set -l words (commandline -opc) (commandline -ct)\n"
        "  orchestrator __complete $words[2..-1] 2>/dev/null\n"
        "end\n"
        "complete -c orchestrator -a '(__orchestrator_complete)'\n"}};

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* each : commands_of(app)) {
    if (each->get_name() == name) return each;
  }
  return nullptr;
}

// Where the finished words lead: the command, how many of its arguments are there, and the option
// whose value comes next.
struct Place {
  const CLI::App* command;
  std::size_t arguments = 0;
  const CLI::Option* wants = nullptr;
  std::string socket;
};

Place place_of(const CLI::App& app, const std::vector<std::string>& finished) {
  Place place{&app};
  for (const std::string& word : finished) {
    if (place.wants != nullptr) {
      if (place.wants->check_lname("socket")) place.socket = word;
      place.wants = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = place.command->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) place.wants = option;
    } else if (const CLI::App* sub = command_named(*place.command, word)) {
      place.command = sub;
    } else {
      ++place.arguments;
    }
  }
  return place;
}

// The names in an answer of the host.
struct Live {
  const char* target;
  const char* rows;
  const char* name;
};
constexpr Live k_tasks{"/api/v1/tasks?limit=1000", "tasks", "work_item"};
constexpr Live k_runs{"/api/v1/runs?limit=100", "runs", "run"};
constexpr Live k_plugins{"/api/v1/plugins", "plugins", "name"};

std::vector<std::string> live_names(const Place& place, const Live& live) {
  const ControlClient client(find_control_socket(place.socket));
  const auto reply = client.get(live.target, k_live_limit);
  if (!reply.ok()) return {};
  const Json answer = Json::parse(reply.value().body, nullptr, false);
  std::vector<std::string> names;
  for (const Json& row : object_field(answer, live.rows)) {
    const auto number = number_field(row, live.name);
    names.push_back(number > 0 ? std::to_string(number) : text_field(row, live.name));
  }
  return names;
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (const StageRule& rule : STAGE_TRANSITIONS) names.emplace_back(to_string(rule.stage));
  return names;
}

std::vector<std::string> values_of(const Place& place) {
  const std::string type = place.wants->get_type_name();
  if (type == "FORMAT") {
    const bool has_yaml = place.wants->get_description().find("yaml") != std::string::npos;
    return has_yaml ? std::vector<std::string>{"text", "json", "jsonl", "yaml"}
                    : std::vector<std::string>{"text", "json", "jsonl"};
  }
  if (type == "PLUGIN") return live_names(place, k_plugins);
  if (type == "TASK") return live_names(place, k_tasks);
  if (type == "STAGE") return stage_names();
  if (type == "STATE") return {"active", "waiting_human", "held", "done", "cancelled"};
  return {};
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> arguments_of(const Place& place) {
  const auto positional = place.command->get_options(
      [](const CLI::Option* option) { return option->get_positional(); });
  if (place.arguments >= positional.size()) return {};
  const std::string name = positional[place.arguments]->get_single_name();
  if (name == "TASK") return live_names(place, k_tasks);
  if (name == "PLUGIN") return live_names(place, k_plugins);
  if (name == "RUN") return live_names(place, k_runs);
  if (name == "SHELL") return {"bash", "zsh", "fish"};
  return {};
}

std::vector<std::string> candidates(const Place& place, const std::string& prefix) {
  if (place.wants != nullptr) return values_of(place);
  if (prefix.starts_with('-')) return option_names(*place.command);
  std::vector<std::string> names;
  for (const CLI::App* each : commands_of(*place.command)) names.push_back(each->get_name());
  const std::vector<std::string> arguments = arguments_of(place);
  names.insert(names.end(), arguments.begin(), arguments.end());
  return names;
}

}  // namespace

void add_completion_command(Tree& tree) {
  CLI::App* command =
      tree.app.add_subcommand("completion", "print the script that completes in your shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&tree, shell] {
    tree.chosen = [&tree, shell] {
      for (const Script& script : k_scripts) {
        if (script.shell == *shell) tree.terminal.out << script.text;
      }
      return to_int(ExitCode::done);
    };
  });
}

ExitCode complete(const Tree& tree, const std::vector<std::string>& words) {
  const std::string prefix = words.empty() ? "" : words.back();
  std::vector<std::string> finished = words;
  if (!finished.empty()) finished.pop_back();
  const Place place = place_of(tree.app, finished);
  for (const std::string& name : candidates(place, prefix)) {
    if (name.starts_with(prefix)) tree.terminal.out << name << "\n";
  }
  return ExitCode::done;
}

}  // namespace orc::cli
