// SPDX-License-Identifier: Apache-2.0
// run_process: from the plugin's wish to process::run and back.
#include "worker/host_services.h"
#include "worker/run_spec.h"

namespace orc::worker {

process::RunSpec HostServices::run_spec(const orch_process& spec) const {
  process::RunSpec run = to_run_spec(spec, {.cwd = session_.request.worktree,
                                            .run_id = session_.request.run_id,
                                            .remaining = session_.watchdog.remaining(),
                                            .grace = session_.request.kill_grace});
  run.wake_fd = session_.watchdog.wake_fd();
  run.cancelled = [this] { return session_.watchdog.stop_cause().has_value(); };
  return run;
}

orch_status HostServices::start_detached(process::SpawnSpec spawn, orch_process_result& raw) {
  process::RunResult result;
  auto started = process::spawn(spawn);
  if (auto* child = std::get_if<process::Child>(&started)) {
    session_.record.spare(child->pid);
    result.end = process::Exited{0};
  } else {
    result.end = std::move(*std::get_if<process::NotStarted>(&started));
  }
  const std::lock_guard lock(mutex_);
  process::RunResult& kept = results_[std::this_thread::get_id()];
  kept = std::move(result);
  fill(raw, kept);
  return ORCH_OK;
}

orch_status HostServices::run(const orch_process& spec, orch_process_result& raw) {
  {
    const std::lock_guard lock(mutex_);
    if (!producing_) return ORCH_E_STATE;
  }
  if (!is_sound(spec)) return ORCH_E_ARGUMENT;
  process::RunSpec run = run_spec(spec);
  // Counted before: a crash in between must not look as if nothing had been touched.
  if (spec.mutating != 0 || spec.detached != 0) session_.record.side_effect();
  if (spec.detached != 0) return start_detached(std::move(run.spawn), raw);
  process::RunResult result = process::run(run);
  const std::lock_guard lock(mutex_);
  process::RunResult& kept = results_[std::this_thread::get_id()];
  kept = std::move(result);
  fill(raw, kept);
  return ORCH_OK;
}

}  // namespace orc::worker
