// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "config/options.h"

namespace orc::cli {

namespace {

// A backslash and a leading dot or quote mean something to troff; backquotes are for Markdown.
std::string escaped(std::string_view text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    if (c == '`') {
      out += bold ? "\\fR" : "\\fB";
      bold = !bold;
      continue;
    }
    if (c == '\\') out += "\\e";
    if (c == '-') out += "\\-";
    if (c != '\\' && c != '-') out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

void begin(std::ostream& out, const std::string& name, const char* section, const char* about) {
  out << ".TH \"" << escaped(name) << "\" " << section << " \"\" \"orchestrator " << ORCH_VERSION
      << "\"\n.SH NAME\n"
      << escaped(name) << " \\- " << escaped(about) << "\n";
}

void print_options(std::ostream& out, const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const bool is_help = option->check_lname("help");
    if (is_help) continue;
    std::string name = option->get_name(true, true);
    const std::string type = option->get_type_name();
    if (!type.empty() && !option->get_positional()) name += " " + type;
    out << ".TP\n\\fB" << escaped(name) << "\\fR\n" << escaped(option->get_description()) << "\n";
  }
}

void print_command(std::ostream& out, const CLI::App& command, const std::string& path) {
  const auto subs = command.get_subcommands([](const CLI::App*) { return true; });
  const std::string name = path + " " + command.get_name();
  const bool acts = subs.empty() || command.get_require_subcommand_min() == 0;
  if (acts) {
    out << ".SS \"" << escaped(name) << "\"\n" << escaped(command.get_description()) << "\n";
    print_options(out, command);
  }
  for (const CLI::App* sub : subs) print_command(out, *sub, name);
}

void print_program(std::ostream& out, const Tree& tree) {
  begin(out, "orchestrator", "1", "gated delivery pipeline: the host and its command line");
  out << ".SH SYNOPSIS\n\\fBorchestrator\\fR COMMAND [OPTION]...\n"
         ".SH DESCRIPTION\n"
      << escaped(tree.app.get_description())
      << "\nThe host runs as \\fBorchestrator serve\\fR; the other commands speak to it over its "
         "control socket, or work on files. Standard output carries data, standard error messages. "
         "With \\fB\\-o json\\fR or \\fB\\-o jsonl\\fR the data is JSON that names its schema.\n"
         ".SH COMMANDS\n";
  for (const CLI::App* command : tree.app.get_subcommands([](const CLI::App*) { return true; }))
    print_command(out, *command, "orchestrator");
  out << ".SH EXIT STATUS\n"
         ".TP\n0\ndone, or yes\n.TP\n1\nthe answer is no\n.TP\n64\nwrong use\n.TP\n69\nno host "
         "answers\n.TP\n74\nno access to a file or the database\n.TP\n75\ntry later: draining, a "
         "lease is held, held by the environment\n.TP\n77\nnot permitted\n.TP\n78\nthe "
         "configuration is refused\n"
         ".SH ENVIRONMENT\n"
         ".TP\n\\fBORCH_CONFIG\\fR\nconfiguration file, where \\fB\\-c\\fR is not given\n"
         ".TP\n\\fBORCH_SOCKET\\fR\ncontrol socket, where \\fB\\-\\-socket\\fR is not given\n"
         ".PP\nThe variables of the options stand in \\fBorchestrator.yaml\\fR(5).\n"
         ".SH SEE ALSO\n\\fBorchestrator.yaml\\fR(5)\n";
}

void print_file_format(std::ostream& out) {
  begin(out, "orchestrator.yaml", "5", "configuration of the orchestrator");
  out << ".SH DESCRIPTION\n"
         "One YAML file with mappings; \\fBconf.d/*.yaml\\fR beside it is laid over it in lexical "
         "order. Later wins: defaults, file, conf.d, variables, \\fB\\-\\-set\\fR. Mappings merge "
         "by key, lists replace. A variable \\fIORCH_X\\fR may be given as \\fIORCH_X__FILE\\fR, "
         "the path of a file that holds its value. A key marked \\fIrestart\\fR takes effect at "
         "the next start, every other with a reload.\n"
         ".SH KEYS\n";
  for (const config::Option& option : config::options()) {
    out << ".TP\n\\fB" << escaped(option.key) << "\\fR (" << to_string(option.type);
    if (option.fallback) out << ", default " << escaped(*option.fallback);
    if (option.takes == config::Takes::restart) out << ", restart";
    out << ")\n" << escaped(option.text);
    if (!option.env.empty()) out << " Variable \\fI" << escaped(option.env) << "\\fR.";
    out << "\n";
  }
  out << ".SH SEE ALSO\n\\fBorchestrator\\fR(1); \\fBorchestrator config check\\fR tests a file, "
         "\\fBorchestrator config schema\\fR prints its JSON Schema.\n";
}

}  // namespace

ExitCode print_manual(const Tree& tree, const std::vector<std::string>& page) {
  if (page == std::vector<std::string>{"orchestrator"}) {
    print_program(tree.terminal.out, tree);
  } else if (page == std::vector<std::string>{"orchestrator.yaml"}) {
    print_file_format(tree.terminal.out);
  } else {
    return ExitCode::usage;
  }
  return ExitCode::done;
}

}  // namespace orc::cli
