// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/watch.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "base/text.h"
#include "cli/timeline_lines.h"
#include "domain/stage.h"

namespace orc::cli {

namespace {

constexpr Millis k_first_pause{200};
constexpr Millis k_longest_pause{1000};

struct EndRow {
  std::string_view state;
  ExitCode exit;
};
// States that a task does not leave by itself.
constexpr std::array k_ends{
    EndRow{"done", ExitCode::done},    EndRow{"waiting_human", ExitCode::done},
    EndRow{"held", ExitCode::no},      EndRow{"infra_hold", ExitCode::try_later},
    EndRow{"cancelled", ExitCode::no},
};

std::optional<ExitCode> end_of(const Json& task) {
  const std::string state = text_field(task, "state");
  for (const EndRow& row : k_ends) {
    if (row.state == state) return row.exit;
  }
  return std::nullopt;
}

bool is_past(const Json& task, std::optional<Stage> until) {
  const auto stage = parse_stage(text_field(task, "stage"));
  return until && stage && *stage > *until;
}

std::string closing_line(const Json& task) {
  const Json& waiting = object_field(task, "waiting");
  if (waiting.empty()) {
    return text_field(task, "work_item") + " is " + text_field(task, "state") + "\n";
  }
  const std::string next = text_field(waiting, "next");
  return text_field(waiting, "text") + (next.empty() ? "" : "        " + next) + "\n";
}

// Prints what is new; remembers it.
class Printer {
 public:
  explicit Printer(const Session& session) : session_(session) {}

  void print_new(const Json& timeline) {
    if (session_.output() != OutputFormat::text) return print_new_entries(timeline);
    for (const TimelineLine& line : timeline_lines(timeline)) {
      if (seen_.insert(line.key).second) session_.print_text(line.text + "\n");
    }
  }

 private:
  // A run's entry changes when it ends: an entry is told apart by everything it says.
  void print_new_entries(const Json& timeline) {
    for (const Json& entry : object_field(timeline, "entries")) {
      const std::string text = entry.dump(-1, ' ', false, Json::error_handler_t::replace);
      if (seen_.insert(text).second) session_.print(entry, task_text);
    }
  }

  const Session& session_;
  std::set<std::string> seen_;
};

struct WatchLimits {
  std::optional<Stage> until;
  std::optional<MonoTime> deadline;
};

// The task's row is asked for before its timeline: the last line printed is never older than the
// end.
ExitCode follow(const Session& session, const std::string& id, const WatchLimits& limits) {
  const std::string path = "/api/v1/tasks/" + percent_encode(id);
  Printer printer(session);
  Millis pause = k_first_pause;
  while (true) {
    ExitCode failure = ExitCode::done;
    const auto task = session.ask(path, failure);
    if (!task.ok()) return failure;
    const auto timeline = session.ask(path + "/timeline", failure);
    if (!timeline.ok()) return failure;
    printer.print_new(timeline.value());
    if (is_past(task.value(), limits.until)) return ExitCode::done;
    if (const auto end = end_of(task.value())) {
      if (session.output() == OutputFormat::text) session.print_text(closing_line(task.value()));
      return *end;
    }
    if (limits.deadline && mono_now() >= *limits.deadline) {
      session.message("still " + text_field(task.value(), "state") + " in " +
                      text_field(task.value(), "stage") + "; the task goes on");
      return ExitCode::try_later;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause + pause / 4, k_longest_pause);
  }
}

std::string last_run(const Json& timeline) {
  std::int64_t last = 0;
  for (const Json& entry : object_field(timeline, "entries")) {
    last = std::max(last, number_field(entry, "run"));
  }
  return last > 0 ? std::to_string(last) : "";
}

void print_lines(const Session& session, const Json& lines) {
  for (const Json& line : lines) {
    if (session.output() == OutputFormat::text) {
      session.print_text(text_field(line, "text") + "\n");
    } else {
      session.print(line, task_text);
    }
  }
}

void say_if_nothing(const Session& session, const std::string& run, bool is_nothing) {
  if (is_nothing) session.message("run " + run + " has written nothing");
}

// As it is written, until the run has ended.
ExitCode follow_log(const Session& session, const std::string& run) {
  bool is_nothing = true;
  const ExitCode end = session.listen(
      "/api/v1/events?topics=log:" + run, [&](std::string_view event, const Json& data) {
        if (event == "log") print_lines(session, object_field(data, "lines"));
        is_nothing = is_nothing && event != "log";
        return event != "end";
      });
  if (end == ExitCode::done) say_if_nothing(session, run, is_nothing);
  return end;
}

ExitCode print_log(const Session& session, const std::string& run) {
  std::int64_t from = 1;
  while (true) {
    ExitCode failure = ExitCode::done;
    const auto page = session.ask(
        "/api/v1/runs/" + run + "/log?from=" + std::to_string(from) + "&limit=1000", failure);
    if (!page.ok()) return failure;
    const Json& lines = object_field(page.value(), "lines");
    print_lines(session, lines);
    if (!lines.empty()) from = number_field(lines.back(), "n") + 1;
    if (!lines.empty() && from <= number_field(page.value(), "total")) continue;
    say_if_nothing(session, run, from == 1);
    return ExitCode::done;
  }
}

ExitCode show_run(const Session& session, const std::string& run, bool follow_run) {
  return follow_run ? follow_log(session, run) : print_log(session, run);
}

}  // namespace

ExitCode watch_task(const Session& session, const WatchOptions& options) {
  WatchLimits limits;
  if (!options.until.empty()) limits.until = parse_stage(options.until);
  if (!options.timeout.empty()) {
    const auto ms = parse_duration_ms(options.timeout);
    if (!ms) {
      session.message("--timeout: not a duration such as 10m");
      return ExitCode::usage;
    }
    limits.deadline = mono_now() + Millis{*ms};
  }
  return follow(session, options.id, limits);
}

ExitCode show_log(const Session& session, const LogOptions& options) {
  if (!options.run.empty()) {
    return show_run(session, percent_encode(options.run), options.follow);
  }
  ExitCode failure = ExitCode::done;
  const auto timeline =
      session.ask("/api/v1/tasks/" + percent_encode(options.id) + "/timeline", failure);
  if (!timeline.ok()) return failure;
  const std::string run = last_run(timeline.value());
  if (!run.empty()) return show_run(session, run, options.follow);
  session.message(options.id + " has not run yet");
  return ExitCode::no;
}

}  // namespace orc::cli
