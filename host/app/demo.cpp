// SPDX-License-Identifier: Apache-2.0
#include "app/demo.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "app/demo_folder.h"
#include "app/demo_host.h"
#include "app/demo_story.h"
#include "app/demo_transcript.h"
#include "app/interrupt.h"
#include "base/text.h"
#include "cli/text_views.h"
#include "process/process.h"

namespace orc::app {

namespace {

constexpr Millis k_story_limit{60'000};
constexpr int k_look_again_ms = 150;

enum class Wake : std::uint8_t { time, interrupted, host_ended };

Wake wait(const Interrupt& interrupt, const DemoHost& host, int wait_ms) {
  std::array<pollfd, 2> entries{pollfd{.fd = interrupt.fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = host.pidfd(), .events = POLLIN, .revents = 0}};
  if (::poll(entries.data(), entries.size(), wait_ms) <= 0) return Wake::time;
  return entries[0].revents != 0 ? Wake::interrupted : Wake::host_ended;
}

void say(const std::string& line) {
  std::cout << printable(line) << "\n" << std::flush;
}

std::string task_path(const Chapter& chapter) {
  return "/api/v1/tasks/" + std::string(chapter.work_item);
}

void introduce(const DemoFolder& folder) {
  say("Orchestrator demo");
  say("  folder   " + folder.root().string());
  say("  agent    a script that plays the coding agent: no model is asked, nothing leaves this "
      "machine");
  say("  real     git, the test suites, ssh, the deploy");
  say("  humans   the demo answers the human gates of three tasks and says so; the fourth is left "
      "to you");
  say("");
}

Status submit_all(const DemoHost& host) {
  for (const Chapter& chapter : chapters()) {
    ORC_TRY(const Json answer, host.post("/api/v1/tasks", {{"work_item", chapter.work_item},
                                                           {"repo", chapter.repo},
                                                           {"title", chapter.title},
                                                           {"request", chapter.request}}));
    say(std::string(chapter.work_item) + "  " + std::string(chapter.repo) + ": " +
        std::string(chapter.title));
    say("        " + std::string(chapter.promise));
  }
  say("");
  return Done{};
}

// Answers the human gate that the task stands at, as any operator would.
Status approve(const Chapter& chapter, const DemoHost& host) {
  ORC_TRY(const Json answer, host.post(task_path(chapter) + "/approve",
                                       {{"reason", "the demo, in place of a human"}}));
  return Done{};
}

// Nothing more will happen to the task unless somebody does something.
bool is_settled(const Chapter& chapter, const std::string& state) {
  if (state == "waiting_human") return !chapter.demo_approves;
  return state != "running" && state != "queued";
}

Result<bool> all_are_settled(const DemoHost& host) {
  bool all = true;
  for (const Chapter& chapter : chapters()) {
    ORC_TRY(const Json task, host.get(task_path(chapter)));
    const std::string state = cli::text_field(task, "state");
    if (state == "waiting_human" && chapter.demo_approves) ORC_CHECK_OK(approve(chapter, host));
    all = all && is_settled(chapter, state);
  }
  return all;
}

// Follows the tasks until nothing more happens to them, or the time is over. `unavailable` if the
// host is gone, `refused` after Ctrl-C.
Status play(const DemoHost& host, const Interrupt& interrupt) {
  DemoTranscript transcript;
  const MonoTime limit = mono_now() + k_story_limit;
  while (true) {
    ORC_TRY(const bool settled, all_are_settled(host));
    for (const std::string& line : transcript.news(host)) say(line);
    if (settled) return Done{};
    if (mono_now() > limit) return Done{};
    switch (wait(interrupt, host, k_look_again_ms)) {
      case Wake::time:
        break;
      case Wake::interrupted:
        return Error{ErrorKind::refused, "interrupted"};
      case Wake::host_ended:
        return Error{ErrorKind::unavailable, "the host has ended"};
    }
  }
}

// The endings as a table; how many are not as promised.
int judge_all(const DemoHost& host) {
  std::vector<std::vector<std::string>> rows{{"task", "stands at", "state", "as promised"}};
  std::vector<std::string> problems;
  for (const Chapter& chapter : chapters()) {
    const auto task = host.get(task_path(chapter));
    const Json known = task.ok() ? task.value() : Json::object();
    const auto problem = judge(chapter, host);
    if (problem) problems.push_back(std::string(chapter.work_item) + ": " + *problem);
    rows.push_back({std::string(chapter.work_item), cli::text_field(known, "stage"),
                    cli::text_field(known, "state"),
                    (problem ? "NO: " : "yes: ") + std::string(chapter.promise)});
  }
  say("");
  std::cout << cli::table(rows) << std::flush;
  for (const std::string& problem : problems) say("not as promised: " + problem);
  return static_cast<int>(problems.size());
}

void invite(const DemoFolder& folder) {
  const std::string url = "http://127.0.0.1:" + std::to_string(folder.board_port());
  say("");
  say("What to try next, in another terminal:");
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  say("  alias orchestrator=" + program.string());
  say("  export ORCH_SOCKET=" + folder.socket().string());
  say("  orchestrator task list");
  say("  orchestrator task why DEMO-3                    why it is held, and what releases it");
  say("  orchestrator task show DEMO-2                   the artifacts, and who made them");
  say("  orchestrator task approve DEMO-4 --reason ok    it is yours");
  say("  orchestrator plugin kill test-runner --reason \"just to see\"");
  say("                                                  the next task's tests fall back to the "
      "agent");
  say("  git --git-dir=" + folder.bare("ledger").string() + " log --oneline task/DEMO-2");
  say("  " + url + "                          the board, in a browser");
  say("  curl -s " + url + "/queue");
  say("Change " + folder.config().string() +
      " and `orchestrator reload`; break it, and see what is refused.");
  say("Ctrl-C ends the host.");
}

void stay(const DemoHost& host, const Interrupt& interrupt) {
  invite(host.folder());
  constexpr int k_for_ever = -1;
  if (wait(interrupt, host, k_for_ever) == Wake::host_ended) say("the host has ended");
}

int finish(const Status& ended, DemoHost& host, DemoFolder& folder, bool keep_folder) {
  const Status stopped = host.stop();
  for (const Status* status : std::array{&ended, &stopped}) {
    if (!status->ok()) std::cerr << "demo: " << printable(status->error().message) << "\n";
  }
  if (keep_folder) say("left in place: " + folder.root().string());
  const Status removed = keep_folder ? Status(Done{}) : folder.remove();
  if (!removed.ok()) std::cerr << "demo: " << removed.error().message << "\n";
  return ended.ok() && stopped.ok() && removed.ok() ? 0 : 1;
}

Status play_and_judge(const DemoHost& host, const Interrupt& interrupt) {
  introduce(host.folder());
  ORC_CHECK_OK(submit_all(host));
  ORC_CHECK_OK(play(host, interrupt));
  const int wrong = judge_all(host);
  if (wrong == 0) return Done{};
  std::cerr << "the end of the host's log:\n" << printable(host.log_tail()) << "\n";
  return Error{ErrorKind::refused, std::to_string(wrong) + " of " +
                                       std::to_string(chapters().size()) +
                                       " tasks did not end as promised"};
}

}  // namespace

int demo(const cli::DemoOptions& options) {
  const Interrupt interrupt;
  (void)process::become_subreaper();
  auto folder = DemoFolder::make(options.dir.value_or(std::filesystem::path{}));
  if (!folder.ok()) {
    std::cerr << "demo: " << folder.error().message << "\n";
    return 1;
  }
  const bool keep_folder = options.keep || (options.dir.has_value() && !options.check);
  auto host = DemoHost::start(folder.value());
  if (!host.ok()) {
    std::cerr << "demo: " << host.error().message << "\n";
    if (!keep_folder) (void)folder.value().remove();
    return 1;
  }
  // An answer without an expected field must not leave the host running.
  const Status ended = guard("demo", [&] { return play_and_judge(host.value(), interrupt); });
  if (!options.check && ended.ok()) stay(host.value(), interrupt);
  return finish(ended, host.value(), folder.value(), keep_folder);
}

}  // namespace orc::app
