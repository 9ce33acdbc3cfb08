// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "base/text.h"

namespace orc::cli {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string did_you_mean(const std::string& what, const std::string& word,
                         const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  return "unknown " + what + " \"" + word + "\"" +
         (near ? "; did you mean \"" + *near + "\"?" : "");
}

// Whether the next argument belongs to this option; nothing for an option that does not exist.
std::optional<bool> takes_value(const CLI::App& app, const std::string& option) {
  const CLI::Option* known = app.get_option_no_throw(option);
  if (known == nullptr) return std::nullopt;
  return known->get_items_expected_max() > 0;
}

}  // namespace

std::string suggestion(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") return "";
    if (word.size() > 1 && word.starts_with('-')) {
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const auto value = takes_value(*command, name);
      if (!value) return did_you_mean("option", name, option_names(*command));
      if (*value && equals == std::string::npos) ++i;
      continue;
    }
    const auto names = command_names(*command);
    if (names.empty()) continue;  // an argument; a mistyped option may follow
    const CLI::App* sub = find_command(*command, word);
    if (sub == nullptr) return did_you_mean("command", word, names);
    command = sub;
  }
  return "";
}

}  // namespace orc::cli
