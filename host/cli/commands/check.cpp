// SPDX-License-Identifier: Apache-2.0
// What a repository brings for the pipeline, looked at without a host: the prompts of its roles.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands/tree.h"
#include "domain/prompt_canon.h"

namespace orc::cli {

namespace {

constexpr std::size_t k_max_prompt = 256 * 1024;
constexpr std::string_view k_prompts = ".openclaw/agents";

struct Found {
  std::string where;
  std::string problem;
  std::string fix;
};

std::vector<Found> look_at(const std::filesystem::path& repository, int& prompts) {
  std::vector<Found> found;
  for (const Role role : k_roles) {
    const std::string name = std::string(k_prompts) + "/" + std::string(to_string(role)) + ".md";
    const Result<std::string> text = read_beneath(repository, name, k_max_prompt);
    if (!text.ok() && text.error().kind == ErrorKind::not_found) continue;
    ++prompts;
    if (!text.ok()) {
      found.push_back({name, text.error().message, "a regular file of at most 256 KiB"});
      continue;
    }
    for (PromptFinding& finding : check_prompt(text.value(), role)) {
      found.push_back({name + ":" + std::to_string(finding.line), std::move(finding.problem),
                       std::move(finding.fix)});
    }
  }
  return found;
}

int print(const std::vector<Found>& found, int prompts, OutputFormat output, Terminal terminal) {
  if (output == OutputFormat::text) {
    for (const Found& one : found) {
      terminal.out << one.where << ": " << one.problem << "\n";
      if (!one.fix.empty()) terminal.out << "  " << one.fix << "\n";
    }
    if (found.empty()) {
      terminal.out << (prompts == 0 ? "no prompts of its own: the shipped ones are used\n"
                                    : std::to_string(prompts) + " prompts keep the canon\n");
    }
  } else {
    Json rows = Json::array();
    for (const Found& one : found)
      rows.push_back({{"where", one.where}, {"problem", one.problem}, {"fix", one.fix}});
    const Json answer{{"schema", "orchestrator.check/1"}, {"prompts", prompts}, {"findings", rows}};
    if (output == OutputFormat::json) terminal.out << answer.dump() << "\n";
    if (output == OutputFormat::jsonl) {
      for (const Json& row : rows) terminal.out << row.dump() << "\n";
    }
  }
  return to_int(found.empty() ? ExitCode::done : ExitCode::no);
}

}  // namespace

void add_check_command(Tree& tree) {
  CLI::App* check = tree.app.add_subcommand(
      "check", "a repository's own prompts against the canon; needs no host");
  auto path = std::make_shared<std::string>(".");
  auto output = std::make_shared<OutputFormat>(OutputFormat::text);
  check->add_option("PATH", *path, "the repository (.)");
  add_output_option(*check, *output);
  check->callback([&tree, path, output] {
    tree.chosen = [&tree, path, output] {
      std::error_code error;
      const std::filesystem::path repository = std::filesystem::absolute(*path, error);
      if (error || !std::filesystem::is_directory(repository, error)) {
        tree.terminal.err << *path << ": no such folder\n";
        return to_int(ExitCode::usage);
      }
      int prompts = 0;
      const std::vector<Found> found = look_at(repository, prompts);
      return print(found, prompts, *output, tree.terminal);
    };
  });
}

}  // namespace orc::cli
