// SPDX-License-Identifier: Apache-2.0
// What people ask of the engine. A command is carried out inside the batch and answered once that
// is durable.
#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/names.h"
#include "engine/answers.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

Answer wrong_state(const Task& task, std::string_view wanted, std::string hint = "") {
  return {.kind = Answer::Kind::conflict,
          .code = "wrong_state",
          .text = task.work_item + " is " + std::string(to_string(task.state)) + " at " +
                  std::string(to_string(task.stage)) + ", not " + std::string(wanted),
          .hint = hint.empty() ? "orchestrator task why " + task.work_item : std::move(hint),
          .task = task};
}

// The task of a command, or the answer that there is none.
std::variant<Task, Answer> find_task(store::Store& store, const std::string& work_item,
                                     Error* failed) {
  Result<std::optional<Task>> found = store.task(work_item);
  if (!found.ok()) {
    *failed = found.error();
    return Answer{};
  }
  if (!found.value()) return unknown_task(work_item);
  return *found.value();
}

const config::HumanGateSettings& approvers_of(const config::Config& config, Stage stage) {
  return stage == Stage::deploy ? config.deploy_confirmation : config.analysis_approval;
}

// The task's repository: one of the configuration by its name, or any local one by its path, under
// a name made from the path, so that two of them never share a bare copy. An answer says what is
// wrong with the request.
std::optional<Answer> choose_repository(const Submit& request, const config::Config& config,
                                        store::NewTask& task) {
  if (config.repos.contains(request.repo)) return std::nullopt;
  if (!request.repo_url.empty()) {
    if (!request.repo_url.starts_with('/')) {
      return invalid("bad_repo",
                     "a repository outside the configuration is named by its absolute path");
    }
    task.repo = name_of_repository(request.repo_url);
    task.repo_url = request.repo_url;
    return std::nullopt;
  }
  if (request.repo.empty()) return invalid("bad_repo", "name the repository the task is about");
  if (Status ok = check_repo_name(request.repo); !ok.ok())
    return invalid("bad_repo", ok.error().message);
  std::vector<std::string> known;
  for (const auto& [name, repo] : config.repos) known.push_back(name);
  const auto near = nearest(request.repo, known);
  return invalid("unknown_repo",
                 "no repository \"" + request.repo + "\" in the configuration" +
                     (near ? ", did you mean \"" + *near + "\"?" : ""),
                 "known: " + join(known, ", "));
}

std::optional<Answer> choose_branch(const Submit& request, store::NewTask& task) {
  if (request.branch.empty() && request.from) {
    return invalid("bad_branch", "a task that starts at " + std::string(to_string(task.stage)) +
                                     " needs the branch that holds the work");
  }
  if (request.branch.empty()) task.branch = "task/" + task.work_item;
  if (Status ok = check_branch_name(task.branch); !ok.ok())
    return invalid("bad_branch", ok.error().message);
  return std::nullopt;
}

}  // namespace

#define ORC_FIND_TASK(name)                                                                  \
  Error orc_failed{ErrorKind::internal, ""};                                                 \
  std::variant<Task, Answer> orc_found = find_task(*store_, request.work_item, &orc_failed); \
  if (!orc_failed.message.empty()) return orc_failed;                                        \
  if (auto* orc_answer = std::get_if<Answer>(&orc_found)) return *orc_answer;                \
  const Task& name = std::get<Task>(orc_found);                                              \
  ORC_TRY(const std::optional<Answer> orc_leased, refuse_leased(name));                      \
  if (orc_leased) return *orc_leased

Status Engine::on(Command& command) {
  ORC_CHECK_OK(
      queue_next_jobs());  // a command sees every job where it looks for jobs: in the store
  ORC_TRY(Answer answer, answer_to(command));
  batch_.answers.emplace_back(
      [answered = command.answered, answer = std::move(answer)] { answered(answer); });
  return Done{};
}

Result<Answer> Engine::written(const Task& before, Followup&& followup, const Actor& actor,
                               const std::string& text) {
  ORC_TRY(const store::Write won, write(before, std::move(followup), actor.name));
  if (won == store::Write::lost) {
    return Answer{
        .kind = Answer::Kind::conflict,
        .code = "lost_race",
        .text = before.work_item + " was changed by somebody else meanwhile; nothing was done",
        .hint = "orchestrator task show " + before.work_item};
  }
  ORC_TRY(std::optional<Task> after, store_->task(before.id));
  return Answer{.code = "done", .text = text, .task = std::move(after)};
}

