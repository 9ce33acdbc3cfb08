// SPDX-License-Identifier: Apache-2.0
// The life of one transition, top to bottom: a job ended → it is finished under its fence → its
// evidence is taken in → the gate reads it → what follows is written under compare-and-swap, with
// the next job, in one transaction.
#include "base/failpoint.h"
#include "base/log.h"
#include "engine/edge_plan.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

constexpr Millis k_outbox_retry{30'000};

std::string json_escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

std::string token_of(const JobOutcome& outcome) {
  const auto* deferred = std::get_if<Deferred>(&outcome);
  return deferred != nullptr ? deferred->resume_token : std::string();
}

}  // namespace

Status Engine::on(JobEnded& ended) {
  const auto found = workers_.find(ended.job);
  if (found == workers_.end() || found->second.job.attempt != ended.attempt) return Done{};
  ORC_FAILPOINT(gate_seen);
  const Worker& worker = found->second;
  ++batch_.freed;
  batch_.ended.push_back(ended.job);
  ORC_CHECK_OK(record_agent_runs(worker, *ended.report));
  observe_kills(*ended.report);
  if (worker.abandoned) {
    ORC_CHECK_OK(carry_out(provider_gate_.note({.task = worker.task.id}, batch_.now)));
    return after_abandoned(worker);
  }

  const jobs::WorkerReport& report = *ended.report;
  const store::JobFence fence{worker.job.id, worker.job.attempt, identity_.instance};
  const store::JobEnd end{.stage = worker.job.stage,
                          .outcome = std::string(name_of(report.outcome)),
                          .reason = std::string(to_string(reason_of(report.outcome))),
                          .text = text_of(report.outcome),
                          .producer = report.producer,
                          .resume_token = token_of(report.outcome),
                          .at = batch_.now,
                          .decisions = complete_decisions({}, worker.links, report.decisions)};
  ORC_TRY(const store::Write finished, store_->finish_job(fence, end));
  if (finished == store::Write::lost) {
    ++batch_.lost_writes;
    observe_lost(worker.job.stage);
    log(LogLevel::warning, "job.fenced", "a job that is no longer ours ended; nothing was changed",
        {{"task", worker.task.work_item}, {"job", std::to_string(worker.job.id.value)}});
    return Done{};
  }
  observe_decisions(worker.job.stage, end.decisions);
  ORC_FAILPOINT(gate_finished);
  std::vector<Evidence> evidence;
  ORC_CHECK_OK(record_end(worker, report, evidence));
  ORC_CHECK_OK(queue_shadows(worker, report, evidence));
  ORC_FAILPOINT(gate_evidence);
  ORC_TRY(std::optional<Followup> kept_back, settle_with_provider(worker, report));
  if (!kept_back) {
    ORC_TRY(kept_back, follow_up(worker, report, evidence));
  }
  Followup& followup = *kept_back;
  ORC_CHECK_OK(stop_repeating(worker, report, followup));
  ORC_CHECK_OK(remember_tested(worker, report, followup));
  ORC_CHECK_OK(record_deployment(worker, report, followup));
  ORC_FAILPOINT(gate_decided);
  if (!report.head_commit.empty()) {
    followup.next.head_commit = report.head_commit;
    followup.next.content_id = report.content_id;
  }
  const auto& hold = followup.next.hold;
  if (hold && hold->hold == HoldClass::environment && ask_preflight_) {
    batch_.effects.emplace_back([this, plugin = report.producer] { ask_preflight_(plugin); });
  }
  ORC_TRY(const store::Write written,
          write(worker.task, std::move(followup), "engine", worker.lease_epoch));
  if (written == store::Write::lost) {
    log(LogLevel::error, "task.write_lost", "somebody else changed the task while its job ran",
        {{"task", worker.task.work_item}});
  }
  return Done{};
}

// What the job leaves behind whatever follows: artifacts, the pull request.
Status Engine::record_end(const Worker& worker, const jobs::WorkerReport& report,
                          std::vector<Evidence>& evidence) {
  observe_end(worker, report);
  ORC_CHECK_OK(heed_breakers(worker, report));
  ORC_CHECK_OK(record_edge(worker, report));
  const bool is_judged = std::holds_alternative<Verdict>(report.outcome) ||
                         std::holds_alternative<EdgeResult>(report.outcome);
  if (!is_judged) return Done{};
  ORC_TRY(Intake intake, evidence_->take_in(worker.task, worker.job, report, batch_.now));
  for (const ArtifactRecord& record : intake.records) ORC_CHECK_OK(store_->record_artifact(record));
  evidence = std::move(intake.evidence);
  if (worker.job.stage != Stage::development || report.head_commit.empty()) return Done{};
  const RepoOf repo(worker.generation->config, worker.task);
  return store_->put_pull_request({.task = worker.task.id,
                                   .repo = worker.task.repo,
                                   .branch = worker.task.branch,
                                   .base = repo->default_branch,
                                   .title = worker.task.title,
                                   .head_commit = report.head_commit,
                                   .state = "open",
                                   .ci = "pending"});
}

