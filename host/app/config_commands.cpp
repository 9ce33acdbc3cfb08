// SPDX-License-Identifier: Apache-2.0
#include "app/config_commands.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/answer.h"
#include "app/audit_place.h"
#include "app/commands.h"
#include "app/failure.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "config/inspect.h"
#include "config/options.h"
#include "store/store.h"

namespace orc::app {

namespace {

using cli::ExitCode;

bool print_findings(const config::Loaded& loaded) {
  for (const config::Finding& finding : loaded.findings)
    std::fprintf(stderr, "%s\n", to_text(finding).c_str());
  return loaded.config.has_value();
}

config::Sources sources_of(const std::optional<std::filesystem::path>& file,
                           const std::vector<std::string>& set = {}) {
  return {.file = config_file(file), .environment = config::orch_environment(), .set = set};
}

std::string variables_text(const Json& answer) {
  std::vector<std::vector<std::string>> rows{
      {"VARIABLE", "KEY", "TYPE", "VALUE", "SET", "CHANGED BY"}};
  for (const Json& row : answer["variables"]) {
    rows.push_back({cli::text_field(row, "name"), cli::text_field(row, "key"),
                    cli::text_field(row, "type"), cli::text_field(row, "value"),
                    cli::bool_field(row, "set", false) ? "yes" : "-",
                    cli::bool_field(row, "needs_restart", false) ? "restart" : "reload"});
  }
  return cli::table(rows);
}

std::string ask(const cli::Terminal& terminal, const std::string& question,
                const std::string& offered) {
  terminal.err << question << " [" << offered << "] " << std::flush;
  std::string answer;
  std::getline(terminal.in, answer);
  const std::string_view given = trim(answer);
  return given.empty() ? offered : std::string(given);
}

config::FirstAnswers ask_all(const cli::Terminal& terminal) {
  config::FirstAnswers answers;
  answers.repo = ask(terminal, "Short name of the repository that tasks work in?", answers.repo);
  const std::string clone = ask(terminal, "Its clone URL or path?", "none yet");
  if (clone != "none yet") answers.clone = clone;
  answers.workers = ask(terminal, "Jobs at the same time?", answers.workers);
  answers.state_dir = ask(terminal, "Folder for everything that is kept?", answers.state_dir);
  answers.listen = ask(terminal, "Address of board and metrics?", answers.listen);
  return answers;
}

}  // namespace

int config_show(const cli::ConfigShowOptions& options) {
  const config::Loaded loaded = config::load(sources_of(options.file, options.set));
  if (!print_findings(loaded)) return to_int(ExitCode::refused_config);
  Json values = Json::array();
  for (const auto& [key, value] : loaded.values) {
    values.push_back({{"key", key},
                      {"value", value},
                      {"source", loaded.sources.at(key)},
                      {"needs_restart", config::needs_restart(key)}});
  }
  const Json answer{{"schema", "orchestrator.config/1"},
                    {"generation", nullptr},
                    {"sha256", loaded.sha256},
                    {"values", std::move(values)}};
  if (options.output == cli::OutputFormat::yaml) {
    std::fputs(printable(cli::config_yaml(answer, options.sources)).c_str(), stdout);
  } else {
    print_answer(answer, "values", options.output,
                 options.sources ? cli::config_sources_text : cli::config_text);
  }
  return to_int(ExitCode::done);
}

int config_env(const cli::ConfigEnvOptions& options) {
  Json rows = Json::array();
  for (const config::VariableRow& row : config::describe_variables(sources_of(options.file))) {
    if (options.set_only && !row.is_set) continue;
    rows.push_back({{"name", row.name},
                    {"key", row.key},
                    {"type", row.type},
                    {"default", row.fallback},
                    {"value", row.value},
                    {"set", row.is_set},
                    {"needs_restart", row.needs_restart}});
  }
  print_answer({{"schema", "orchestrator.variables/1"}, {"variables", std::move(rows)}},
               "variables", options.output, variables_text);
  return to_int(ExitCode::done);
}

int config_init(const cli::ConfigInitOptions& options, const cli::Terminal& terminal) {
  const std::filesystem::path file = config_file(options.file);
  std::error_code ignored;
  if (file != "-" && !options.force && std::filesystem::exists(file, ignored)) {
    return fail(ExitCode::no, file.string() + " is there already; --force replaces it");
  }
  const config::FirstAnswers answers = options.yes ? config::FirstAnswers{} : ask_all(terminal);
  const std::string text = config::first_configuration(answers);
  if (file == "-") {
    terminal.out << text;
    return to_int(ExitCode::done);
  }
  constexpr unsigned k_mode = 0644;
  Status written = make_folder(std::filesystem::absolute(file).parent_path());
  if (written.ok()) written = write_file_atomically(file, text, Durability::power, k_mode);
  if (!written.ok()) return fail(ExitCode::unusable, written.error().message);
  terminal.out << "wrote " << file.string() << "\n  orchestrator config check -c " << file.string()
               << "\n";
  return to_int(ExitCode::done);
}

int db_backup(const cli::DbBackupOptions& options) {
  const auto place = find_place(options.place);
  if (!place.ok()) return fail(ExitCode::unusable, place.error().message);
  const Status copied = store::back_up_sqlite(place.value().database, options.to, k_busy_timeout);
  if (!copied.ok()) return fail(ExitCode::unusable, copied.error().message);
  std::printf("%s is copied to %s\n", place.value().database.c_str(), options.to.c_str());
  return to_int(ExitCode::done);
}

int db_migrate(const cli::DatabasePlace& where) {
  const auto place = find_place(where);
  if (!place.ok()) return fail(ExitCode::unusable, place.error().message);
  std::error_code ignored;
  if (!std::filesystem::exists(place.value().database, ignored)) {
    return fail(ExitCode::unusable,
                place.value().database.string() + " is not there; `serve` makes it");
  }
  const auto store = store::open_sqlite(place.value().database, k_busy_timeout);
  if (!store.ok()) return fail(ExitCode::unusable, store.error().message);
  std::printf("%s has the schema of this program\n", place.value().database.c_str());
  return to_int(ExitCode::done);
}

}  // namespace orc::app
