// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/result.h"
#include "cli/commands/tree.h"
#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/manual.h"
#include "cli/suggest.h"

namespace orc::cli {

namespace {

constexpr const char* k_footer =
    "Exit codes: 0 done, 1 the answer is no, 64 wrong use, 69 no host answers, 74 no access to a\n"
    "file or the database, 75 try later, 77 not permitted, 78 configuration refused.";

// nginx's habits: -t tests the configuration, -T shows it.
std::vector<std::string> without_aliases(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments.front() == "-t") {
    arguments.front() = "check";
    arguments.insert(arguments.begin(), "config");
  } else if (!arguments.empty() && arguments.front() == "-T") {
    arguments.front() = "show";
    arguments.insert(arguments.begin(), "config");
  }
  return arguments;
}

int print_usage_error(const CLI::App& app, const std::vector<std::string>& arguments,
                      const CLI::ParseError& error, const Terminal& terminal) {
  const std::string hint = suggestion(app, arguments);
  terminal.err << "orchestrator: " << (hint.empty() ? error.what() : hint.c_str()) << "\n"
               << "  orchestrator --help\n";
  return to_int(ExitCode::usage);
}

// CLI11 answers --help by throwing, too.
int parse(CLI::App& app, const std::vector<std::string>& arguments, const Terminal& terminal) {
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
    return to_int(ExitCode::done);
  } catch (const CLI::Success& wish) {
    app.exit(wish, terminal.out, terminal.err);
    return to_int(ExitCode::done);
  } catch (const CLI::ParseError& error) {
    return print_usage_error(app, arguments, error, terminal);
  }
}

void add_commands(Tree& tree) {
  add_local_commands(tree);
  add_config_commands(tree);
  add_audit_commands(tree);
  add_observe_commands(tree);
  add_daemon_commands(tree);
  add_task_commands(tree);
  add_plugin_commands(tree);
  add_author_commands(tree);
  add_lease_commands(tree);
  add_run_commands(tree);
  add_check_command(tree);
  add_completion_command(tree);
}

// For the shells' scripts and for the build; neither is a command that a person types.
constexpr std::string_view k_complete = "__complete";
constexpr std::string_view k_manual = "__manual";

}  // namespace

int run_command(const std::vector<std::string>& given, Entry& entry, Terminal terminal) {
  const std::vector<std::string> arguments = without_aliases(given);
  CLI::App app("Moves a work item from idea to production through gates.", "orchestrator");
  app.require_subcommand(1);
  app.set_version_flag("--version", ORCH_VERSION);
  app.footer(k_footer);
  Tree tree{app, entry, terminal, {}};
  add_commands(tree);
  if (!arguments.empty() && arguments.front() == k_complete) {
    return to_int(complete(tree, {arguments.begin() + 1, arguments.end()}));
  }
  if (!arguments.empty() && arguments.front() == k_manual) {
    return to_int(print_manual(tree, {arguments.begin() + 1, arguments.end()}));
  }
  const int parsed = parse(app, arguments, terminal);
  if (!tree.chosen || parsed != to_int(ExitCode::done)) return parsed;
  const auto exit_code = guard("orchestrator", [&]() -> Result<int> { return tree.chosen(); });
  if (exit_code.ok()) return exit_code.value();
  terminal.err << exit_code.error().message << "\n";
  return to_int(ExitCode::no);
}

int run_command_line(int argc, char** argv, Entry& entry) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  return run_command(arguments, entry, Terminal{std::cout, std::cerr, std::cin});
}

}  // namespace orc::cli
