// SPDX-License-Identifier: Apache-2.0
// What a host leaves, and what the next one finds: jobs whose worker was lost with it, ends that it
// did not survive taking in, and workers that were told to end and have not yet.
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/worker_process.h"
#include "jobs/worker_client.h"

namespace orc::engine {

namespace {

// Starts that found the same end and did not live to store it.
constexpr int k_most_recoveries = 3;

}  // namespace

// Nothing to adopt: either the end is taken in now, or it has ended hosts often enough. True: the
// task is held, and the job is not looked at any more.
Result<bool> Engine::quarantine_if_deadly(const store::LiveJob& found) {
  if (jobs::live_worker(folders_.job(found.job.id, found.job.attempt))) return false;
  ORC_TRY(const int times, store_->count_recovery(found.job.id));
  if (times <= k_most_recoveries) return false;
  const std::string text = "job " + std::to_string(found.job.id.value) + ": " +
                           std::to_string(k_most_recoveries) +
                           " hosts ended while they took in its end; its folder is kept";
  log(LogLevel::error, "job.quarantined", text, {{"task", found.task.work_item}});
  ORC_TRY(const store::Write ended,
          store_->finish_job({found.job.id, found.job.attempt, identity_.instance},
                             {.stage = found.job.stage,
                              .outcome = "worker_fault",
                              .reason = "quarantined",
                              .text = text,
                              .at = batch_.now}));
  if (ended == store::Write::lost) return true;
  ORC_TRY(const store::Write held,
          write(found.task, put_on_hold(found.task, HoldClass::unknown, "quarantined: " + text),
                "engine"));
  (void)held;
  return true;
}

// The worker is gone and left no report. If its host stopped as asked it is tried again free of
// charge; if the host vanished, the attempt may be the cause, and counts against the budget for
// infrastructure.
void Engine::charge_lost(Worker& worker, jobs::WorkerReport& report) {
  const std::filesystem::path folder = folders_.job(worker.job.id, worker.job.attempt);
  const bool started = jobs::was_started(folder);
  const bool rebooted = worker.boot_id != boot_id();
  const std::string text = !started   ? "the host ended before the worker began"
                           : rebooted ? "the machine was restarted under the worker"
                                      : text_of(report.outcome);
  if (!worker.host_stopped) {
    worker.lost_with_host = true;
    report.outcome = WorkerFault{text};
  } else if (!started || rebooted) {
    report.outcome = Deferred{.reason = ReasonCode::cancelled, .text = text};
  }
}

Status Engine::recover_ending_workers() {
  ORC_TRY(const std::vector<store::LiveJob> ending, store_->ending_jobs());
  for (const store::LiveJob& found : ending)
    batch_.effects.emplace_back([this, found] { await_end(found.job, found.task); });
  return Done{};
}

// A command has ended the job, and this host has not started its worker.
void Engine::await_end(const Job& job, const Task& task) {
  const std::filesystem::path folder = folders_.job(job.id, job.attempt);
  Worker worker{.job = job, .task = task, .generation = generation_};
  worker.abandoned = true;
  worker.task_ended = task.state == TaskState::done || task.state == TaskState::cancelled;
  worker.deadline = mono_now();
  if (const auto request = jobs::read_request(folder); request.ok())
    worker.run_id = request.value().run_id;
  Worker& kept = workers_.insert_or_assign(job.id, std::move(worker)).first->second;
  if (open_live_worker(kept, folder)) {
    watch(kept);
    ask_to_end(kept, ReasonCode::cancelled, "its job was ended by a command");
    return;
  }
  end_survivors(kept.run_id);
  report_later(kept, {.outcome = WorkerFault{"ended while no host was running"}});
}

// Between the look and the open the pid may have become somebody else's.
bool Engine::open_live_worker(Worker& worker, const std::filesystem::path& folder) {
  const auto identity = jobs::live_worker(folder);
  if (!identity) return false;
  worker.child.pid = identity->pid;
  worker.child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, identity->pid, 0)));
  if (worker.child.pidfd && is_alive(*identity)) return true;
  worker.child = {};
  return false;
}

// The next host takes over what this one leaves; without this row it would call it an incident.
Status Engine::say_stopped() {
  ORC_CHECK_OK(store_->begin());
  Status said = store_->record_host_stop(identity_, wall_now());
  if (said.ok()) said = store_->commit();
  if (!said.ok()) store_->rollback();
  return said;
}

}  // namespace orc::engine
