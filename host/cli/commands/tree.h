// SPDX-License-Identifier: Apache-2.0
// The command tree. Each add_… builds the commands of one noun; a command that was parsed leaves in
// `chosen` what is to be done. The options live in shared_ptrs that the callbacks hold.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/cli.h"
#include "cli/session.h"

namespace orc::cli {

struct Tree {
  CLI::App& app;
  Entry& entry;
  Terminal terminal;
  std::function<int()> chosen;
};

// -o text|json|jsonl; `also`: and this one.
void add_output_option(CLI::App& command, OutputFormat& output,
                       OutputFormat also = OutputFormat::text);
void add_socket_option(CLI::App& command, std::string& socket);
// `option` takes a stage, or one of these words; any other is wrong use, with the nearest one named.
CLI::Option* takes_stage(CLI::Option* option);
CLI::Option* takes_word(CLI::Option* option, const std::string& what,
                        std::vector<std::string> words);
// -o and --socket
std::shared_ptr<CommonOptions> add_common_options(CLI::App& command);
// Runs `action` with a session once the command line is parsed.
void on_chosen(Tree& tree, CLI::App& command, std::shared_ptr<CommonOptions> common,
               std::function<ExitCode(const Session&)> action);

// The noun's command, made at its first use.
CLI::App* noun(Tree& tree, const std::string& name, const std::string& about);

void add_local_commands(Tree& tree);  // serve, demo, doctor, version, stages
void add_config_commands(Tree& tree);
void add_audit_commands(Tree& tree);    // events verify, db, replay
void add_observe_commands(Tree& tree);  // next, top, events, gate
void add_daemon_commands(Tree& tree);   // status, reload, drain, resume, queue
void add_task_commands(Tree& tree);
void add_plugin_commands(Tree& tree);
void add_author_commands(Tree& tree);  // plugin new|check|run, artifact
void add_lease_commands(Tree& tree);
void add_run_commands(Tree& tree);  // run, usage
void add_check_command(Tree& tree);

}  // namespace orc::cli
