// SPDX-License-Identifier: Apache-2.0
// The commands of a plugin's author, and of whoever writes an artifact by hand; none needs a host.
#include <CLI/CLI.hpp>

#include "cli/commands/tree.h"

namespace orc::cli {

namespace {

void add_new(Tree& tree, CLI::App& plugin) {
  CLI::App* command =
      plugin.add_subcommand("new", "write a project for a plugin: source, build, schema, fixture");
  auto options = std::make_shared<PluginNewOptions>();
  command->add_option("NAME", options->name, "a-z, 0-9 and '-', such as lint-gate")->required();
  takes_stage(command->add_option("--stage", options->stage, "the stage that it produces for"))
      ->required();
  command->add_option("--dir", options->dir, "make the folder NAME in here, not in the current one")
      ->type_name("DIR");
  command->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.plugin_new(*options); };
  });
}

void add_check(Tree& tree, CLI::App& plugin) {
  CLI::App* command = plugin.add_subcommand(
      "check", "load a library in a child process and try what a plugin promises");
  auto options = std::make_shared<PluginCheckOptions>();
  command->add_option("FILE", options->file, "the library, NAME.so")->required();
  command
      ->add_option(
          "--fixture", options->fixture,
          "a job that it accepts, to be cancelled (tests/fixtures/task.yaml if it is there)")
      ->type_name("FILE");
  add_output_option(*command, options->output);
  command->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.plugin_check(*options); };
  });
}

void add_run(Tree& tree, CLI::App& plugin) {
  CLI::App* command =
      plugin.add_subcommand("run", "let a library carry out the job of a fixture, without a host");
  auto options = std::make_shared<PluginRunOptions>();
  command->add_option("FILE", options->file, "the library, NAME.so")->required();
  command->add_option("--fixture", options->fixture, "the job, and what should come of it")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--worktree", options->worktree,
                   "a work tree or folder whose copy it works on, uncommitted changes and all")
      ->type_name("DIR");
  command->add_option("--timeout", options->timeout, "instead of the plugin's own, such as 15m")
      ->type_name("TIME");
  command->add_flag("--log", options->log, "print the job's log, too");
  add_output_option(*command, options->output);
  command->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.plugin_run(*options); };
  });
}

void add_artifact_check(Tree& tree) {
  CLI::App* command = noun(tree, "artifact", "what the stages owe")
                          ->add_subcommand("check", "read an artifact exactly as its gate does");
  auto options = std::make_shared<ArtifactCheckOptions>();
  command->add_option("FILE", options->file, "such as 13-test-report.md")->required();
  takes_stage(command->add_option("--stage", options->stage,
                                  "whose artifact it is, where its name does not say"));
  command
      ->add_option("--work-item", options->work_item, "whose it is, where its folder does not say")
      ->type_name("ID");
  add_output_option(*command, options->output);
  command->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.artifact_check(*options); };
  });
}

}  // namespace

void add_author_commands(Tree& tree) {
  CLI::App* plugin = noun(tree, "plugin", "the producers and their switches");
  add_new(tree, *plugin);
  add_check(tree, *plugin);
  add_run(tree, *plugin);
  add_artifact_check(tree);
}

}  // namespace orc::cli
