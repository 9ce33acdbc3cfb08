// SPDX-License-Identifier: Apache-2.0
// run_process: from the plugin's wish to process::run and back.
#include <cerrno>

#include "process/sweep.h"
#include "worker/host_services.h"
#include "worker/run_spec.h"

namespace orc::worker {

namespace {

// A production deploy may replace and restart the very host that drives it. Nothing else has a
// reason to go on after its job.
bool may_outlive_its_job(const StageRule& rule) {
  return rule.human == HumanGate::before_production;
}

}  // namespace

Result<Surroundings> HostServices::surroundings() {
  const std::lock_guard lock(mutex_);
  if (!surroundings_) surroundings_ = make_surroundings_();
  return *surroundings_;
}

process::RunSpec HostServices::run_spec(const orch_process& spec,
                                        const Surroundings& surroundings) const {
  process::RunSpec run = to_run_spec(spec, {.cwd = session_.request.worktree,
                                            .environment = surroundings.environment,
                                            .run_id = session_.request.run_id,
                                            .remaining = session_.watchdog.remaining(),
                                            .grace = session_.request.kill_grace});
  run.spawn.confinement = surroundings.confinement;
  run.wake_fd = session_.watchdog.wake_fd();
  run.cancelled = [this] { return session_.watchdog.stop_cause().has_value(); };
  return run;
}

// The one process that may outlive its job, and how the sweep comes to leave it alone: it is the
// last thing this job starts; what it orphans from now on is not handed to this worker; and the
// session that it leads is spared by number and start time. Without the job's mark in its
// environment the host does not find it either.
orch_status HostServices::start_detached(process::SpawnSpec spawn, orch_process_result& raw) {
  session_.record.sweep();
  process::RunResult result;
  std::variant<process::Child, process::NotStarted> started =
      process::NotStarted{EPERM, "the worker cannot let go of its orphans"};
  if (process::resign_as_subreaper().ok()) started = process::spawn(spawn);
  if (auto* child = std::get_if<process::Child>(&started)) {
    session_.record.spare(child->pid);
    result.end = process::Exited{0};
    const std::lock_guard lock(mutex_);
    has_detached_ = true;
  } else {
    (void)process::become_subreaper();
    result.end = std::move(*std::get_if<process::NotStarted>(&started));
  }
  return answer(std::move(result), raw);
}

orch_status HostServices::answer(process::RunResult result, orch_process_result& raw) {
  const std::lock_guard lock(mutex_);
  --running_;
  process::RunResult& kept = results_[std::this_thread::get_id()];
  kept = std::move(result);
  fill(raw, kept);
  return ORCH_OK;
}

orch_status HostServices::run(const orch_process& spec, orch_process_result& raw) {
  if (!is_sound(spec)) return ORCH_E_ARGUMENT;
  const bool detached = spec.detached != 0;
  if (detached && !may_outlive_its_job(session_.rule)) return ORCH_E_ARGUMENT;
  {
    const std::lock_guard lock(mutex_);
    if (!producing_ || has_detached_ || (detached && running_ > 0)) return ORCH_E_STATE;
    ++running_;
  }
  const Result<Surroundings> around = surroundings();
  if (!around.ok()) {
    return answer({.end = process::NotStarted{EACCES, around.error().message}}, raw);
  }
  process::RunSpec run = run_spec(spec, around.value());
  // Counted before: a crash in between must not look as if nothing had been touched.
  if (spec.mutating != 0 || detached) session_.record.side_effect();
  if (detached) return start_detached(std::move(run.spawn), raw);
  process::RunResult result = process::run(run);
  // The watchdog ends the program in both cases; the plugin is told which.
  if (std::holds_alternative<process::Cancelled>(result.end) &&
      session_.watchdog.stop_cause() == StopCause::deadline) {
    result.end = process::TimedOut{};
  }
  return answer(std::move(result), raw);
}

}  // namespace orc::worker
