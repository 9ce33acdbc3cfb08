// SPDX-License-Identifier: Apache-2.0
// The claim: which jobs take the free workers. At the end of a batch it is known what the batch
// freed and what it brought; of all that is due, the job of the oldest task goes first, so that
// work that was begun ends before new work begins.
#include <algorithm>

#include "base/failpoint.h"
#include "engine/edge_plan.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

// Whose unfinished work this attempt goes on with.
std::string who_began(const std::vector<Job>& earlier, const Job& job) {
  std::string producer;
  for (const Job& one : earlier) {
    const bool handed_on = one.stage == job.stage && one.state == JobState::finished &&
                           one.reason == to_string(ReasonCode::in_progress) &&
                           one.resume_token == job.resume_token;
    if (handed_on && !one.producer.empty()) producer = one.producer;
  }
  return producer;
}

// What has begun is gone on with by whoever began it, or held: a second producer beside a deploy
// that is under way would be a second deploy.
void leave_only(const std::string& began, ResolvedChain& chain) {
  if (began.empty()) return;
  std::erase_if(chain.links, [&](const jobs::RequestLink& link) {
    if (link.plugin == began) return false;
    chain.skipped.push_back({link.position, link.plugin, Decision::skipped, "begun",
                             began + " has begun and is not finished"});
    return true;
  });
}

}  // namespace

int Engine::free_workers() const {
  return generation_->config.workers - static_cast<int>(workers_.size()) + batch_.freed -
         batch_.claimed;
}

// A worker that was told to end may still be writing to the task's clone.
std::set<TaskId> Engine::busy_worktrees() const {
  std::set<TaskId> busy;
  for (const auto& [job, worker] : workers_) {
    if (!worker.abandoned) continue;
    if (std::find(batch_.ended.begin(), batch_.ended.end(), job) == batch_.ended.end())
      busy.insert(worker.task.id);
  }
  return busy;
}

Status Engine::claim_jobs() {
  ORC_CHECK_OK(collect_outgoing());
  ORC_CHECK_OK(look_for_kills());
  const bool timer = next_due_ && *next_due_ <= batch_.now;
  if (batch_.next_jobs.empty() && batch_.freed == 0 && !batch_.looks_for_due && !timer)
    return Done{};
  const int free = draining_ || !ready_to_serve_ ? 0 : free_workers();
  if (free > 0) return claim_oldest(free);
  next_due_ = batch_.now;  // once something can be claimed again
  return queue_next_jobs();
}

Status Engine::queue_next_jobs() {
  for (const NextJob& next : batch_.next_jobs) {
    ORC_TRY(const Job queued, store_->queue_job(next.job, batch_.now));
    (void)queued;
    batch_.looks_for_due = true;
    ORC_FAILPOINT(next_job_queued);
  }
  batch_.next_jobs.clear();
  return Done{};
}

Status Engine::claim_oldest(int free) {
  std::vector<NextJob> brought = std::exchange(batch_.next_jobs, {});
  std::vector<NextJob*> fresh;  // a sort moves each of them several times
  for (NextJob& next : brought) fresh.push_back(&next);
  std::sort(fresh.begin(), fresh.end(),
            [](const NextJob* a, const NextJob* b) { return a->task.id < b->task.id; });
  batch_.busy_worktrees = busy_worktrees();
  batch_.starting.reserve(static_cast<std::size_t>(free));
  ORC_TRY(
      const std::vector<store::DueJob> queued,
      store_->due_jobs(batch_.now, free + static_cast<int>(workers_.size() + unreadable_.size())));
  auto next_queued = queued.begin();
  for (NextJob* next : fresh) {
    for (; next_queued != queued.end() && next_queued->task < next->task.id; ++next_queued)
      ORC_CHECK_OK(claim_queued(*next_queued));
    if (next->job.run_after <= batch_.now && free_workers() > 0 &&
        !batch_.busy_worktrees.contains(next->task.id)) {
      ORC_CHECK_OK(start_next(std::move(*next)));
    } else {
      batch_.next_jobs.push_back(std::move(*next));
    }
  }
  for (; next_queued != queued.end(); ++next_queued) ORC_CHECK_OK(claim_queued(*next_queued));
  ORC_CHECK_OK(queue_next_jobs());
  // A worker that becomes free looks again, and so does the end of one that keeps a clone busy:
  // only what is not due yet needs a timer.
  next_due_.reset();
  if (free_workers() > 0) {
    ORC_TRY(next_due_, store_->next_due(batch_.now));
    // Those that were sent to wait stood before others that are due.
    if (batch_.turned_away > 0) next_due_ = batch_.now;
  }
  return Done{};
}

