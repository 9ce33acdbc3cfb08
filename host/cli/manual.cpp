// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <CLI/CLI.hpp>
#include <array>
#include <ostream>

#include "config/options.h"
#include "domain/outcome.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

// What a plugin may give as a reason, in the order of the numbers of abi.h.
constexpr std::array k_reason_codes{ReasonCode::out_of_scope,
                                    ReasonCode::no_contract,
                                    ReasonCode::disabled,
                                    ReasonCode::timeout,
                                    ReasonCode::network,
                                    ReasonCode::resource,
                                    ReasonCode::busy,
                                    ReasonCode::cancelled,
                                    ReasonCode::in_progress,
                                    ReasonCode::tool_missing,
                                    ReasonCode::credentials,
                                    ReasonCode::config,
                                    ReasonCode::contract_broken,
                                    ReasonCode::unknown};

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
         ".SH SEE ALSO\n\\fBorchestrator.yaml\\fR(5), \\fBorchestrator\\-plugin\\fR(7)\n";
}

std::string words_of(const StageRule& rule) {
  std::string words;
  for (const VerdictToken& token : rule.tokens)
    words += (words.empty() ? "" : ", ") + std::string(token.token);
  return words;
}

std::string files_of(const StageRule& rule) {
  std::string files;
  for (const ArtifactRule& owed : rule.artifacts) {
    files += (files.empty() ? "" : ", ") + std::string(owed.file);
    if (owed.presence == Presence::where_applicable) files += " (where applicable)";
  }
  return files.empty() ? "commits on the task's branch" : files;
}

void print_plugin(std::ostream& out) {
  begin(out, "orchestrator-plugin", "7", "what a plugin owes, and what it is given");
  out << ".SH DESCRIPTION\n"
         "A plugin is a shared object that makes the artifact of one or more stages. A worker "
         "loads "
         "it for one job and ends with it. It is asked in this order: \\fBconfigure\\fR takes the "
         "settings, which fit its schema already; \\fBaccepts\\fR takes the job or declines it, "
         "without a process or the network; \\fBproduce\\fR does the work and answers once. "
         "\\fBcancel\\fR, from another thread, makes a running produce return soon; "
         "\\fBpreflight\\fR looks at the surroundings and changes nothing.\n"
         ".PP\nA \\fIverdict\\fR says that the tool ran, and what it says about the work. A "
         "\\fIdefer\\fR says that it did not run and may later, a \\fIhold\\fR that a human has to "
         "change something first. Without positive evidence that the tool ran there is no verdict: "
         "a doubt is a hold.\n"
         ".SH STAGES\n";
  for (const StageRule& rule : STAGE_TRANSITIONS) {
    out << ".TP\n\\fB" << escaped(to_string(rule.stage)) << "\\fR\n" << escaped(files_of(rule));
    if (!rule.verdict_key.empty())
      out << "; \\fI" << escaped(rule.verdict_key) << "\\fR: " << escaped(words_of(rule));
    out << "; gate \\fB" << escaped(rule.gate) << "\\fR\n";
  }
  out << ".SH REASONS\n";
  for (const ReasonCode code : k_reason_codes) {
    const int number = static_cast<int>(code);
    const char* kind = number < 20 ? "declines" : number < 30 ? "defers" : "holds";
    out << ".TP\n\\fB" << escaped(to_string(code)) << "\\fR (" << number << ")\n" << kind << "\n";
  }
  out << ".SH EXAMPLE\n.nf\norchestrator plugin new lint\\-gate \\-\\-stage review && cd "
         "lint\\-gate\n"
         "cmake \\-\\-workflow \\-\\-preset dev\n"
         "orchestrator plugin check build/lint\\-gate.so\n"
         "orchestrator plugin run build/lint\\-gate.so \\-\\-fixture tests/fixtures/task.yaml "
         "\\-\\-worktree ~/src/shop\n"
         "sudo cmake \\-\\-install build\n"
         "sudo orchestrator plugin enable lint\\-gate \\-\\-stage review \\-\\-before "
         "llm\\-spawner "
         "\\-\\-repos shop\n.fi\n"
         ".SH FILES\n.TP\n\\fI/usr/include/orchestrator/plugin/abi.h\\fR\nthe contract, with every "
         "rule on threads and ownership\n"
         ".TP\n\\fI/usr/include/orchestrator/plugin/sdk.hpp\\fR\nits C++ side\n"
         ".TP\n\\fI/usr/include/orchestrator/plugin/testing.hpp\\fR\na host for unit tests\n"
         ".TP\n\\fI/usr/local/lib/orchestrator/plugins\\fR\nwhere a host looks for libraries, "
         "beside "
         "its own\n"
         ".SH SEE ALSO\n\\fBorchestrator\\fR(1), \\fBorchestrator.yaml\\fR(5)\n";
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
  } else if (page == std::vector<std::string>{"orchestrator-plugin"}) {
    print_plugin(tree.terminal.out);
  } else {
    return ExitCode::usage;
  }
  return ExitCode::done;
}

}  // namespace orc::cli
