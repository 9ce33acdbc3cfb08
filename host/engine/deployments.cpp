// SPDX-License-Identifier: Apache-2.0
// The record of a deployment: begun in the transaction that claims its job, so that it is durable
// before anything is touched; completed with what the job's end says. Around it the post-deploy
// monitor (monitors.h).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "engine/engine.h"

namespace orc::engine {

namespace {

constexpr TaskId k_no_task{};

// The gate's word on a verdict; nothing where it came to none.
std::optional<DeploymentState> judged(const Task& before, const Task& next) {
  if (next.state == TaskState::done) return DeploymentState::succeeded;
  if (next.code_fail > before.code_fail) return DeploymentState::failed;
  return std::nullopt;
}

}  // namespace

Monitors::Around Engine::around_monitors() {
  return {.note = [this](TaskId task, const EventDraft& event) {
            return note(task, event.kind, event.text, "engine");
          },
          .raise = [this](const AlertDraft& alert) -> Status {
            ORC_TRY(const bool is_new, raise_for_host(alert.condition, alert.text));
            (void)is_new;
            return Done{};
          },
          .look_for_due = [this] { batch_.looks_for_due = true; },
          .remove_soon = [this](const std::filesystem::path& folder) {
            if (housekeeping_) housekeeping_->remove_soon(folder);
          }};
}

Result<std::optional<Engine::Waits>> Engine::await_monitor(const Task& task, JobKind kind) {
  if (task.stage != Stage::deploy || kind != JobKind::produce) return std::optional<Waits>();
  ORC_TRY(const std::optional<KeptBack> kept,
          monitors_.keeps_back(task, *generation_, batch_.now));
  if (!kept) return std::optional<Waits>();
  return std::optional(Waits{kept->until, k_waits_for_monitor, kept->text});
}

// An attempt that goes on with what an earlier one began has its row already.
Status Engine::begin_deployment(const Worker& worker) {
  const Task& task = worker.task;
  if (worker.job.stage != Stage::deploy || worker.job.kind != JobKind::produce) return Done{};
  ORC_TRY(const std::optional<Deployment> begun, store_->open_deployment(task.id));
  if (begun) return Done{};
  ORC_TRY(const std::vector<Approval> approvals, store_->approvals(task.id));
  const auto confirmed =
      std::find_if(approvals.rbegin(), approvals.rend(), [](const Approval& approval) {
        return approval.stage == Stage::deploy && approval.approved;
      });
  ORC_CHECK_OK(store_->begin_deployment(
      {.task = task.id,
       .job = worker.job.id,
       .repo = task.repo,
       .commit = task.head_commit,
       .confirmed_by = confirmed == approvals.rend() ? "" : confirmed->actor,
       .begun_at = batch_.now}));
  ORC_FAILPOINT(deployment_begun);
  return monitors_.deploy_began(task, batch_.now);
}

Status Engine::record_deployment(const Worker& worker, const jobs::WorkerReport& report,
                                 const Followup& followup) {
  if (worker.job.stage != Stage::deploy) return Done{};
  ORC_TRY(std::optional<Deployment> open, store_->open_deployment(worker.task.id));
  if (!open) return Done{};
  const bool may_have_acted = report.side_effects > 0 || !report.agent_runs.empty();
  auto state = deployment_after(open->state, report.outcome, may_have_acted,
                                      judged(worker.task, followup.next));
  const bool gives_up = followup.next.state == TaskState::held &&
                        open->state == DeploymentState::intended &&
                        std::holds_alternative<Deferred>(report.outcome);
  if (!state && gives_up) state = DeploymentState::not_run;  // a deferred attempt did not run
  if (!state) return Done{};
  if (!report.producer.empty()) open->producer = report.producer;
  // A task that began at this stage had no commit before its worker looked.
  if (!report.made_on_commit.empty()) open->commit = report.made_on_commit;
  return write_deployment(*std::move(open), *state, text_of(report.outcome));
}

Status Engine::write_deployment(Deployment deployment, DeploymentState state,
                                const std::string& text) {
  const bool is_news = deployment.state != state;
  deployment.state = state;
  deployment.text = text;
  deployment.updated_at = batch_.now;
  ORC_TRY(const store::Write written, store_->write_deployment(deployment));
  ORC_FAILPOINT(deployment_noted);
  if (!is_news || written == store::Write::lost) return Done{};
  return note(deployment.task, EventKind::of("deployment.", to_string(state)),
              deployment.repo + ", " + deployment.commit + (text.empty() ? "" : ": " + text),
              "engine");
}

// The task is held, goes another way, or is done.
Status Engine::leave_deploy(const Task& before, const Task& after) {
  const bool is_over = after.stage != Stage::deploy || after.state == TaskState::cancelled;
  if (before.stage != Stage::deploy || (!is_over && after.state != TaskState::held)) return Done{};
  ORC_TRY(std::optional<Deployment> open, store_->open_deployment(before.id));
  if (open && open->state != DeploymentState::unknown) {
    ORC_CHECK_OK(write_deployment(*std::move(open), DeploymentState::unknown,
                                  "nobody goes on with it: the task is " +
                                      std::string(to_string(after.state)) + " at " +
                                      std::string(to_string(after.stage))));
  }
  if (!is_over) return Done{};
  ORC_TRY(const std::vector<Deployment> all, store_->deployments(before.id));
  return monitors_.deploy_ended(before, all.empty() ? "" : all.back().commit,
                                after.state == TaskState::done, *generation_, batch_.now);
}

Result<bool> Engine::raise_for_host(const std::string& condition, const std::string& text) {
  ORC_TRY(const bool is_new, store_->raise_alert(k_no_task, condition, text, batch_.now));
  if (!is_new) return false;
  const nlohmann::json body{{"condition", condition}, {"text", text}};
  ORC_CHECK_OK(store_->add_outbox(
      {.channel = "notifier.log",
       .key = condition + ":" + std::to_string(batch_.now.ms),
       .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
       .attempts = 0,
       .due = batch_.now}));
  batch_.effects.emplace_back([this] { next_outbox_ = wall_now(); });
  return true;
}

}  // namespace orc::engine
