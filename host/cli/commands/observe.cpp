// SPDX-License-Identifier: Apache-2.0
// Commands that look at the host as a whole: what to do next, everything at a glance, the events.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "cli/commands/tree.h"
#include "cli/text_views.h"

namespace orc::cli {

namespace {

constexpr Millis k_pause{500};
constexpr int k_page = 500;

struct EventOptions {
  std::string task;
  std::string after;
  int limit = 100;
  bool follow = false;
};

std::string events_target(const EventOptions& options, const std::string& after, int limit) {
  std::string target =
      "/api/v1/events?after=" + percent_encode(after) + "&limit=" + std::to_string(limit);
  if (!options.task.empty()) target += "&task=" + percent_encode(options.task);
  return target;
}

void print_events(const Session& session, const Json& page) {
  for (const Json& event : object_field(page, "events")) session.print(event, event_line);
}

// Behind the event that --after names; without it, the newest ones.
Result<std::string> first_event(const Session& session, const EventOptions& options,
                                ExitCode& failure) {
  if (!options.after.empty()) return options.after;
  const auto status = session.ask("/status", failure);
  if (!status.ok()) return status.error();
  const auto newest = number_field(status.value(), "last_event");
  return std::to_string(options.follow ? newest
                                       : std::max<std::int64_t>(newest - options.limit, 0));
}

ExitCode show_events(const Session& session, const EventOptions& options) {
  ExitCode failure = ExitCode::done;
  const auto first = first_event(session, options, failure);
  if (!first.ok()) return failure;
  std::string after = first.value();
  while (true) {
    const auto page = session.ask(
        events_target(options, after, options.follow ? k_page : options.limit), failure);
    if (!page.ok()) return failure;
    print_events(session, page.value());
    if (!options.follow) return ExitCode::done;
    const auto last = number_field(page.value(), "next");
    if (last > 0) after = std::to_string(last);
    if (object_field(page.value(), "events").size() < k_page) std::this_thread::sleep_for(k_pause);
  }
}

void add_events(Tree& tree) {
  CLI::App* events = noun(tree, "events", "the audit trail");
  events->require_subcommand(0, 1);
  const auto common = add_common_options(*events);
  auto options = std::make_shared<EventOptions>();
  events->add_option("--task", options->task, "only of this work item")->type_name("TASK");
  events->add_option("--after", options->after, "behind this event's number")->type_name("N");
  events->add_option("--limit", options->limit, "at most so many (100)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  events->add_flag("-f,--follow", options->follow, "go on with every new one");
  events->callback([&tree, events, common, options] {
    if (!events->get_subcommands().empty()) return;
    tree.chosen = [&tree, common, options] {
      return to_int(show_events(Session(tree.terminal, *common), *options));
    };
  });
}

struct TopOptions {
  std::string interval = "1s";
  int rounds = 0;  // 0: until it is interrupted
};

// A terminal is redrawn, anything else gets one picture after the other.
ExitCode top(const Session& session, const TopOptions& options, bool is_terminal) {
  const auto interval = parse_duration_ms(options.interval);
  if (!interval || *interval <= 0) {
    session.message("--interval: not a duration such as 2s");
    return ExitCode::usage;
  }
  constexpr const char* k_clear = "\x1b[H\x1b[2J";
  for (int round = 1;; ++round) {
    ExitCode failure = ExitCode::done;
    const auto status = session.ask("/status", failure);
    if (!status.ok()) return failure;
    const auto queue = session.ask("/queue", failure);
    if (!queue.ok()) return failure;
    const auto next = session.ask("/api/v1/next", failure);
    if (!next.ok()) return failure;
    if (is_terminal) std::cout << k_clear;
    if (session.output() == OutputFormat::text) {
      session.print_text(top_text(status.value(), queue.value(), next.value()));
    } else {
      session.print({{"schema", "orchestrator.top/1"},
                     {"status", status.value()},
                     {"queue", queue.value()},
                     {"next", next.value()}},
                    nullptr);
    }
    if (round == options.rounds) return ExitCode::done;
    std::this_thread::sleep_for(Millis{*interval});
  }
}

void add_top(Tree& tree) {
  CLI::App* command = tree.app.add_subcommand("top", "everything at a glance, again and again");
  const auto common = add_common_options(*command);
  auto options = std::make_shared<TopOptions>();
  command->add_option("--interval", options->interval, "time between two pictures (1s)")
      ->type_name("TIME");
  command->add_option("--rounds", options->rounds, "stop after so many pictures")->type_name("N");
  on_chosen(tree, *command, common, [options, &tree](const Session& session) {
    const bool is_terminal = &tree.terminal.out == &std::cout && ::isatty(STDOUT_FILENO) == 1 &&
                             session.output() == OutputFormat::text;
    return top(session, *options, is_terminal);
  });
}

void add_next(Tree& tree) {
  CLI::App* command =
      tree.app.add_subcommand("next", "what waits for you, each with the command that moves it on");
  on_chosen(tree, *command, add_common_options(*command), [](const Session& session) {
    return session.show_rows("/api/v1/next", "items", next_text);
  });
}

void add_gates(Tree& tree) {
  CLI::App* gate = noun(tree, "gate", "what decides about transitions");
  CLI::App* list = gate->add_subcommand("list", "the gates, what each reads and where it leads");
  on_chosen(tree, *list, add_common_options(*list), [](const Session& session) {
    return session.show_rows("/api/v1/gates", "gates", gate_list_text);
  });
}

}  // namespace

void add_observe_commands(Tree& tree) {
  add_next(tree);
  add_top(tree);
  add_events(tree);
  add_gates(tree);
}

}  // namespace orc::cli