Result<Answer> Engine::carry_out(const Submit& request, const Actor& actor) {
  const config::Config& config = generation_->config;
  store::NewTask task{.title = request.title,
                      .request = request.request,
                      .repo = request.repo,
                      .branch = request.branch,
                      .stage = request.from.value_or(Stage::analysis),
                      .submitted_by = actor.name};
  if (draining_) {
    return Answer{.kind = Answer::Kind::unavailable,
                  .code = "draining",
                  .text = "the host is draining and takes no new task",
                  .hint = "orchestrator resume"};
  }
  if (task.stage == Stage::done) return invalid("bad_stage", "a task cannot start at done");
  task.work_item = request.work_item;
  if (task.work_item.empty()) {
    ORC_TRY(const std::int64_t number, store_->next_task_number());
    task.work_item = config.work_item_prefix + "-" + std::to_string(number);
  }
  if (Status ok = check_work_item_id(task.work_item); !ok.ok())
    return invalid("bad_work_item", ok.error().message);
  if (auto refusal = choose_repository(request, config, task)) return *refusal;
  if (auto refusal = choose_branch(request, task)) return *refusal;
  if (task.title.empty()) task.title = task.work_item;
  ORC_TRY(const std::optional<std::string> other, store_->open_task_on(task.repo, task.branch));
  if (other && *other != task.work_item) {
    return Answer{.kind = Answer::Kind::conflict,
                  .code = "branch_in_use",
                  .text = *other + " works on branch " + task.branch + " of " + task.repo,
                  .hint = "orchestrator task show " + *other};
  }

  Result<Task> inserted = store_->insert_task(task, batch_.now);
  if (!inserted.ok() && inserted.error().kind == ErrorKind::conflict) {
    return Answer{.kind = Answer::Kind::conflict,
                  .code = "task_exists",
                  .text = task.work_item + " has a task already",
                  .hint = "orchestrator task show " + task.work_item};
  }
  if (!inserted.ok()) return std::move(inserted).error();
  const Task& before = inserted.value();
  Followup followup = enter_stage(before, before.stage, batch_.now);
  followup.events.insert(
      followup.events.begin(),
      {"task.submitted", with_reason(before.work_item + " in " + before.repo, before.title)});
  return written(before, std::move(followup), actor,
                 before.work_item + " queued in " + std::string(to_string(before.stage)));
}

// --- human gates
// ------------------------------------------------------------------------------------

Result<Answer> Engine::carry_out(const Approve& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  return decide_at_human_gate(task, actor, request.reason, true);
}

Result<Answer> Engine::carry_out(const Reject& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  if (request.reason.empty())
    return invalid("no_reason", "say why with --reason, so that the next attempt can do better");
  return decide_at_human_gate(task, actor, request.reason, false);
}

Result<Answer> Engine::decide_at_human_gate(const Task& task, const Actor& actor,
                                            const std::string& reason, bool approved) {
  if (task.state != TaskState::waiting_human) return wrong_state(task, "waiting for a human");
  const std::vector<std::string>& approvers =
      approvers_of(generation_->config, task.stage).approvers;
  if (!approvers.empty() &&
      std::find(approvers.begin(), approvers.end(), actor.name) == approvers.end()) {
    return Answer{
        .kind = Answer::Kind::not_permitted,
        .code = "not_an_approver",
        .text = actor.name + " may not decide about " + std::string(to_string(task.stage)),
        .hint = "approvers: " + join(approvers, ", ")};
  }
  const StageRule& rule = *find_rule(task.stage);
  if (approved && rule.human == HumanGate::after_gate) {
    ORC_TRY(const GateDecision gate, ask_gate_again(task));
    if (!std::holds_alternative<GatePassed>(gate)) {
      return Answer{
          .kind = Answer::Kind::conflict,
          .code = "gate_refused",
          .text = "the artifacts no longer pass " + std::string(rule.gate) + ": " + text_of(gate),
          .hint = "orchestrator task reject " + task.work_item + " --reason …",
          .task = task};
    }
  }
  ORC_CHECK_OK(store_->record_approval({.task = task.id,
                                        .stage = task.stage,
                                        .approved = approved,
                                        .actor = actor.name,
                                        .channel = actor.channel,
                                        .reason = reason,
                                        .content_id = task.content_id,
                                        .at = batch_.now}));
  ORC_FAILPOINT(decision_recorded);
  if (!approved) {
    return written(task, sent_back(task, actor.name, reason, batch_.now), actor,
                   task.work_item + " sent back");
  }
  if (task.stage == Stage::deploy)
    ORC_CHECK_OK(monitors_.confirmed(task, *generation_, batch_.now));
  Followup followup = approved_by_human(task, batch_.now);
  followup.events.insert(
      followup.events.begin(),
      {"task.approved", with_reason(actor.name + " (" + actor.channel + ")", reason)});
  return written(task, std::move(followup), actor, task.work_item + " approved");
}

