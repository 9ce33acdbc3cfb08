// SPDX-License-Identifier: Apache-2.0
// The way into the stages with side effects, and out of them. Every actor goes through here: a job
// that is claimed (admit), a person's command (refuse_leased), whatever ends the transition
// (leave_region), and a host that starts (reclaim_leases). Nothing here is asked about a task
// outside the region.
#include "base/failpoint.h"
#include "base/log.h"
#include "engine/answers.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

constexpr Millis k_look_again{30'000};  // at a lease whose owner lives in another host

}  // namespace

// --- in ----------------------------------------------------------------------------------------

Result<Engine::Admission> Engine::admit(const Task& task, const Job& job,
                                        const ResolvedChain& chain) {
  const bool in_region = has_side_effects(job.stage);
  if (in_region) {
    ORC_TRY(std::optional<Waits> waits, line_up(task, job.stage));
    if (waits) return Admission{std::move(*waits)};
    ORC_TRY(waits, take_merge_lock(task, job.kind));
    if (waits) return Admission{std::move(*waits)};
    ORC_TRY(waits, await_monitor(task, job.kind));
    if (waits) return Admission{std::move(*waits)};
  }
  ORC_TRY(std::optional<Waits> paused, await_producer(task, job, chain));
  if (paused) return Admission{std::move(*paused)};
  if (!in_region) return Admission{Admitted{}};
  return take_lease(
      task, std::string(to_string(job.stage)) + ", attempt " + std::to_string(job.attempt));
}

// The order of arrival is the order in which tasks came to the region, not that of free workers.
Result<std::optional<Engine::Waits>> Engine::line_up(const Task& task, Stage stage) {
  const config::Config& config = generation_->config;
  if (!has_side_effects(stage) || !covers(config.serial_gate, config, task.repo))
    return std::optional<Waits>();
  ORC_TRY(const bool inside, store_->enter_serial_gate(task.id, task.repo, batch_.now));
  if (inside) return std::optional<Waits>();
  return std::optional(
      Waits{k_until_called, k_waits_at_serial_gate, "waits for its turn in " + task.repo});
}

Result<Engine::Admission> Engine::take_lease(const Task& task, const std::string& holder) {
  ORC_TRY(const std::optional<Lease> seen, store_->lease(task.id));
  if (!covers(generation_->config.transition_lease, generation_->config, task.repo)) {
    // Inert: what is left from before the switch is let go, nothing is taken.
    if (seen && seen->is_held()) {
      ORC_TRY(const store::Write gone, store_->release_lease(task.id, batch_.now));
      (void)gone;
    }
    return Admission{Admitted{}};
  }
  // A transition spans several jobs: the lease is ours already.
  if (seen && seen->owner.instance == identity_.instance) return Admission{Admitted{seen->epoch}};
  if (seen && has_live_owner(*seen, identity_)) {
    return Admission{Waits{batch_.now + k_look_again, k_waits_for_lease,
                           "its transition is " + owner_in_words(*seen)}};
  }
  if (seen && seen->is_held()) ORC_CHECK_OK(report_reclaim(task, *seen));
  const std::int64_t epoch = seen ? seen->epoch : 0;
  ORC_TRY(const store::Write taken,
          store_->take_lease(task.id, epoch, identity_, holder, batch_.now));
  ORC_FAILPOINT(lease_taken);
  if (taken == store::Write::written) return Admission{Admitted{epoch + 1}};
  ++batch_.lost_writes;
  return Admission{Waits{batch_.now + k_look_again, k_waits_for_lease,
                         "another host took its transition a moment ago"}};
}

Result<std::optional<Answer>> Engine::refuse_leased(const Task& task) {
  const config::Config& config = generation_->config;
  if (!has_side_effects(task.stage) || !covers(config.transition_lease, config, task.repo))
    return std::optional<Answer>();
  ORC_TRY(const std::optional<Lease> lease, store_->lease(task.id));
  if (!lease || !has_live_owner(*lease, identity_)) return std::optional<Answer>();
  return std::optional(lease_held(task, *lease));
}

// --- out ---------------------------------------------------------------------------------------

Status Engine::leave_region(const Task& before, const Task& after) {
  if (!has_side_effects(before.stage)) return Done{};
  if (after.stage != before.stage || after.state != TaskState::active) {
    ORC_TRY(const store::Write released, store_->release_lease(before.id, batch_.now));
    (void)released;
    ORC_FAILPOINT(lease_released);
    ORC_TRY(const store::Write left, store_->leave_merge_slot(before.id, batch_.now));
    if (left == store::Write::written) batch_.looks_for_due = true;
  }
  return give_up_place(after);
}

Status Engine::give_up_place(const Task& task) {
  // A process that was told to end may still be at work on staging or production.
  for (const auto& [id, worker] : workers_) {
    if (worker.task.id == task.id && worker.child.pidfd) return Done{};
  }
  bool has_landed = false;
  if (task.state == TaskState::held && has_side_effects(task.stage)) {
    ORC_TRY(const std::optional<PullRequest> request, store_->pull_request(task.id));
    has_landed = request && request->state == "merged";
  }
  if (keeps_place(task, has_landed)) return Done{};
  ORC_TRY(const store::Write left, store_->leave_serial_gate(task.id, task.repo, batch_.now));
  if (left == store::Write::written) batch_.looks_for_due = true;
  return Done{};
}