void Engine::tell(store::NewJob& job, Waits waits) {
  job.run_after = waits.until;
  job.reason = waits.reason;
  job.text = std::move(waits.text);
}

Status Engine::start_next(NextJob next) {
  ORC_FAILPOINT(claim_chosen);
  const Job wanted{.task = next.job.task,
                   .kind = next.job.kind,
                   .stage = next.job.stage,
                   .attempt = next.job.attempt,
                   .first_link = next.job.first_link,
                   .reason = next.job.reason,
                   .resume_token = next.job.resume_token};
  ORC_TRY(ResolvedChain chain, chain_of(wanted, next.task));
  ORC_TRY(const ModelAdmission model, admit_to_model(wanted, next.task, chain));
  if (model.over_budget) {
    ORC_TRY(const store::Write held,
            write(next.task, put_on_hold(next.task, HoldClass::llm_budget, *model.over_budget),
                  "engine"));
    (void)held;
    return Done{};
  }
  if (model.kept_back) {
    const KeptBack& kept = *model.kept_back;
    tell(next.job, {.until = kept.until, .reason = k_provider_paused, .text = kept.text});
    batch_.next_jobs.push_back(std::move(next));
    return Done{};
  }
  ORC_TRY(Admission admission, admit(next.task, wanted, chain));
  if (auto* waits = std::get_if<Waits>(&admission)) {
    tell(next.job, std::move(*waits));
    batch_.next_jobs.push_back(std::move(next));
    return Done{};
  }
  ORC_TRY(Job started, store_->start_job(next.job, identity_, generation_->number, batch_.now,
                                         batch_.now + generation_->config.max_running));
  ORC_FAILPOINT(next_job_queued);
  return prepare(std::move(started), std::move(next.task), std::get<Admitted>(admission),
                 std::move(chain), model);
}

Status Engine::claim_queued(const store::DueJob& due) {
  if (free_workers() <= 0 || batch_.busy_worktrees.contains(due.task) ||
      unreadable_.contains(due.job))
    return Done{};
  ORC_TRY(std::optional<store::LiveJob> live, store_->queued_job(due.job));
  // A job that does not fit its task is no less unreadable; the reconciler sees to it.
  if (!live || live->task.state != TaskState::active || live->job.stage != live->task.stage) {
    unreadable_.insert(due.job);
    return Done{};
  }
  ORC_FAILPOINT(claim_chosen);
  ORC_TRY(ResolvedChain chain, chain_of(live->job, live->task));
  ORC_TRY(const ModelAdmission model, admit_to_model(live->job, live->task, chain));
  if (!model.may_start()) return turn_away(*live, model);
  ORC_TRY(const Admission admission, admit(live->task, live->job, chain));
  if (const auto* waits = std::get_if<Waits>(&admission)) {
    ++batch_.turned_away;
    ORC_TRY(const store::Write told,
            store_->postpone_job(due.job, waits->until, waits->reason, waits->text));
    (void)told;
    return Done{};
  }
  ORC_TRY(const store::Write won,
          store_->claim_job(due.job, identity_, generation_->number, batch_.now,
                            batch_.now + generation_->config.max_running));
  if (won == store::Write::lost) {
    ++batch_.lost_writes;
    return Done{};
  }
  live->job.generation = generation_->number;
  return prepare(std::move(live->job), std::move(live->task), std::get<Admitted>(admission),
                 std::move(chain), model);
}

