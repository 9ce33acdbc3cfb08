// SPDX-License-Identifier: Apache-2.0
#include "engine/worker_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <system_error>

#include "base/log.h"

namespace orc::engine {

namespace {

constexpr int k_sweeps = 20;  // a tree that forks while it is swept needs more than one

void send(const UniqueFd& pidfd, int signal, KillReason reason) {
  if (pidfd && ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0)
    count_kill(signal, reason);
}

}  // namespace

void signal_worker(const process::Child& worker, int signal, KillReason reason) {
  send(worker.pidfd, signal, reason);
}

void end_survivors(const std::string& run_id) {
  if (run_id.empty()) return;
  for (int sweep = 0; sweep < k_sweeps; ++sweep) {
    const std::vector<pid_t> survivors = process::find_by_run_id(run_id);
    if (survivors.empty()) return;
    log(LogLevel::warning, "worker.survivors", "processes outlived their worker and are ended",
        {{"run", run_id}, {"count", std::to_string(survivors.size())}});
    for (const pid_t pid : survivors) {
      const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      send(pidfd, SIGKILL, KillReason::leftover);
    }
  }
}

}  // namespace orc::engine