// The artifacts were good when they were taken in; they must still be the same, made on what the
// branch holds.
Result<GateDecision> Engine::ask_gate_again(const Task& task) {
  ORC_TRY(const std::vector<ArtifactRecord> all, store_->artifacts(task.id));
  std::vector<ArtifactRecord> newest;
  for (const ArtifactRecord& record : all) {
    if (record.stage != task.stage) continue;
    if (!newest.empty() && newest.front().job != record.job) break;
    newest.push_back(record);
  }
  const std::vector<Evidence> evidence = evidence_->read_again(newest);
  return ask_gate({.rule = *find_rule(task.stage),
                        .work_item = task.work_item,
                        .attempt = newest.empty() ? 0 : newest.front().attempt,
                        .content_id = task.content_id,
                        .evidence = evidence});
}

// --- holds
// --------------------------------------------------------------------------------------------

Result<Answer> Engine::carry_out(const Retry& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  if (task.state != TaskState::held) return wrong_state(task, "held");
  Task next = task;
  next.code_fail = 0;
  Followup followup = try_again(std::move(next), batch_.now);
  followup.events.push_back({"task.retried", with_reason(actor.name, request.reason)});
  return written(task, std::move(followup), actor,
                 task.work_item + " tries " + std::string(to_string(task.stage)) +
                     " again, with a fresh budget");
}

Result<Answer> Engine::carry_out(const Release& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  if (task.state != TaskState::held) return wrong_state(task, "held");
  if (task.hold && task.hold->hold == HoldClass::retry_budget) {
    return wrong_state(task, "held for something that a release can end: its retry budget is spent",
                       "orchestrator task retry " + task.work_item);
  }
  // Whoever lets a stopped verdict go on says that this content is all right as it is.
  if (task.hold && task.hold->hold == HoldClass::blocked) {
    ORC_CHECK_OK(store_->record_approval({.task = task.id,
                                          .stage = task.stage,
                                          .approved = true,
                                          .actor = actor.name,
                                          .channel = actor.channel,
                                          .reason = request.reason,
                                          .content_id = task.content_id,
                                          .at = batch_.now}));
  }
  Followup followup = try_again(task, batch_.now);
  followup.events.push_back({"task.released", with_reason(actor.name, request.reason)});
  return written(task, std::move(followup), actor,
                 task.work_item + " released at " + std::string(to_string(task.stage)));
}

Result<Answer> Engine::carry_out(const PutOnHold& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  if (task.state != TaskState::active && task.state != TaskState::waiting_human) {
    return wrong_state(task, "active");
  }
  ORC_CHECK_OK(withdraw_live_job(task, "held by " + actor.name));
  return written(
      task, put_on_hold(task, HoldClass::operator_hold, with_reason(actor.name, request.reason)),
      actor, task.work_item + " held");
}

Result<Answer> Engine::carry_out(const Cancel& request, const Actor& actor) {
  ORC_FIND_TASK(task);
  if (task.state == TaskState::done || task.state == TaskState::cancelled)
    return wrong_state(task, "open");
  ORC_CHECK_OK(withdraw_live_job(task, "cancelled by " + actor.name));
  Followup followup{.next = task, .clears_alerts = true};
  followup.next.state = TaskState::cancelled;
  followup.next.hold.reset();
  followup.events.push_back({"task.cancelled", with_reason(actor.name, request.reason)});
  return written(task, std::move(followup), actor, task.work_item + " cancelled");
}

// Ends the task's live job, if it has one. A running one is fenced off now; its process is asked to
// end once that is durable, and until it has ended nothing else starts in the task's clone.
Status Engine::withdraw_live_job(const Task& task, const std::string& why) {
  ORC_TRY(const std::optional<Job> live, store_->live_job(task.id));
  if (!live) return Done{};
  const store::JobEnd end{.stage = live->stage,
                          .outcome = "cancelled",
                          .reason = "cancelled",
                          .text = why,
                          .at = batch_.now};
  if (live->state == JobState::queued) {
    ORC_TRY(const store::Write withdrawn, store_->withdraw_job(live->id, end));
    if (withdrawn == store::Write::lost) ++batch_.lost_writes;
    return Done{};
  }
  ORC_TRY(const store::Write finished,
          store_->finish_job({live->id, live->attempt, live->owner.instance}, end));
  if (finished == store::Write::lost) {
    ++batch_.lost_writes;
    return Done{};
  }
  ORC_CHECK_OK(store_->add_ending(live->id));
  batch_.effects.emplace_back([this, job = *live, task, why] {
    const auto worker = workers_.find(job.id);
    if (worker == workers_.end()) return await_end(job, task);
    worker->second.abandoned = true;
    ask_to_end(worker->second, ReasonCode::cancelled, why);
  });
  return Done{};
}

#undef ORC_FIND_TASK

}  // namespace orc::engine