// The verdict as the gate will read it: from the artifact, whoever wrote it.
Status Engine::queue_shadows(const Worker& worker, const jobs::WorkerReport& report,
                             const std::vector<Evidence>& evidence) {
  if (!std::holds_alternative<Verdict>(report.outcome)) return Done{};
  const std::string_view key = find_rule(worker.job.stage)->verdict_key;
  for (const Evidence& artifact : evidence) {
    for (const GateField& field : artifact.fields) {
      if (key.empty() || field.key != key) continue;
      return shadows_.queue_after({.task = worker.task,
                                   .job = worker.job,
                                   .producer = report.producer,
                                   .token = field.value,
                                   .commit = report.made_on_commit},
                                  *generation_, kills_, batch_.now);
    }
  }
  return Done{};
}

GateInput Engine::gate_input(const Worker& worker, const jobs::WorkerReport& report,
                             const std::vector<Evidence>& evidence) const {
  GateInput input{.rule = *find_rule(worker.job.stage),
                  .work_item = worker.task.work_item,
                  .attempt = worker.job.attempt,
                  .content_id = report.content_id,
                  .evidence = evidence};
  if (worker.job.stage != Stage::development) return input;
  if (const auto* ci = std::get_if<CiResult>(&report.outcome)) {
    input.ci = ci->green ? CiState::green : CiState::red;
    input.ci_text = ci->summary;
    return input;
  }
  const RepoOf repo(worker.generation->config, worker.task);
  const bool has_repository = !repo->clone.empty();
  input.brought_commits = !has_repository || report.content_id != report.made_on_content;
  if (!has_repository || (repo->ci.command.empty() && !repo->ci.required)) {
    input.ci = CiState::waived;
  } else if (!repo->ci.command.empty()) {
    input.ci = CiState::pending;
  }
  return input;
}

// A worker that was lost did not say who produced: whoever was to be asked first.
std::string Engine::producer_of(const Worker& worker, const jobs::WorkerReport& report) {
  const bool says_nobody = report.producer.empty() && !worker.links.empty();
  return says_nobody && !is_of_edge(worker.job.kind) ? worker.links.front().plugin
                                                     : report.producer;
}

Result<Followup> Engine::follow_up(const Worker& worker, const jobs::WorkerReport& report,
                                   const std::vector<Evidence>& evidence) {
  const Task& task = worker.task;
  const Job& job = worker.job;
  const config::Config& config = worker.generation->config;
  Budget budget{.max_rollbacks = config.max_rollbacks,
                .max_broken_artifacts = config.max_broken_artifacts};
  budget.infra = config.gate_retry;
  if (const auto plugin = config.plugins.find(producer_of(worker, report));
      plugin != config.plugins.end()) {
    budget.infra = plugin->second.infra_retry;
  }
  const auto gate = [&] {
    GateDecision decision = ask_gate(gate_input(worker, report, evidence));
    observe(Tally::gate,
            {std::string(find_rule(job.stage)->gate), std::string(name_of(decision)), "", ""});
    // The gate read the verdict alone; what the producer says beside it is for whoever has to mend
    // it.
    if (auto* failed = std::get_if<GateFailed>(&decision)) {
      const auto* verdict = std::get_if<Verdict>(&report.outcome);
      if (verdict != nullptr && !verdict->summary.empty())
        failed->text += " (" + verdict->summary + ")";
    }
    const EdgePlan plan = find_rule(job.stage)->has_edge ? edge_plan(config, task) : EdgePlan{};
    return after_gate(task, job, decision, budget, batch_.now, plan);
  };
  if (const auto* result = std::get_if<EdgeResult>(&report.outcome))
    return follow_edge(worker, report, *result, budget, evidence);
  return std::visit(
      overloaded{
          [&](const Verdict&) { return gate(); },
          [&](const CiResult&) { return gate(); },
          [&](const EdgeResult&) { return gate(); },  // answered above
          // Of workers that have no job row, and nothing to say about a task.
          [&](const Sampled&) { return Followup{.next = task}; },
          [&](const RolledBack&) { return Followup{.next = task}; },
          [&](const Deferred& d) { return after_deferral(task, job, d, budget, batch_.now); },
          [&](const Held& h) { return after_refusal(task, job, h); },
          [&](const NobodyAccepted&) {
            return after_nobody(task, job,
                                complete_decisions(worker.skipped, worker.links, report.decisions));
          },
          [&](const FaultWhileDeciding& f) {
            const auto index = static_cast<std::size_t>(f.link);
            const int position =
                index < worker.links.size() ? worker.links[index].position : f.link;
            return after_deciding_fault(task, job, f, position + 1, batch_.now);
          },
          [&](const FailedRun& f) { return after_failed_run(task, job, f, batch_.now); },
          [&](const WorkerFault& f) {
            if (worker.lost_with_host) return after_lost(task, job, f.text, budget, batch_.now);
            return after_deferral(task, job, {.reason = ReasonCode::resource, .text = f.text},
                                  budget, batch_.now);
          },
      },
      report.outcome);
}

