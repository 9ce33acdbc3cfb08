// SPDX-License-Identifier: Apache-2.0
// The commands that look over a database, or over what judges, without a host or beside one.
#include <CLI/CLI.hpp>

#include "cli/commands/tree.h"

namespace orc::cli {

namespace {

// Which database: named, of a state folder, or of a configuration.
void add_place(CLI::App& command, DatabasePlace& place) {
  CLI::Option* state =
      command.add_option("--state", place.state, "state folder, whose orchestrator.db is meant")
          ->type_name("DIR");
  command.add_option("-c,--config", place.config, "configuration file that names the database")
      ->type_name("FILE")
      ->excludes(state);
}

void add_events_verify(Tree& tree) {
  CLI::App* verify =
      noun(tree, "events", "the audit trail")
          ->add_subcommand("verify", "recompute the hash chain of the events; read-only");
  auto options = std::make_shared<EventsVerifyOptions>();
  verify->add_option("FILE", options->place.database,
                     "database; else that of --state or the configuration");
  add_place(*verify, options->place);
  verify
      ->add_option("--anchor", options->anchor,
                   "an event's id and hash that were noted down earlier")
      ->type_name("ID:HASH");
  add_output_option(*verify, options->output);
  verify->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.events_verify(*options); };
  });
}

void add_db_check(Tree& tree) {
  CLI::App* check =
      noun(tree, "db", "the database")
          ->add_subcommand("check",
                           "hold rows, files, branches and processes against the invariants");
  auto options = std::make_shared<DbCheckOptions>();
  add_place(*check, options->place);
  add_output_option(*check, options->output);
  check->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.db_check(*options); };
  });
}

void add_db_backup(Tree& tree) {
  CLI::App* backup = noun(tree, "db", "the database")
                         ->add_subcommand("backup", "copy it whole, also while a host serves it");
  auto options = std::make_shared<DbBackupOptions>();
  backup->add_option("FILE", options->to, "the copy; must not be there yet")->required();
  add_place(*backup, options->place);
  backup->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.db_backup(*options); };
  });
}

void add_db_migrate(Tree& tree) {
  CLI::App* migrate = noun(tree, "db", "the database")
                          ->add_subcommand("migrate",
                                           "bring its schema up to this program, behind a backup; "
                                           "`serve` does the same");
  auto place = std::make_shared<DatabasePlace>();
  add_place(*migrate, *place);
  migrate->callback(
      [&tree, place] { tree.chosen = [&tree, place] { return tree.entry.db_migrate(*place); }; });
}

void add_replay(Tree& tree) {
  CLI::App* replay = tree.app.add_subcommand(
      "replay", "which past choices and verdicts another configuration would have changed");
  auto options = std::make_shared<ReplayOptions>();
  replay->add_option("--config", options->candidate, "the configuration to try")
      ->type_name("FILE")
      ->required();
  replay->add_option("TASK", options->task, "only this work item");
  replay->add_option("--limit", options->limit, "how many runs, newest first (500)")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  replay->add_option("--state", options->place.state, "state folder of the host that made them")
      ->type_name("DIR");
  replay->add_option("--against", options->place.config, "configuration that is in force now")
      ->type_name("FILE");
  add_output_option(*replay, options->output);
  replay->callback(
      [&tree, options] { tree.chosen = [&tree, options] { return tree.entry.replay(*options); }; });
}

void add_gate_selftest(Tree& tree) {
  CLI::App* selftest =
      noun(tree, "gate", "what decides about transitions")
          ->add_subcommand("selftest", "try every gate and deterministic plugin on its fixtures");
  auto options = std::make_shared<SelftestOptions>();
  selftest->add_option("-c,--config", options->file, "configuration file")->type_name("FILE");
  add_output_option(*selftest, options->output);
  selftest->callback([&tree, options] {
    tree.chosen = [&tree, options] { return tree.entry.gate_selftest(*options); };
  });
}

}  // namespace

CLI::App* noun(Tree& tree, const std::string& name, const std::string& about) {
  const auto known =
      tree.app.get_subcommands([&](const CLI::App* each) { return each->get_name() == name; });
  if (!known.empty()) return known.front();
  CLI::App* added = tree.app.add_subcommand(name, about);
  added->require_subcommand(1);
  return added;
}

void add_audit_commands(Tree& tree) {
  add_db_backup(tree);
  add_db_migrate(tree);
  add_replay(tree);
  add_gate_selftest(tree);
  add_db_check(tree);
  add_events_verify(tree);
}

}  // namespace orc::cli