// Who released a verdict that stopped for a human at this stage, on exactly this content.
Result<std::string> Engine::approver_of(const Task& task) {
  const StageRule& rule = *find_rule(task.stage);
  const bool may_stop = std::any_of(
      rule.tokens.begin(), rule.tokens.end(),
      [](const VerdictToken& token) { return token.meaning == VerdictMeaning::blocked; });
  if (!may_stop || task.content_id.empty()) return std::string();
  ORC_TRY(const std::vector<Approval> approvals, store_->approvals(task.id));
  for (const Approval& approval : approvals) {
    if (approval.approved && approval.stage == task.stage && approval.content_id == task.content_id)
      return approval.actor;
  }
  return std::string();
}

Result<ResolvedChain> Engine::chain_of(const Job& job, const Task& task) {
  // A job of the edge tests again, by the chain that tests.
  const bool tests_again = job.kind == JobKind::edge;
  if (job.kind != JobKind::produce && !tests_again) return ResolvedChain{};
  const auto repo = generation_->config.repos.find(task.repo);
  const bool self_hosting = repo != generation_->config.repos.end() && repo->second.self_hosting;
  ResolvedChain chain = resolve_chain(*generation_, tests_again ? Stage::testing : job.stage,
                                      task.repo, self_hosting, kills_, job.first_link);
  trust_.pass_over(chain, *generation_);
  if (!goes_on(job)) return chain;
  ORC_TRY(const std::vector<Job> earlier, store_->jobs(task.id));
  leave_only(who_began(earlier, job), chain);
  return chain;
}

// The job is ours: its generation is pinned, what its model may use is set aside, and the links
// that are never asked are written down.
Status Engine::prepare(Job job, Task task, const Admitted& admitted, ResolvedChain chain,
                       const ModelAdmission& model) {
  ORC_FAILPOINT(claim_written);
  ++batch_.claimed;
  // No other host, and not this one again, has an attempt of this name.
  std::string run_id = identity_.instance + '-' + StateFolders::attempt_name(job.id, job.attempt);
  Worker worker{.job = std::move(job),
                .task = std::move(task),
                .links = std::move(chain.links),
                .skipped = std::move(chain.skipped),
                .generation = generation_,
                .run_id = std::move(run_id)};
  worker.lease_epoch = admitted.lease_epoch;
  worker.deadline = mono_now() + generation_->config.max_running;
  if (worker.job.kind == JobKind::produce) {
    observe(Tally::wait_seconds, {}, std::max(batch_.now - worker.job.run_after, Millis{0}));
    ORC_TRY(worker.approved_by, approver_of(worker.task));
  }
  if (worker.job.stage == Stage::testing || worker.job.kind == JobKind::edge)
    worker.suite = suite_of(RepoOf(generation_->config, worker.task)->contract, worker.links);
  if (!worker.skipped.empty()) {
    ORC_CHECK_OK(store_->record_decisions(worker.job.id, worker.skipped));
    observe_decisions(worker.job.stage, worker.skipped);
  }
  if (model.reserved) {
    ORC_CHECK_OK(store_->reserve_llm(worker.job, find_rule(worker.job.stage)->role, *model.reserved,
                                     batch_.now));
  }
  if (is_of_edge(worker.job.kind)) ORC_CHECK_OK(prepare_edge(worker));
  ORC_CHECK_OK(begin_deployment(worker));
  batch_.starting.push_back(std::move(worker));
  return Done{};
}

Status Engine::collect_outgoing() {
  if (!next_outbox_ || *next_outbox_ > batch_.now) return Done{};
  ORC_TRY(const std::vector<store::OutboxItem> due, store_->due_outbox(batch_.now, 100));
  std::vector<clients::Outgoing> items;
  for (const store::OutboxItem& item : due) {
    items.push_back({item.id, item.channel, item.key, item.body, item.attempts});
  }
  batch_.effects.emplace_back([this, items = std::move(items)] {
    ORC_CRASHPOINT(outbox_taken);
    next_outbox_.reset();
    outbox_->send(items);
  });
  return Done{};
}

Status Engine::look_for_kills() {
  if (!batch_.kills_changed && (!next_unkill_ || *next_unkill_ > batch_.now)) return Done{};
  ORC_TRY(kills_, store_->kills(batch_.now));
  next_unkill_.reset();
  for (const store::PluginKill& kill : kills_) {
    if (kill.until && (!next_unkill_ || *kill.until < *next_unkill_)) next_unkill_ = kill.until;
  }
  return Done{};
}

}  // namespace orc::engine
