// SPDX-License-Identifier: Apache-2.0
// The edge from staging to production: what its jobs are told, and what is recorded of their ends.
// The intent to land is durable before the job that lands starts; what was landed is durable, with
// the coverage it brought, in the transaction that ends that job.
#include <algorithm>

#include "base/failpoint.h"
#include "engine/chain.h"
#include "engine/edge_plan.h"
#include "engine/engine.h"
#include "engine/request.h"

namespace orc::engine {

namespace {

constexpr Millis k_look_again{30'000};

const EdgeResult* passed(const jobs::WorkerReport& report) {
  const auto* result = std::get_if<EdgeResult>(&report.outcome);
  return result != nullptr && result->end == EdgeEnd::passed ? result : nullptr;
}

}  // namespace

// --- before a job ------------------------------------------------------------------------------

// One task a repository makes, tests and lands a merge, whatever the serial gate is set to.
Result<std::optional<Engine::Waits>> Engine::take_merge_lock(const Task& task, JobKind kind) {
  const bool merges = (kind == JobKind::edge || kind == JobKind::land) &&
                      has_gate(edge_plan(generation_->config, task), EdgeGate::merge);
  if (!merges) return std::optional<Waits>();
  ORC_TRY(const store::Write taken, store_->take_merge_slot(task.repo, task.id, batch_.now));
  if (taken == store::Write::written) return std::optional<Waits>();
  return std::optional(Waits{batch_.now + k_look_again, k_waits_for_merge_lock,
                             "another task of " + task.repo + " is being merged"});
}

Status Engine::prepare_edge(Worker& worker) {
  jobs::EdgeRequest& edge = worker.edge;
  edge.gates = edge_plan(generation_->config, worker.task);
  if (worker.job.kind == JobKind::land) {
    ORC_TRY(const std::vector<Merge> merges, store_->merges(worker.task.id));
    if (!merges.empty() && merges.front().state == MergeState::judged)
      edge.landing = merges.front().candidate;
    return Done{};
  }
  if (worker.job.kind != JobKind::edge) return Done{};
  ORC_TRY(edge.tested_contents, store_->tested_contents(worker.task.id, worker.suite));
  ORC_TRY(const std::vector<CoverageBaseline> baselines, store_->coverage_baselines());
  for (const CoverageBaseline& baseline : baselines) {
    if (baseline.repo == worker.task.repo) edge.coverage_baseline = baseline.percent;
  }
  return Done{};
}

// --- after a job -------------------------------------------------------------------------------

// What the job came to, whatever follows from it.
Status Engine::record_edge(const Worker& worker, const jobs::WorkerReport& report) {
  for (GateRun run : report.gates) {
    run.job = worker.job.id;
    run.at = batch_.now;
    ORC_CHECK_OK(store_->record_gate_run(run));
  }
  if (worker.job.kind != JobKind::land) return Done{};
  const auto* result = std::get_if<EdgeResult>(&report.outcome);
  if (result == nullptr) return Done{};
  if (result->end == EdgeEnd::base_moved) {
    ORC_TRY(const store::Write settled,
            store_->settle_merge(worker.task.id, MergeState::base_moved, batch_.now));
    (void)settled;
  }
  if (result->end != EdgeEnd::passed || !report.candidate) return Done{};
  return record_landing(worker, *report.candidate);
}

Status Engine::record_landing(const Worker& worker, const MergeCandidate& landed) {
  const Task& task = worker.task;
  ORC_TRY(const store::Write settled,
          store_->settle_merge(task.id, MergeState::landed, batch_.now));
  (void)settled;
  ORC_TRY(const std::optional<PullRequest> known, store_->pull_request(task.id));
  PullRequest request = known.value_or(PullRequest{.task = task.id,
                                                   .repo = task.repo,
                                                   .branch = task.branch,
                                                   .title = task.title});
  request.base = RepoOf(worker.generation->config, task)->default_branch;
  request.head_commit = landed.commit;
  request.state = "merged";
  ORC_CHECK_OK(store_->put_pull_request(request));
  if (landed.coverage) {
    ORC_CHECK_OK(
        store_->raise_coverage(task.repo, *landed.coverage, landed.commit, batch_.now));
  }
  ORC_FAILPOINT(land_noted);
  ORC_TRY(const store::Write left, store_->leave_merge_slot(task.id, batch_.now));
  if (left == store::Write::written) batch_.looks_for_due = true;
  return note(task.id, "merge.landed",
              landed.commit + " on " + request.base + ", tree " + landed.tree, "engine");
}

// A job of the edge has said how it ended; a re-test counts only as the gate reads its report.
Result<Followup> Engine::follow_edge(const Worker& worker, const jobs::WorkerReport& report,
                                     const EdgeResult& result, const Budget& budget,
                                     const std::vector<Evidence>& evidence) {
  const Task& task = worker.task;
  const Job& job = worker.job;
  const config::Config& config = worker.generation->config;
  if (auto distrusted = trust_.against_gate(gate_name(result.gate)))
    return put_on_hold(task, HoldClass::environment, *distrusted);
  if (result.end == EdgeEnd::base_moved) {
    ORC_TRY(const std::vector<Merge> merges, store_->merges(task.id));
    const auto tries = std::count_if(merges.begin(), merges.end(), [&](const Merge& merge) {
      return merge.state == MergeState::base_moved && merge.at >= task.stage_since;
    });
    return after_base_moved(task, job, result, static_cast<int>(tries), config.merge_tries,
                            batch_.now);
  }
  if (result.end == EdgeEnd::passed && !report.artifacts.empty()) {
    GateInput input{.rule = *find_rule(Stage::testing),
                    .work_item = task.work_item,
                    .attempt = job.attempt,
                    .content_id = report.content_id,
                    .evidence = evidence};
    const GateDecision decision = ask_gate(input);
    if (!std::holds_alternative<GatePassed>(decision))
      return after_gate(task, job, decision, budget, batch_.now);
    ORC_CHECK_OK(store_->record_tested(task.id, worker.suite, report.content_id, job.id,
                                       batch_.now));
  }
  if (passed(report) != nullptr && job.kind == JobKind::edge && report.candidate &&
      has_gate(worker.edge.gates, EdgeGate::merge)) {
    ORC_CHECK_OK(store_->open_merge({.task = task.id,
                                     .judged_by = job.id,
                                     .repo = task.repo,
                                     .base = RepoOf(config, task)->default_branch,
                                     .candidate = *report.candidate,
                                     .at = batch_.now}));
  }
  return after_edge(task, job, result, budget, edge_plan(config, task), batch_.now);
}

// The task's branch passed its tests as it is.
Status Engine::remember_tested(const Worker& worker, const jobs::WorkerReport& report,
                               const Followup& followup) {
  const StageRule& rule = *find_rule(Stage::testing);
  const bool has_passed = worker.job.stage == Stage::testing &&
                          worker.job.kind == JobKind::produce &&
                          followup.next.stage == rule.on_pass && !report.content_id.empty();
  if (!has_passed || worker.suite.empty()) return Done{};
  return store_->record_tested(worker.task.id, worker.suite, report.content_id, worker.job.id,
                               batch_.now);
}

}  // namespace orc::engine