Status Engine::after_abandoned(const Worker& worker) {
  ORC_CHECK_OK(store_->remove_ending(worker.job.id));
  if (!has_side_effects(worker.job.stage)) return Done{};
  ORC_TRY(const std::optional<Task> task, store_->task(worker.task.id));
  return task ? give_up_place(*task) : Status(Done{});
}

// Whoever waits at a gate that is switched off goes on.
Status Engine::open_serial_gates() {
  const config::Config& config = generation_->config;
  ORC_TRY(const std::vector<SerialPlace> places, store_->serial_places());
  for (const SerialPlace& place : places) {
    if (covers(config.serial_gate, config, place.repo)) continue;
    ORC_TRY(const store::Write left, store_->leave_serial_gate(place.task, place.repo, batch_.now));
    (void)left;
    batch_.looks_for_due = true;
  }
  return Done{};
}

// --- from a host that is gone ------------------------------------------------------------------

Status Engine::reclaim_leases() {
  const config::Config& config = generation_->config;
  ORC_CHECK_OK(open_serial_gates());
  ORC_TRY(const std::vector<Lease> held, store_->held_leases());
  for (const Lease& lease : held) {
    if (has_live_owner(lease, identity_)) continue;
    ORC_TRY(const std::optional<Task> task, store_->task(lease.task));
    if (!task) continue;
    if (!covers(config.transition_lease, config, task->repo)) {
      ORC_TRY(const store::Write gone, store_->release_lease(lease.task, batch_.now));
      (void)gone;
      continue;
    }
    ORC_CHECK_OK(report_reclaim(*task, lease));
    ORC_TRY(const store::Write taken,
            store_->take_lease(lease.task, lease.epoch, identity_, lease.holder, batch_.now));
    (void)taken;
    ORC_FAILPOINT(lease_reclaimed);
  }
  return Done{};
}

// A host that ended as asked handed over what it left; one that vanished left an incident.
Status Engine::report_reclaim(const Task& task, const Lease& lease) {
  if (lease.owner_stopped)
    return note(task.id, "lease.handed_over", "from a host that has stopped", "engine");
  const std::string text =
      "the transition lease was reclaimed: its owner is gone; it was " + owner_in_words(lease);
  batch_.effects.emplace_back([this] { ++lease_reclaims_.stale; });
  log(LogLevel::warning, "lease.reclaimed", text, {{"task", task.work_item}});
  ORC_CHECK_OK(note(task.id, "lease.reclaimed", text, "engine"));
  return raise(task, {"lease:reclaimed", text});
}

// --- by hand -----------------------------------------------------------------------------------

Result<Answer> Engine::carry_out(const ReleaseLease& request, const Actor& actor) {
  ORC_TRY(const std::optional<Task> task, store_->task(request.work_item));
  if (!task) return unknown_task(request.work_item);
  ORC_TRY(const std::optional<Lease> lease, store_->lease(task->id));
  if (!lease || !lease->is_held()) {
    return Answer{.kind = Answer::Kind::conflict,
                  .code = "no_lease",
                  .text = task->work_item + " is in no transition that anybody owns",
                  .hint = "orchestrator lease list",
                  .task = *task};
  }
  const bool live = has_live_owner(*lease, identity_);
  if (live && !request.force) return lease_held(*task, *lease);
  const std::string text = with_reason(
      "the transition lease was taken away by " + actor.name + "; it was " + owner_in_words(*lease),
      request.reason);
  log(LogLevel::warning, "lease.forced", text, {{"task", task->work_item}});
  batch_.effects.emplace_back([this] { ++lease_reclaims_.forced; });
  if (!live || task->state != TaskState::active) {
    ORC_TRY(const store::Write gone, store_->release_lease(task->id, batch_.now));
    (void)gone;
    ORC_CHECK_OK(note(task->id, "lease.forced", text, actor.name));
    ORC_CHECK_OK(raise(*task, {"lease:forced", text}));
    return Answer{
        .code = "done", .text = "the lease of " + task->work_item + " is free", .task = *task};
  }
  // Whatever the job does from here on counts for nothing; the task waits for a person to say how
  // it goes on.
  ORC_CHECK_OK(withdraw_live_job(*task, "its lease was taken away by " + actor.name));
  Followup followup = put_on_hold(*task, HoldClass::operator_hold,
                                  with_reason(actor.name + " took its lease away", request.reason));
  followup.events.insert(followup.events.begin(), {"lease.forced", text});
  followup.alert = AlertDraft{"lease:forced", text};
  return written(*task, std::move(followup), actor,
                 "the lease of " + task->work_item + " is free, and the task is held");
}

}  // namespace orc::engine
