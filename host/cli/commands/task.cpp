// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/commands/submit.h"
#include "cli/commands/tree.h"
#include "cli/commands/watch.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

std::string task_path(const std::string& id) {
  return "/api/v1/tasks/" + percent_encode(id);
}

struct ListOptions {
  std::string stage;
  std::string state;
  std::string repo;
  std::string after;
  std::string limit;
};

std::string list_target(const ListOptions& options) {
  const std::array<std::pair<const char*, const std::string*>, 5> k_filters{
      {{"stage", &options.stage},
       {"state", &options.state},
       {"repo", &options.repo},
       {"after", &options.after},
       {"limit", &options.limit}}};
  std::string target = "/api/v1/tasks";
  for (const auto& [key, value] : k_filters) {
    if (value->empty()) continue;
    target += (target.find('?') == std::string::npos ? "?" : "&") + std::string(key) + "=" +
              percent_encode(*value);
  }
  return target;
}

void add_list(Tree& tree, CLI::App& task) {
  CLI::App* list = task.add_subcommand("list", "tasks, where they stand and why they wait");
  const auto common = add_common_options(*list);
  auto options = std::make_shared<ListOptions>();
  takes_stage(list->add_option("--stage", options->stage, "only of this stage"));
  takes_word(
      list->add_option("--state", options->state, "active, waiting_human, held, done or cancelled")
          ->type_name("STATE"),
      "state", {"active", "waiting_human", "held", "done", "cancelled"});
  list->add_option("--repo", options->repo, "only of this repository")->type_name("REPO");
  list->add_option("--after", options->after, "the page behind this task number")->type_name("N");
  list->add_option("--limit", options->limit, "at most so many (100)")->type_name("N");
  on_chosen(tree, *list, common, [options](const Session& session) {
    return session.show_rows(list_target(*options), "tasks", task_list_text);
  });
}

void add_submit(Tree& tree, CLI::App& task) {
  CLI::App* submit = task.add_subcommand("submit", "give the pipeline a work item");
  const auto common = add_common_options(*submit);
  auto options = std::make_shared<SubmitOptions>();
  submit->add_option("--repo", options->repo, "configured name, or the path of a local repository")
      ->type_name("REPO|PATH");
  submit->add_option("--title", options->title, "one line")->type_name("TEXT")->required();
  submit->add_option("--file", options->file, "the business request, - for stdin")
      ->type_name("FILE");
  submit->add_option("--id", options->work_item, "work item; unset: the next number")
      ->type_name("ID");
  submit->add_option("--branch", options->branch, "unset: task/ID")->type_name("NAME");
  takes_stage(submit->add_option("--from", options->from, "first stage (analysis)"));
  on_chosen(tree, *submit, common, [options, &tree](const Session& session) {
    return submit_task(session, *options, tree.terminal.in);
  });
}

using TaskAction = ExitCode (*)(const Session&, const std::string& id);

struct ReadCommand {
  const char* name;
  const char* help;
  TaskAction action;
};
constexpr std::array k_reads{
    ReadCommand{"show", "everything about one task",
                [](const Session& session, const std::string& id) {
                  return session.show(task_path(id), task_text);
                }},
    ReadCommand{"why", "why it does not move, and the command that moves it",
                [](const Session& session, const std::string& id) {
                  return session.show(task_path(id) + "/why", why_text);
                }},
};

struct WriteCommand {
  const char* name;
  const char* help;
};
constexpr std::array k_writes{
    WriteCommand{"approve", "approve the analysis, or confirm the deploy"},
    WriteCommand{"reject", "send it back at a human gate"},
    WriteCommand{"retry", "a fresh retry budget, and on"},
    WriteCommand{"hold", "stop it where it stands"},
    WriteCommand{"release", "end a hold"},
    WriteCommand{"cancel", "end it for good"},
};

void add_read(Tree& tree, CLI::App& task, const ReadCommand& row) {
  CLI::App* command = task.add_subcommand(row.name, row.help);
  const auto common = add_common_options(*command);
  auto id = std::make_shared<std::string>();
  command->add_option("TASK", *id, "work item, such as ORCH-116")->required();
  on_chosen(tree, *command, common,
            [id, action = row.action](const Session& session) { return action(session, *id); });
}

void add_write(Tree& tree, CLI::App& task, const WriteCommand& row) {
  CLI::App* command = task.add_subcommand(row.name, row.help);
  const auto common = add_common_options(*command);
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  command->add_option("TASK", *id, "work item, such as ORCH-116")->required();
  command->add_option("--reason", *reason, "why; stored with your name")->type_name("TEXT");
  on_chosen(tree, *command, common, [id, reason, verb = row.name](const Session& session) {
    return session.post(task_path(*id) + "/" + verb, {{"reason", *reason}}, answer_text);
  });
}

void add_watch(Tree& tree, CLI::App& task) {
  CLI::App* command = task.add_subcommand("watch", "one line for each thing that happens");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<WatchOptions>();
  command->add_option("TASK", options->id, "work item, such as ORCH-116")->required();
  takes_stage(command->add_option("--until", options->until,
                                  "stop once the task has left this stage behind"));
  command->add_option("--timeout", options->timeout, "stop after this time, such as 10m")
      ->type_name("TIME");
  on_chosen(tree, *command, common,
            [options](const Session& session) { return watch_task(session, *options); });
}

void add_logs(Tree& tree, CLI::App& task) {
  CLI::App* command = task.add_subcommand("logs", "what the last run of a task printed");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<LogOptions>();
  command->add_option("TASK", options->id, "work item, such as ORCH-116")->required();
  command->add_option("--run", options->run, "another run than the last")->type_name("N");
  command->add_flag("-f,--follow", options->follow, "go on until the run ends");
  on_chosen(tree, *command, common,
            [options](const Session& session) { return show_log(session, *options); });
}

}  // namespace

void add_task_commands(Tree& tree) {
  CLI::App* task = tree.app.add_subcommand("task", "the work in the pipeline");
  task->require_subcommand(1);
  add_submit(tree, *task);
  add_list(tree, *task);
  for (const ReadCommand& row : k_reads) add_read(tree, *task, row);
  add_watch(tree, *task);
  add_logs(tree, *task);
  for (const WriteCommand& row : k_writes) add_write(tree, *task, row);
}

}  // namespace orc::cli