// The one way a followup becomes durable: the task's row under compare-and-swap first, everything
// else only if that was won.
Result<store::Write> Engine::write(const Task& before, Followup&& followup, const std::string& actor,
                                   std::optional<std::int64_t> lease_epoch) {
  ORC_FAILPOINT(transition_begun);
  followup.next.updated_at = batch_.now;
  ORC_TRY(const store::Write written,
          store_->write_task({before.id, before.stage, before.state, before.rev, lease_epoch},
                             followup.next, batch_.now));
  if (written == store::Write::lost) {
    ++batch_.lost_writes;
    observe_lost(before.stage);
    return written;
  }
  observe_transition(before, followup, actor);
  followup.next.rev = before.rev + 1;
  ORC_FAILPOINT(transition_won);
  if (before.stage != followup.next.stage) ++batch_.transitions;
  ORC_CHECK_OK(leave_region(before, followup.next));
  ORC_CHECK_OK(leave_deploy(before, followup.next));
  if (followup.next.state == TaskState::done || followup.next.state == TaskState::cancelled) {
    batch_.effects.emplace_back([this, task = followup.next] { clean_up_after(task); });
  }
  for (const EventDraft& draft : followup.events) {
    ORC_TRY(const EventId id, store_->append_event({.task = before.id,
                                                    .kind = draft.kind,
                                                    .actor = actor,
                                                    .text = draft.text,
                                                    .data = draft.data,
                                                    .at = batch_.now}));
    batch_.last_event = id.value;
  }
  ORC_FAILPOINT(events_appended);
  if (followup.clears_alerts && alerted_.contains(before.id)) {
    ORC_CHECK_OK(store_->clear_alerts(before.id, batch_.now));
    batch_.effects.emplace_back([this, id = before.id] { alerted_.erase(id); });
  }
  if (followup.alert) ORC_CHECK_OK(raise(followup.next, *followup.alert));
  if (followup.job) {
    ORC_TRY(std::optional<Waits> waits, line_up(followup.next, followup.job->stage));
    if (waits) tell(*followup.job, std::move(*waits));
    batch_.next_jobs.push_back({std::move(*followup.job), std::move(followup.next)});
  }
  return written;
}

Status Engine::note(TaskId task, EventKind kind, const std::string& text,
                    const std::string& actor) {
  ORC_TRY(const EventId id, store_->append_event({.task = task,
                                                  .kind = kind,
                                                  .actor = actor,
                                                  .text = text,
                                                  .data = "{}",
                                                  .at = batch_.now}));
  batch_.last_event = id.value;
  return Done{};
}

Status Engine::raise(const Task& task, const AlertDraft& alert) {
  ORC_TRY(const bool is_new, store_->raise_alert(task.id, alert.condition, alert.text, batch_.now));
  // At once as well: the same batch may end the task, and with it the alert.
  alerted_.insert(task.id);
  batch_.effects.emplace_back([this, id = task.id] { alerted_.insert(id); });
  if (!is_new) return Done{};
  // The revision tells two incidents of the same condition apart; a repeated write of one does not
  // notify twice.
  const std::string key = task.work_item + ":" + alert.condition + ":" + std::to_string(task.rev);
  const std::string body = R"({"task":")" + task.work_item + R"(","stage":")" +
                           std::string(to_string(task.stage)) + R"(","condition":")" +
                           alert.condition + R"(","text":")" + json_escape(alert.text) + R"("})";
  ORC_CHECK_OK(store_->add_outbox(
      {.channel = "notifier.log", .key = key, .body = body, .attempts = 0, .due = batch_.now}));
  ORC_FAILPOINT(alert_raised);
  batch_.effects.emplace_back([this] { next_outbox_ = wall_now(); });
  return Done{};
}

Status Engine::on(clients::Delivered& delivered) {
  observe_notification(delivered);
  if (delivered.error.empty()) {
    ORC_CHECK_OK(store_->finish_outbox(delivered.id, batch_.now));
    ORC_FAILPOINT(outbox_noted);
    return Done{};
  }
  const WallTime due = batch_.now + k_outbox_retry * std::min(delivered.attempts, 20);
  batch_.effects.emplace_back([this, due] { next_outbox_ = due; });
  return store_->retry_outbox(delivered.id, due, delivered.error);
}

Status Engine::on(NewGeneration& message) {
  ORC_TRY(const EventId id,
          store_->append_event({.kind = EventKind("config.generation"),
                                .actor = "engine",
                                .text = "configuration generation " +
                                        std::to_string(message.generation->number) + " in force",
                                .data = "{}",
                                .at = batch_.now}));
  batch_.last_event = id.value;
  ORC_CHECK_OK(carry_out(provider_gate_.try_now("", batch_.now)));
  ORC_CHECK_OK(retry_breakers(message.generation->config));
  batch_.effects.emplace_back([this, next = message.generation] {
    generation_ = next;
    next_due_ = wall_now();  // it may allow more workers
    ready_.emplace_back(SwitchesChanged{});
  });
  return Done{};
}

}  // namespace orc::engine
