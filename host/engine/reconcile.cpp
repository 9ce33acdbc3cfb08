// SPDX-License-Identifier: Apache-2.0
// What the reconciler found, looked at again inside the batch: the row may have moved since. What
// cannot be right but has one right answer is repaired; anything else is held with its reason, so
// that one bad row never stops the others. A transition with a live owner is left alone.
#include "base/log.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

using Kind = store::Irregularity::Kind;

const std::string k_quarantined = "quarantined: ";

}  // namespace

Status Engine::on(ReconcilerRound& round) {
  batch_.effects.emplace_back([this, at = round.at] { reconciler_counts_.last_run = at; });
  ORC_CHECK_OK(queue_next_jobs());  // jobs are looked for where they are: in the store
  for (const store::Irregularity& found : round.irregularities) ORC_CHECK_OK(repair(found));
  for (const MovedBranch& moved : round.moved) {
    ORC_TRY(const std::optional<Task> task, store_->task(moved.task));
    if (!task || task->rev != moved.rev) continue;
    ORC_CHECK_OK(quarantine(*task, moved.text));
  }
  return find_lost_jobs();
}

Status Engine::repair(const store::Irregularity& found) {
  Result<std::optional<Task>> read = store_->task(found.task);
  if (!read.ok() && read.error().kind == ErrorKind::malformed)
    return quarantine_unreadable(found.task, found.text);
  ORC_TRY(const std::optional<Task> task, std::move(read));
  if (!task) return Done{};
  Result<std::optional<Job>> live = store_->live_job(task->id);
  if (!live.ok() && live.error().kind == ErrorKind::malformed)
    return quarantine_unreadable(found.task, found.text);
  ORC_TRY(const std::optional<Job> job, std::move(live));
  switch (found.kind) {
    case Kind::no_live_job:
      return task->state == TaskState::active && !job ? revive(*task) : Status(Done{});
    case Kind::stray_job:
      return job && (task->state != TaskState::active || job->stage != task->stage)
                 ? end_stray(*task, found.text)
                 : Status(Done{});
    case Kind::illegal_row:
      return Done{};  // readable: somebody has mended it meanwhile
    case Kind::idle_lease:
      return end_idle_lease(*task);
    case Kind::idle_place:
      return give_up_place(*task);
    case Kind::not_called:
      return call(*task, job);
    case Kind::pull_request_over:
      return task->state == TaskState::held ? Status(Done{}) : quarantine(*task, found.text);
  }
  return Done{};
}

// Outside the region nothing but an attempt is lost; inside, nobody knows how far it came.
Status Engine::revive(const Task& task) {
  for (const auto& [id, worker] : workers_) {
    if (worker.task.id == task.id) return Done{};  // its end is still to be taken in
  }
  const std::string text = "no job works or waits for it";
  if (has_side_effects(task.stage))
    return quarantine(task, text + "; how far its side effects came is not known");
  repaired(task, text);
  ORC_TRY(const store::Write written,
          write(task, after_lost(task, std::nullopt, text, Budget{}, batch_.now), "reconciler"));
  (void)written;
  return Done{};
}

Status Engine::end_stray(const Task& task, const std::string& text) {
  if (task.state == TaskState::active) return quarantine(task, text);
  repaired(task, text);
  return withdraw_live_job(task, text);
}

Status Engine::end_idle_lease(const Task& task) {
  ORC_TRY(const std::optional<Lease> lease, store_->lease(task.id));
  const bool foreign = lease && lease->owner.instance != identity_.instance;
  if (!lease || !lease->is_held() || (foreign && has_live_owner(*lease, identity_))) return Done{};
  if (task.state == TaskState::active && has_side_effects(task.stage)) return Done{};
  repaired(task, "a lease that no transition needed was released");
  ORC_TRY(const store::Write released, store_->release_lease(task.id, batch_.now));
  (void)released;
  return Done{};
}

Status Engine::call(const Task& task, const std::optional<Job>& job) {
  if (!job || job->state != JobState::queued || job->reason != k_waits_at_serial_gate)
    return Done{};
  repaired(task, "nobody had called it to the serial gate");
  ORC_TRY(const store::Write called, store_->postpone_job(job->id, batch_.now, "", ""));
  (void)called;
  batch_.looks_for_due = true;
  return Done{};
}

// A job that the store calls running and nobody works on: its owner died without a successor, or
// this host lost sight of it.
Status Engine::find_lost_jobs() {
  ORC_TRY(const std::vector<store::LiveJob> running, store_->running_jobs());
  for (const store::LiveJob& job : running) {
    const bool mine = job.job.owner.instance == identity_.instance;
    if (workers_.contains(job.job.id) || (!mine && is_alive(job.job.owner.process))) continue;
    repaired(job.task, "a running job had no live owner");
    ORC_CHECK_OK(recover_job(job));
  }
  return Done{};
}

Status Engine::quarantine(const Task& task, const std::string& text) {
  if (task.state == TaskState::held || task.state == TaskState::done ||
      task.state == TaskState::cancelled)
    return Done{};
  ORC_CHECK_OK(withdraw_live_job(task, text));
  batch_.effects.emplace_back([this] { ++reconciler_counts_.quarantined; });
  log(LogLevel::warning, "task.quarantined", text, {{"task", task.work_item}});
  ORC_TRY(const store::Write held,
          write(task, put_on_hold(task, HoldClass::unknown, k_quarantined + text), "reconciler"));
  (void)held;
  return Done{};
}

// The row cannot be read, so nothing is known but its number.
Status Engine::quarantine_unreadable(TaskId task, const std::string& text) {
  batch_.effects.emplace_back([this] { ++reconciler_counts_.quarantined; });
  log(LogLevel::error, "task.quarantined", text, {{"row", std::to_string(task.value)}});
  ORC_CHECK_OK(store_->quarantine(task, k_quarantined + text, batch_.now));
  ORC_CHECK_OK(note(task, "task.held", "unknown: " + k_quarantined + text, "reconciler"));
  ORC_TRY(const bool is_new, store_->raise_alert(task, "held:unknown", text, batch_.now));
  (void)is_new;
  return Done{};
}

void Engine::repaired(const Task& task, const std::string& text) {
  batch_.effects.emplace_back([this] { ++reconciler_counts_.repaired; });
  log(LogLevel::warning, "reconciler.repaired", text, {{"task", task.work_item}});
}

}  // namespace orc::engine
