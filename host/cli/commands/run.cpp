// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

struct ListOptions {
  std::string task;
  std::string limit;
  std::string before;
};

struct LogOptions {
  std::string run;
  std::string from;
};

struct UsageOptions {
  std::string since = "168h";
  std::string by = "role,stage,model";
};

std::string run_path(const std::string& run) {
  return "/api/v1/runs/" + percent_encode(run);
}

std::string with_query(std::string target, const std::string& key, const std::string& value) {
  if (value.empty()) return target;
  target += (target.find('?') == std::string::npos ? "?" : "&") + key + "=" + percent_encode(value);
  return target;
}

void add_list(Tree& tree, CLI::App& run) {
  CLI::App* list = run.add_subcommand("list", "LLM runs, newest first: model, tokens, cost, result");
  const auto common = add_common_options(*list);
  auto options = std::make_shared<ListOptions>();
  list->add_option("--task", options->task, "only of this task")->type_name("TASK");
  list->add_option("--limit", options->limit, "at most so many (100)")->type_name("N");
  list->add_option("--before", options->before, "the page behind this number")->type_name("N");
  on_chosen(tree, *list, common, [options](const Session& session) {
    std::string target = with_query("/api/v1/runs", "task", options->task);
    target = with_query(target, "limit", options->limit);
    return session.show_rows(with_query(target, "before", options->before), "runs", run_list_text);
  });
}

void add_show(Tree& tree, CLI::App& run) {
  CLI::App* show = run.add_subcommand("show", "one job and the models it asked");
  const auto common = add_common_options(*show);
  auto id = std::make_shared<std::string>();
  show->add_option("RUN", *id, "the number of the job")->required();
  on_chosen(tree, *show, common,
            [id](const Session& session) { return session.show(run_path(*id), run_text); });
}

void add_logs(Tree& tree, CLI::App& run) {
  CLI::App* logs = run.add_subcommand("logs", "what one job wrote to its log");
  const auto common = add_common_options(*logs);
  auto options = std::make_shared<LogOptions>();
  logs->add_option("RUN", options->run, "the number of the job")->required();
  logs->add_option("--from", options->from, "first line")->type_name("LINE");
  on_chosen(tree, *logs, common, [options](const Session& session) {
    const std::string target = with_query(run_path(options->run) + "/log", "from", options->from);
    return session.show_rows(with_query(target, "limit", "10000"), "lines", log_text);
  });
}

}  // namespace

void add_run_commands(Tree& tree) {
  CLI::App* run = tree.app.add_subcommand("run", "single runs: their model, their cost, their log");
  run->require_subcommand(1);
  add_list(tree, *run);
  add_show(tree, *run);
  add_logs(tree, *run);

  CLI::App* usage = tree.app.add_subcommand(
      "usage", "what models used, and which verdicts were made without one");
  const auto common = add_common_options(*usage);
  auto options = std::make_shared<UsageOptions>();
  usage->add_option("--since", options->since, "how far back (168h)")->type_name("TIME");
  usage->add_option("--by", options->by, "of role, stage, model, effort")->type_name("WORDS");
  on_chosen(tree, *usage, common, [options](const Session& session) {
    const std::string target = with_query("/api/v1/usage", "since", options->since);
    return session.show_rows(with_query(target, "by", options->by), "rows", usage_text);
  });
}

}  // namespace orc::cli
