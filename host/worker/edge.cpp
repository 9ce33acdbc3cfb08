// SPDX-License-Identifier: Apache-2.0
#include "worker/edge.h"

#include <algorithm>
#include <array>

#include "base/failpoint.h"
#include "jobs/worker_client.h"
#include "worker/edge_job.h"
#include "worker/production.h"

namespace orc::worker {

namespace {

using gates::Judgement;
using git::Repository;

Judged judge_merge(EdgeJob& job) {
  if (auto ended = make_candidate(job)) return std::move(*ended);
  return test_candidate(job);
}

struct GateStep {
  EdgeGate gate;
  Judged (*judge)(EdgeJob& job);
};
constexpr std::array k_steps{GateStep{EdgeGate::merge, judge_merge},
                             GateStep{EdgeGate::security, scan_candidate},
                             GateStep{EdgeGate::coverage, measure_coverage},
                             GateStep{EdgeGate::image, look_at_image}};

// How the job ends after this gate; nothing: the next one is asked.
std::optional<JobOutcome> end_after(EdgeGate gate, const Judged& judged) {
  if (const auto* outcome = std::get_if<JobOutcome>(&judged)) return *outcome;
  const Judgement& said = *std::get_if<Judgement>(&judged);
  switch (said.result) {
    case GateResult::passed:
      return std::nullopt;
    case GateResult::failed:
      return EdgeResult{EdgeEnd::failed, gate, said.text};
    case GateResult::blocked:
      return EdgeResult{EdgeEnd::blocked, gate, said.text};
    case GateResult::not_run:
      return Deferred{.reason = said.why, .text = said.text};
  }
  return EdgeResult{EdgeEnd::blocked, gate, said.text};
}

GateRun row_of(EdgeGate gate, const Judged& judged, MonoTime began) {
  GateRun run{.gate = gate,
              .duration = std::chrono::duration_cast<Millis>(mono_now() - began)};
  if (const auto* said = std::get_if<Judgement>(&judged)) {
    run.result = said->result;
    run.text = said->text;
  } else if (const auto* outcome = std::get_if<JobOutcome>(&judged)) {
    const auto* end = std::get_if<EdgeResult>(outcome);
    run.text = text_of(*outcome);
    run.result = end == nullptr                      ? GateResult::not_run
                 : end->end == EdgeEnd::failed       ? GateResult::failed
                 : end->end == EdgeEnd::blocked      ? GateResult::blocked
                                                     : GateResult::not_run;
  }
  return run;
}

void watch_step(Session& session) {
  session.watchdog.watch({.deadline = session.limit(),
                          .grace = session.request.kill_grace + k_last_words,
                          .give_up = [&session](StopCause cause) {
                            session.record.finish({.outcome = stopped(cause, "at the edge")});
                          }});
}

// The gates that this kind of job judges, in order, up to the first that does not pass.
JobOutcome ask_gates(EdgeJob& job) {
  EdgeResult passed{.end = EdgeEnd::passed};
  for (const GateStep& step : k_steps) {
    const auto row = std::find_if(k_edge_gates.begin(), k_edge_gates.end(),
                                  [&](const EdgeGateRow& r) { return r.gate == step.gate; });
    const jobs::JobRequest& request = job.session.request;
    if (row->judged_in != request.kind || !has_gate(request.edge.gates, step.gate)) continue;
    watch_step(job.session);
    const MonoTime began = mono_now();
    const Judged judged = step.judge(job);
    job.report.gates.push_back(row_of(step.gate, judged, began));
    if (auto ended = end_after(step.gate, judged)) return std::move(*ended);
    passed.gate = step.gate;
    passed.text += (passed.text.empty() ? "" : "; ") + job.report.gates.back().text;
  }
  return passed;
}

// Without the merge gate nothing is put on another base: the branch itself is judged.
Status take_branch_as_it_is(EdgeJob& job, const std::string& head) {
  job.code.commit = head;
  job.candidate.commit = head;
  ORC_TRY(job.candidate.tree, job.repository.tree_of(head));
  ORC_TRY(job.candidate.content_id,
          job.repository.content_id(head, job.session.artifact_folder()));
  job.code.content_id = job.candidate.content_id;
  return Done{};
}

// The branch stands on the candidate from here on.
Status keep(EdgeJob& job) {
  const jobs::JobRequest& request = job.session.request;
  ORC_CHECK_OK(job.repository.set_branch(request.branch, job.candidate.commit));
  job.report.head_commit = job.candidate.commit;
  job.report.content_id = job.candidate.content_id;
  job.report.candidate = job.candidate;
  return Done{};
}

JobOutcome judge(EdgeJob& job, const std::string& head) {
  if (!has_gate(job.session.request.edge.gates, EdgeGate::merge)) {
    const Status taken = take_branch_as_it_is(job, head);
    if (!taken.ok()) return outcome_of(taken.error());
  } else {
    job.candidate.commit = head;
  }
  JobOutcome outcome = ask_gates(job);
  const auto* end = std::get_if<EdgeResult>(&outcome);
  if (end == nullptr || end->end != EdgeEnd::passed) return outcome;
  ORC_CRASHPOINT(edge_judged);
  const Status kept = keep(job);
  return kept.ok() ? outcome : outcome_of(kept.error());
}

JobOutcome carry_out(EdgeJob& job, const std::string& head) {
  switch (job.session.request.kind) {
    case JobKind::edge:
      return judge(job, head);
    case JobKind::land:
      return land(job);
    case JobKind::image:
      job.candidate.commit = head;
      return ask_gates(job);
    case JobKind::produce:
    case JobKind::ci:
    case JobKind::shadow:
    case JobKind::monitor:
    case JobKind::rollback:
      break;
  }
  return WorkerFault{"not a job of the edge"};
}

}  // namespace

void run_edge(Session& session) {
  watch_step(session);
  const jobs::JobRequest& request = session.request;
  Result<gates::Settings> settings = gates::read_settings(request.contract);
  if (!settings.ok())
    session.record.finish({.outcome = Held{ReasonCode::config, settings.error().message}});
  Result<Repository> repository =
      Repository::open(request.bare_repository, jobs::worker_environment(request.run_id));
  if (!repository.ok()) session.record.finish({.outcome = outcome_of(repository.error())});
  // Once upstream is known to have moved, everything below is made from what it holds now.
  Status fetched = repository.value().fetch_upstream(request.clone_url);
  const Result<std::string> head =
      fetched.ok() ? find_head(repository.value(), request) : Result<std::string>(fetched.error());
  if (!head.ok()) session.record.finish({.outcome = outcome_of(head.error())});
  EdgeJob job{.session = session,
              .settings = std::move(settings).value(),
              .repository = std::move(repository).value()};
  job.code.repository = job.repository;
  JobOutcome outcome = carry_out(job, head.value());
  job.report.outcome = std::move(outcome);
  session.record.finish(std::move(job.report));
}

}  // namespace orc::worker
