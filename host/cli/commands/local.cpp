// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands/tree.h"
#include "cli/text_views.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

void add_serve(Tree& tree) {
  CLI::App* serve = tree.app.add_subcommand("serve", "run the host in the foreground");
  auto options = std::make_shared<ServeOptions>();
  serve->add_option("-c,--config", options->file, "configuration file")->type_name("FILE");
  serve->add_option("--set", options->set, "override one key, may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  serve->add_flag(
      "--dev", options->dev,
      "to try things: all in a temporary folder that goes with it, a board on any port");
  serve->callback(
      [&tree, options] { tree.chosen = [&tree, options] { return tree.entry.serve(*options); }; });
}

void add_demo(Tree& tree) {
  CLI::App* demo = tree.app.add_subcommand("demo", "show the pipeline at work, without a model");
  auto options = std::make_shared<DemoOptions>();
  demo->add_flag("--check", options->check, "run without a person and judge the result");
  demo->add_flag("--keep", options->keep, "leave the folder behind");
  demo->add_option("--dir", options->dir, "work in this folder")->type_name("DIR");
  demo->callback(
      [&tree, options] { tree.chosen = [&tree, options] { return tree.entry.demo(*options); }; });
}

void add_doctor(Tree& tree) {
  CLI::App* doctor = tree.app.add_subcommand(
      "doctor", "look for what would hold a task, each with what to do about it");
  auto options = std::make_shared<DoctorOptions>();
  doctor->add_option("-c,--config", options->file, "configuration file")->type_name("FILE");
  add_output_option(*doctor, options->output);
  doctor->callback(
      [&tree, options] { tree.chosen = [&tree, options] { return tree.entry.doctor(*options); }; });
}

void add_version(Tree& tree) {
  CLI::App* version = tree.app.add_subcommand("version", "what this program is");
  auto output = std::make_shared<OutputFormat>(OutputFormat::text);
  add_output_option(*version, *output);
  version->callback(
      [&tree, output] { tree.chosen = [&tree, output] { return tree.entry.version(*output); }; });
}

void add_stages(Tree& tree) {
  CLI::App* stages = tree.app.add_subcommand(
      "stages", "the transition table as Markdown; as JSON with the producers of the running host");
  const auto common = add_common_options(*stages);
  on_chosen(tree, *stages, common, [](const Session& session) {
    if (session.output() != OutputFormat::text) {
      return session.show_rows("/api/v1/stages", "stages",
                               [](const Json&) { return std::string(); });
    }
    session.print_text(stages_markdown());
    return ExitCode::done;
  });
}

}  // namespace

void add_output_option(CLI::App& command, OutputFormat& output, OutputFormat also) {
  std::map<std::string, OutputFormat> formats{
      {"text", OutputFormat::text}, {"json", OutputFormat::json}, {"jsonl", OutputFormat::jsonl}};
  if (also == OutputFormat::yaml) formats.emplace("yaml", OutputFormat::yaml);
  const char* const help =
      also == OutputFormat::yaml ? "text, json, jsonl or yaml" : "text, json or jsonl";
  command.add_option("-o,--output", output, help)
      ->type_name("FORMAT")
      ->transform(CLI::CheckedTransformer(formats).description(""));
}

CLI::Option* takes_word(CLI::Option* option, const std::string& what,
                        std::vector<std::string> words) {
  const auto judge = [what, words = std::move(words)](const std::string& given) {
    if (std::find(words.begin(), words.end(), given) != words.end()) return std::string();
    const auto near = nearest(given, words);
    return "there is no " + what + " \"" + given + "\"" +
           (near ? "; did you mean \"" + *near + "\"?" : "; one of " + join(words, ", "));
  };
  return option->check(CLI::Validator(judge, "", what));
}

CLI::Option* takes_stage(CLI::Option* option) {
  std::vector<std::string> names;
  for (const Stage stage : k_stages) names.emplace_back(to_string(stage));
  return takes_word(option->type_name("STAGE"), "stage", std::move(names));
}

void add_socket_option(CLI::App& command, std::string& socket) {
  command.add_option("--socket", socket, "control socket of the host (or $ORCH_SOCKET)")
      ->type_name("PATH");
}

std::shared_ptr<CommonOptions> add_common_options(CLI::App& command) {
  auto common = std::make_shared<CommonOptions>();
  add_output_option(command, common->output);
  add_socket_option(command, common->socket);
  return common;
}

void on_chosen(Tree& tree, CLI::App& command, std::shared_ptr<CommonOptions> common,
               std::function<ExitCode(const Session&)> action) {
  command.callback([&tree, common = std::move(common), action = std::move(action)] {
    tree.chosen = [&tree, common, action] {
      return to_int(action(Session(tree.terminal, *common)));
    };
  });
}

void add_local_commands(Tree& tree) {
  add_serve(tree);
  add_demo(tree);
  add_doctor(tree);
  add_version(tree);
  add_stages(tree);
}

}  // namespace orc::cli
