// SPDX-License-Identifier: Apache-2.0
// The processes behind the claims: start, adopt, end, forget.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/digest.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/request.h"
#include "engine/worker_process.h"
#include "jobs/worker_client.h"
#include "process/table.h"

namespace orc::engine {

namespace {

constexpr int k_recent_events = 256;  // looked at by each start; `events verify` looks at all

// By the age of the process: the wall clock may have stepped since the claim.
Millis time_left(const Job& job, const ProcessIdentity& worker) {
  const Millis limit =
      job.deadline_at && job.started_at ? *job.deadline_at - *job.started_at : Millis{0};
  const auto ticks = static_cast<long long>(process::ticks_now()) - worker.start_ticks;
  return limit - Millis{ticks * 1000 / ::sysconf(_SC_CLK_TCK)};
}

}  // namespace

void Engine::start(Worker worker) {
  ORC_CRASHPOINT(claim_durable);
  const JobId id = worker.job.id;
  if (worker.job.kind == JobKind::produce && worker.links.empty()) {
    Worker& kept = workers_.insert_or_assign(id, std::move(worker)).first->second;
    report_later(kept, {.outcome = NobodyAccepted{}});
    return;
  }
  if (worker.job.kind == JobKind::land && !has_gate(worker.edge.gates, EdgeGate::merge)) {
    Worker& kept = workers_.insert_or_assign(id, std::move(worker)).first->second;
    report_later(kept, {.outcome = EdgeResult{EdgeEnd::passed, EdgeGate::merge,
                                              "the merge gate was switched off: not landed"}});
    return;
  }
  jobs::JobRequest request = build_request(worker.task, worker.job, *worker.generation,
                                           worker.links, folders_, worker.run_id);
  request.approved_by = worker.approved_by;
  request.suite = worker.suite;
  request.edge = worker.edge;
  Launcher::Launched launched = launcher_->launch(folders_.job(id, worker.job.attempt), request);
  Worker& kept = workers_.insert_or_assign(id, std::move(worker)).first->second;
  std::visit(overloaded{
                 [&](process::Child& child) {
                   kept.child = std::move(child);
                   kept.is_child = true;
                   watch(kept);
                 },
                 [&](jobs::WorkerReport& report) { report_later(kept, std::move(report)); },
                 [&](Error& error) {
                   log(LogLevel::error, "worker.not_started", error.message,
                       {{"task", kept.task.work_item}, {"job", std::to_string(id.value)}});
                   report_later(kept, {.outcome = WorkerFault{"the worker was not started: " +
                                                              error.message}});
                 },
             },
             launched);
}

void Engine::watch(Worker& worker) {
  epoll_event event{.events = EPOLLIN,
                    .data = {.u64 = static_cast<std::uint64_t>(worker.job.id.value)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, worker.child.pidfd.get(), &event);
}

void Engine::report_later(const Worker& worker, jobs::WorkerReport report) {
  ready_.emplace_back(JobEnded{worker.job.id, worker.job.attempt,
                               std::make_shared<const jobs::WorkerReport>(std::move(report))});
}

void Engine::forget(JobId job) {
  const auto worker = workers_.find(job);
  if (worker == workers_.end()) return;
  const bool task_ended = worker->second.task_ended;
  const Task task = std::move(worker->second.task);
  workers_.erase(worker);
  if (task_ended) clean_up_after(task);
}

// The task's clone goes once no process works in it: a cancelled task's worker may still be ending.
void Engine::clean_up_after(const Task& task) {
  for (auto& [id, worker] : workers_) {
    if (worker.task.id != task.id || !worker.abandoned) continue;
    worker.task_ended = true;
    return;
  }
  if (housekeeping_) housekeeping_->task_ended(task.work_item);
}

void Engine::ask_to_end(Worker& worker, ReasonCode because, std::string text) {
  worker.ended_because = because;
  worker.ended_text = std::move(text);
  worker.kill_at = mono_now() + generation_->config.kill_grace + Millis{5000};
  signal_worker(worker.child, SIGTERM, kill_reason(because));
}

// --- start-up
// ------------------------------------------------------------------------------------------

Status Engine::recover() {
  batch_ = Batch{};
  batch_.now = wall_now();
  ORC_TRY(const std::vector<store::LiveJob> running, store_->running_jobs());
  ORC_CHECK_OK(store_->begin());
  ORC_CHECK_OK(store_->record_host(identity_, ORCH_VERSION, batch_.now));
  ORC_CHECK_OK(look_at_recent_events());
  ORC_CHECK_OK(follow_wall_clock());
  if (Status reclaimed = reclaim_leases(); !reclaimed.ok()) {
    store_->rollback();
    return reclaimed;
  }
  if (Status recovered = shadows_.recover(batch_.now); !recovered.ok()) {
    store_->rollback();
    return recovered;
  }
  for (const store::LiveJob& job : running) {
    if (Status recovered = recover_job(job); !recovered.ok()) {
      store_->rollback();
      return recovered;
    }
  }
  ORC_CHECK_OK(recover_ending_workers());
  ORC_CHECK_OK(store_->commit());
  ORC_CRASHPOINT(recovery_durable);
  run_effects();
  ORC_TRY(const std::optional<store::Drain> drain, store_->drain());
  draining_ = drain.has_value();
  ORC_TRY(const std::vector<Alert> alerts, store_->open_alerts());
  for (const Alert& alert : alerts) alerted_.insert(alert.task);
  batch_ = Batch{};
  ORC_TRY(const std::vector<store::PluginKill> kills, store_->kills(wall_now()));
  if (!kills.empty()) next_unkill_ = wall_now();
  ORC_CHECK_OK(remove_leftovers());
  reload_pauses();
  next_due_ = wall_now();  // the first turn looks for itself
  next_outbox_ = wall_now();
  publish();
  return Done{};
}

// A broken chain is told once and for all to see; it stops nobody's work.
Status Engine::look_at_recent_events() {
  ORC_TRY(const std::optional<store::ChainBreak> broken,
          store_->verify_last_events(k_recent_events));
  if (!broken) return Done{};
  const std::string text = "event " + std::to_string(broken->event.value) + ": " + broken->problem;
  log(LogLevel::error, "store.events_broken", text);
  ORC_TRY(const bool is_new, store_->raise_alert(TaskId{}, "events_broken", text, batch_.now));
  (void)is_new;
  return Done{};
}

// The worker still lives → adopt it. It has reported → its report counts. Neither → it is lost with
// the host and runs again; that costs an infrastructure attempt only if the worker had been
// started.
Status Engine::recover_job(const store::LiveJob& running) {
  // A job that does not fit its task is left to the reconciler, which holds the task.
  if (running.task.state != TaskState::active || running.job.stage != running.task.stage)
    return Done{};
  const std::filesystem::path folder = folders_.job(running.job.id, running.job.attempt);
  Worker worker{.job = running.job, .task = running.task, .generation = generation_};
  worker.boot_id = running.job.owner.process.boot_id;
  worker.job.owner = identity_;
  worker.deadline =
      mono_now() + std::max(Millis{0}, running.job.deadline_at.value_or(batch_.now) - batch_.now);
  if (Result<jobs::JobRequest> request = jobs::read_request(folder); request.ok()) {
    worker.links = std::move(request.value().chain);
    worker.run_id = request.value().run_id;
    worker.suite = request.value().suite;
    worker.edge = std::move(request.value().edge);
  }
  const store::JobFence fence{running.job.id, running.job.attempt, running.job.owner.instance};
  ORC_TRY(const store::Write adopted, store_->adopt_job(fence, identity_));
  if (adopted == store::Write::lost) return Done{};
  ORC_TRY(const bool deadly, quarantine_if_deadly(running));
  if (deadly) return Done{};
  ORC_TRY(worker.host_stopped, store_->host_stopped(running.job.owner.instance));
  if (has_side_effects(running.job.stage)) {
    ORC_TRY(const std::optional<Lease> lease, store_->lease(running.task.id));
    if (lease && lease->owner.instance == identity_.instance) worker.lease_epoch = lease->epoch;
  }
  ORC_FAILPOINT(recovery_adopted);
  batch_.effects.emplace_back(
      [this, worker = std::make_shared<Worker>(std::move(worker))] { adopt(std::move(*worker)); });
  return Done{};
}

void Engine::adopt(Worker worker) {
  const std::filesystem::path folder = folders_.job(worker.job.id, worker.job.attempt);
  const JobId id = worker.job.id;
  Worker& kept = workers_.insert_or_assign(id, std::move(worker)).first->second;
  if (open_live_worker(kept, folder)) {
    if (const auto identity = identify_process(kept.child.pid); identity.ok())
      kept.deadline = mono_now() + time_left(kept.job, identity.value());
    watch(kept);
    log(LogLevel::info, "worker.adopted", "a worker of an earlier host goes on",
        {{"task", kept.task.work_item},
         {"job", std::to_string(id.value)},
         {"pid", std::to_string(kept.child.pid)}});
    return;
  }
  jobs::WorkerReport report = jobs::conclude(folder, std::nullopt);
  if (!jobs::has_reported(folder)) clear_up_after(kept);
  if (!jobs::has_reported(folder)) charge_lost(kept, report);
  log(LogLevel::info, "worker.concluded", "a worker ended while no host was running",
      {{"task", kept.task.work_item},
       {"job", std::to_string(id.value)},
       {"outcome", std::string(name_of(report.outcome))}});
  report_later(kept, std::move(report));
}

}  // namespace orc::engine
