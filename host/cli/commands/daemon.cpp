// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

constexpr Millis k_poll{250};

struct DrainOptions {
  std::string reason;
  bool wait = false;
  std::string deadline = "15m";
};

// Until no job runs any more, or the deadline has passed.
ExitCode wait_until_idle(const Session& session, Millis deadline) {
  const MonoTime end = mono_now() + deadline;
  while (true) {
    ExitCode failure = ExitCode::done;
    const auto status = session.ask("/status", failure);
    if (!status.ok()) return failure;
    const auto busy = number_field(object_field(status.value(), "workers"), "busy");
    if (busy == 0) {
      session.message("done: no job runs; " +
                      std::to_string(number_field(status.value(), "queued")) + " queued jobs kept");
      return ExitCode::done;
    }
    if (mono_now() >= end) {
      session.message(std::to_string(busy) + " jobs still run after " + to_words(deadline));
      return ExitCode::try_later;
    }
    std::this_thread::sleep_for(k_poll);
  }
}

ExitCode drain(const Session& session, const DrainOptions& options) {
  const auto deadline = parse_duration_ms(options.deadline);
  if (!deadline) {
    session.message("--deadline: not a duration such as 15m");
    return ExitCode::usage;
  }
  const ExitCode started = session.post("/-/drain", {{"reason", options.reason}}, answer_text);
  if (started != ExitCode::done || !options.wait) return started;
  return wait_until_idle(session, Millis{*deadline});
}

void add_drain(Tree& tree) {
  CLI::App* command = tree.app.add_subcommand("drain", "start no new jobs; running ones end");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<DrainOptions>();
  command->add_option("--reason", options->reason, "why")->type_name("TEXT");
  command->add_flag("--wait", options->wait, "return when no job runs any more");
  command->add_option("--deadline", options->deadline, "how long --wait waits (15m)")
      ->type_name("TIME");
  on_chosen(tree, *command, common,
            [options](const Session& session) { return drain(session, *options); });
}

void add_resume(Tree& tree) {
  CLI::App* command = tree.app.add_subcommand("resume", "end a drain");
  const auto common = add_common_options(*command);
  auto reason = std::make_shared<std::string>();
  command->add_option("--reason", *reason, "why")->type_name("TEXT");
  on_chosen(tree, *command, common, [reason](const Session& session) {
    return session.post("/-/resume", {{"reason", *reason}}, answer_text);
  });
}

void add_reload(Tree& tree) {
  CLI::App* command =
      tree.app.add_subcommand("reload", "read the configuration again and wait for the answer");
  const auto common = add_common_options(*command);
  auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run, "say what would change, and change nothing");
  on_chosen(tree, *command, common, [dry_run](const Session& session) {
    if (*dry_run) return session.post("/-/reload", {{"dry_run", true}}, preview_text);
    return session.post("/-/reload", Json::object(), reload_text);
  });
}

}  // namespace

void add_daemon_commands(Tree& tree) {
  CLI::App* status = tree.app.add_subcommand("status", "what the host does, in a few lines");
  on_chosen(tree, *status, add_common_options(*status),
            [](const Session& session) { return session.show("/status", status_text); });

  CLI::App* advisor = tree.app.add_subcommand(
      "advisor", "which role could be determinized next, by what shadow runs showed");
  on_chosen(tree, *advisor, add_common_options(*advisor),
            [](const Session& session) { return session.show("/api/v1/advisor", advisor_text); });

  CLI::App* queue = tree.app.add_subcommand("queue", "the jobs");
  queue->require_subcommand(1);
  CLI::App* list = queue->add_subcommand("list", "jobs that run or wait, and why");
  on_chosen(tree, *list, add_common_options(*list),
            [](const Session& session) { return session.show_rows("/queue", "jobs", queue_text); });
  add_reload(tree);
  add_drain(tree);
  add_resume(tree);
}

}  // namespace orc::cli
