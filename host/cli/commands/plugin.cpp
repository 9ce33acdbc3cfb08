// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

struct SwitchOptions {
  std::string name;
  std::string reason;
  std::string duration;
  std::string repo;
};

std::string kill_path(const std::string& plugin) {
  return "/api/v1/plugins/" + percent_encode(plugin) + "/kill";
}

void add_show(Tree& tree, CLI::App& plugin) {
  CLI::App* show = plugin.add_subcommand("show", "everything about one plugin");
  const auto common = add_common_options(*show);
  auto name = std::make_shared<std::string>();
  show->add_option("PLUGIN", *name, "as configured")->required();
  on_chosen(tree, *show, common, [name](const Session& session) {
    return session.show("/api/v1/plugins/" + percent_encode(*name), plugin_text);
  });
}

void add_kill(Tree& tree, CLI::App& plugin) {
  CLI::App* kill = plugin.add_subcommand("kill", "switch a plugin off at once, for everyone");
  const auto common = add_common_options(*kill);
  auto options = std::make_shared<SwitchOptions>();
  kill->add_option("PLUGIN", options->name, "as configured")->required();
  kill->add_option("--reason", options->reason, "why")->type_name("TEXT")->required();
  kill->add_option("--for", options->duration, "end it by itself, such as 2h")->type_name("TIME");
  kill->add_option("--repo", options->repo, "for this repository alone")->type_name("REPO");
  on_chosen(tree, *kill, common, [options](const Session& session) {
    Json body{{"reason", options->reason}};
    if (!options->repo.empty()) body["repo"] = options->repo;
    if (!options->duration.empty()) body["for"] = options->duration;
    return session.post(kill_path(options->name), body, answer_text);
  });
}

void add_unkill(Tree& tree, CLI::App& plugin) {
  CLI::App* unkill =
      plugin.add_subcommand("unkill", "take a kill back; the configuration decides again");
  const auto common = add_common_options(*unkill);
  auto options = std::make_shared<SwitchOptions>();
  unkill->add_option("PLUGIN", options->name, "as configured")->required();
  unkill->add_option("--reason", options->reason, "why")->type_name("TEXT");
  unkill->add_option("--repo", options->repo, "the kill for this repository alone")
      ->type_name("REPO");
  on_chosen(tree, *unkill, common, [options](const Session& session) {
    Json body{{"reason", options->reason}};
    if (!options->repo.empty()) body["repo"] = options->repo;
    return session.remove(kill_path(options->name), body, answer_text);
  });
}

void add_try(Tree& tree, CLI::App& plugin) {
  CLI::App* command = plugin.add_subcommand(
      "try", "let a paused producer, or a provider that is kept from being asked, try now");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<SwitchOptions>();
  command->add_option("PLUGIN", options->name, "as configured")->required();
  command->add_option("--reason", options->reason, "why")->type_name("TEXT");
  on_chosen(tree, *command, common, [options](const Session& session) {
    return session.post("/api/v1/plugins/" + percent_encode(options->name) + "/try",
                        {{"reason", options->reason}}, answer_text);
  });
}

constexpr std::string_view k_reload_later =
    "not reloaded; what it would change: orchestrator config diff, then: orchestrator reload";

// "generation 6 in force; review: lint-gate -> llm-spawner", and every change below it.
std::string switched_text(const Json& reload) {
  std::string text = reload_text(reload);
  std::string chains;
  for (const Json& change : object_field(reload, "changes")) {
    const std::string key = text_field(change, "key");
    const Json links = Json::parse(text_field(change, "after"), nullptr, false);
    constexpr std::string_view k_before = "stages.";
    constexpr std::string_view k_behind = ".producers";
    if (!key.starts_with(k_before) || !key.ends_with(k_behind) || !links.is_array()) continue;
    chains +=
        "; " + key.substr(k_before.size(), key.size() - k_before.size() - k_behind.size()) + ": ";
    for (std::size_t i = 0; i < links.size(); ++i)
      chains += (i == 0 ? "" : " -> ") + (links[i].is_string() ? links[i].get<std::string>() : "");
  }
  return text.insert(std::min(text.find('\n'), text.size()), chains);
}

// Only a person at a terminal is asked.
bool wants_reload(const Tree& tree) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  tree.terminal.err << "reload now? [Y/n] " << std::flush;
  std::string answer;
  if (!std::getline(tree.terminal.in, answer)) return false;
  return answer.empty() || answer[0] == 'y' || answer[0] == 'Y';
}

// The lasting switch: a file of its own below conf.d, never a change of the operator's.
void add_switch(Tree& tree, CLI::App& plugin, bool enabled) {
  CLI::App* command = plugin.add_subcommand(
      enabled ? "enable" : "disable",
      std::string("switch it ") + (enabled ? "on" : "off") + " by conf.d/50-NAME.yaml, for good");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<PluginSwitchOptions>();
  auto reload = std::make_shared<bool>(false);
  options->enabled = enabled;
  command->add_option("PLUGIN", options->plugin, "as configured")->required();
  command->add_option("-c,--config", options->file, "configuration file")->type_name("FILE");
  command->add_flag("--reload", *reload, "and reload the host, without a question");
  if (enabled) {
    command->add_option("--repos", options->repos, "for these repositories")->type_name("SCOPE");
    CLI::Option* stage =
        takes_stage(command->add_option("--stage", options->stage, "put it into this chain"));
    command->add_option("--before", options->before, "in front of this link; else of all")
        ->type_name("PLUGIN")
        ->needs(stage);
  }
  command->callback([&tree, common, options, reload] {
    tree.chosen = [&tree, common, options, reload] {
      options->output = common->output;
      const int written = tree.entry.plugin_switch(*options);
      if (written != to_int(ExitCode::done)) return written;
      const Session session(tree.terminal, *common);
      if (*reload || wants_reload(tree))
        return to_int(session.post("/-/reload", Json::object(), switched_text));
      session.message(std::string(k_reload_later));
      return written;
    };
  });
}

}  // namespace

void add_plugin_commands(Tree& tree) {
  CLI::App* plugin = tree.app.add_subcommand("plugin", "the producers and their switches");
  plugin->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "all plugins, also those that are not loaded");
  on_chosen(tree, *list, add_common_options(*list), [](const Session& session) {
    return session.show_rows("/api/v1/plugins", "plugins", plugin_list_text);
  });
  add_show(tree, *plugin);
  add_kill(tree, *plugin);
  add_unkill(tree, *plugin);
  add_switch(tree, *plugin, true);
  add_switch(tree, *plugin, false);
  add_try(tree, *plugin);
}

}  // namespace orc::cli
