// SPDX-License-Identifier: Apache-2.0
// orchestrator-worker: carries out one job in a process of its own, makes such processes for a
// host, or looks at one plugin for it.
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "base/guarded_process.h"
#include "base/text.h"
#include "worker/describe.h"
#include "worker/fork_server.h"
#include "worker/job.h"
#include "worker/preflight.h"

namespace {

constexpr int k_exit_usage = 64;

struct CommandLine {
  std::string_view folder;
  std::string_view library;    // to describe
  std::string_view preflight;  // the library to ask
  std::string_view served;     // the folder of the jobs that forks are made for
  orc::worker::DescribeWish wish;
  int secrets_fd = -1;
};

std::optional<CommandLine> parse(const std::vector<std::string_view>& arguments) {
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (!word.starts_with("--")) {
      if (!line.folder.empty()) return std::nullopt;
      line.folder = word;
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    if (word == "--describe") {
      line.library = arguments[i];
    } else if (word == "--preflight") {
      line.preflight = arguments[i];
    } else if (word == "--fork-server") {
      line.served = arguments[i];
    } else if (word == "--settings") {
      line.wish.settings = arguments[i];
    } else if (word == "--empty-task") {
      line.wish.empty_task = arguments[i];
    } else if (word == "--secrets-fd") {
      const auto number = orc::parse_integer(arguments[i]);
      if (!number || *number < 3 || *number > 1024) return std::nullopt;
      line.secrets_fd = line.wish.secrets_fd = static_cast<int>(*number);
    } else {
      return std::nullopt;
    }
  }
  const int asked =
      !line.folder.empty() + !line.library.empty() + !line.preflight.empty() + !line.served.empty();
  if (asked != 1) return std::nullopt;
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  orc::guard_this_process();
  const std::optional<CommandLine> line = parse({argv + 1, argv + argc});
  if (!line) {
    std::fputs(
        "usage: orchestrator-worker JOB_FOLDER [--secrets-fd N]\n"
        "       orchestrator-worker --describe LIBRARY [--settings FILE|-] [--secrets-fd N]\n"
        "                           [--empty-task STAGE]\n"
        "       orchestrator-worker --preflight LIBRARY    (the question on the standard input)\n"
        "       orchestrator-worker --fork-server JOBS_FOLDER    (the host on descriptor 3)\n",
        stderr);
    return k_exit_usage;
  }
  if (!line->served.empty()) return orc::worker::serve_forks(argv);
  if (!line->preflight.empty()) return orc::worker::preflight(line->preflight);
  if (!line->library.empty()) {
    return orc::worker::describe(line->library, line->wish);
  }
  return orc::worker::run_job(line->folder, line->secrets_fd);
}
