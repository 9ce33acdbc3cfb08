// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "process/pidfd.h"
#include "process/process.h"

namespace orc::process::test {

inline const Environment k_env = {{"PATH", "/usr/bin:/bin"}};

// Nothing in these tests takes this long unless it hangs.
constexpr Millis k_deadline{20'000};

inline RunSpec shell(const std::string& script, Environment env = k_env) {
  RunSpec spec;
  spec.spawn.argv = {"/bin/sh", "-c", script};
  spec.spawn.env = std::move(env);
  spec.timeout = k_deadline;
  return spec;
}

inline Environment marked(const std::string& run_id) {
  Environment env = k_env;
  env.emplace_back("ORCH_RUN_ID", run_id);
  return env;
}

inline bool lives(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

inline bool has_ended(const Child& child, Millis wait) {
  pollfd watched{child.pidfd.get(), POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(wait.count())) == 1;
}

inline pid_t pid_in(const std::string& text) {
  return static_cast<pid_t>(std::stol(text));
}

// A process that left its parent's session and whose parent is gone; deaf to SIGTERM. Prints its
// pid.
inline std::string escapee() {
  return "setsid -f sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; "
         "while :; do sleep 100; done'";
}

}  // namespace orc::process::test
