// SPDX-License-Identifier: Apache-2.0
// Commands that follow a task by asking again; what was printed once is never printed twice.
#pragma once

#include <string>

#include "cli/session.h"

namespace orc::cli {

struct WatchOptions {
  std::string id;
  std::string until;    // a stage; empty: until it is done, held or waits for a person
  std::string timeout;  // a duration; empty: none
};
// 0: done, waits for a person, or past `until`; 1: held or cancelled; 75: held by its environment,
// or timed out.
ExitCode watch_task(const Session& session, const WatchOptions& options);

struct LogOptions {
  std::string id;
  std::string run;  // empty: the last one
  bool follow = false;
};
ExitCode show_log(const Session& session, const LogOptions& options);

}  // namespace orc::cli
