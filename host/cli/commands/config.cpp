// SPDX-License-Identifier: Apache-2.0
// The configuration: tested, shown, compared, described and begun.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

template <typename Options, typename Run>
void run_with(Tree& tree, CLI::App& command, std::shared_ptr<Options> options, Run run) {
  command.callback([&tree, options = std::move(options), run] {
    tree.chosen = [&tree, options, run] { return run(tree, *options); };
  });
}

void add_file(CLI::App& command, std::optional<std::filesystem::path>& file) {
  command.add_option("-c,--config", file, "configuration file")->type_name("FILE");
}

void add_check(Tree& tree, CLI::App& config) {
  CLI::App* check =
      config.add_subcommand("check", "test the configuration without running (alias -t)");
  auto options = std::make_shared<ConfigCheckOptions>();
  add_file(*check, options->file);
  check->add_flag("--offline", options->offline,
                  "the file and the plugins alone; needs no secret, variable, socket or program");
  check->add_flag("--strict", options->strict, "refuse a warning, too");
  add_output_option(*check, options->output);
  run_with(tree, *check, options,
           [](Tree& at, const ConfigCheckOptions& o) { return at.entry.config_check(o); });
}

ExitCode show_running(const Session& session, bool with_sources) {
  if (session.output() != OutputFormat::yaml) {
    return session.show_rows("/api/v1/config", "values",
                             with_sources ? config_sources_text : config_text);
  }
  ExitCode failure = ExitCode::done;
  const auto answer = session.ask("/api/v1/config", failure);
  if (!answer.ok()) return failure;
  session.print_text(config_yaml(answer.value(), with_sources));
  return ExitCode::done;
}

void add_show(Tree& tree, CLI::App& config) {
  CLI::App* show = config.add_subcommand("show", "every value that would be in force (alias -T)");
  const auto common = std::make_shared<CommonOptions>();
  add_output_option(*show, common->output, OutputFormat::yaml);
  add_socket_option(*show, common->socket);
  auto options = std::make_shared<ConfigShowOptions>();
  auto running = std::make_shared<bool>(false);
  add_file(*show, options->file);
  show->add_option("--set", options->set, "as for serve, may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  show->add_flag("--sources", options->sources, "where each value comes from");
  show->add_flag("--running", *running, "what the host has in force, not what the file says");
  show->callback([&tree, options, running, common] {
    tree.chosen = [&tree, options, running, common] {
      options->output = common->output;
      if (!*running) return tree.entry.config_show(*options);
      return to_int(show_running(Session(tree.terminal, *common), options->sources));
    };
  });
}

void add_diff(Tree& tree, CLI::App& config) {
  CLI::App* diff = config.add_subcommand("diff", "what a reload would change in the running host");
  on_chosen(tree, *diff, add_common_options(*diff), [](const Session& session) {
    return session.post("/-/reload", {{"dry_run", true}}, preview_text);
  });
}

void add_env(Tree& tree, CLI::App& config) {
  CLI::App* env = config.add_subcommand("env", "every variable that the configuration knows");
  auto options = std::make_shared<ConfigEnvOptions>();
  add_file(*env, options->file);
  env->add_flag("--set-only", options->set_only, "only those that are set");
  add_output_option(*env, options->output);
  run_with(tree, *env, options,
           [](Tree& at, const ConfigEnvOptions& o) { return at.entry.config_env(o); });
}

void add_init(Tree& tree, CLI::App& config) {
  CLI::App* init =
      config.add_subcommand("init", "write a first configuration; asks five questions");
  auto options = std::make_shared<ConfigInitOptions>();
  init->add_option("-c,--config", options->file, "where to write it, - for the standard output")
      ->type_name("FILE");
  init->add_flag("-y,--yes", options->yes, "ask nothing, take what is offered");
  init->add_flag("--force", options->force, "replace a file that is there");
  run_with(tree, *init, options, [](Tree& at, const ConfigInitOptions& o) {
    return at.entry.config_init(o, at.terminal);
  });
}

}  // namespace

void add_config_commands(Tree& tree) {
  CLI::App* config = tree.app.add_subcommand("config", "the configuration");
  config->require_subcommand(1);
  add_init(tree, *config);
  add_check(tree, *config);
  add_show(tree, *config);
  add_diff(tree, *config);
  add_env(tree, *config);
  CLI::App* schema =
      config->add_subcommand("schema", "JSON Schema (draft-07) of the file, for editors");
  schema->callback([&tree] { tree.chosen = [&tree] { return tree.entry.config_schema(); }; });
}

}  // namespace orc::cli
