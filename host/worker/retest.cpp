// SPDX-License-Identifier: Apache-2.0
// The tests again, by the same chain that tested the branch.
#include <algorithm>

#include "base/file.h"
#include "gates/landing.h"
#include "worker/edge_job.h"
#include "worker/production.h"

namespace orc::worker {

namespace {

using gates::Judgement;

bool has_passed_before(const EdgeJob& job) {
  const auto& tested = job.session.request.edge.tested_contents;
  return std::find(tested.begin(), tested.end(), job.candidate.content_id) != tested.end();
}

// The number that the coverage gate reads comes out of the suite itself.
bool needs_the_suites_report(const EdgeJob& job) {
  const gates::CoverageSettings& coverage = job.settings.coverage;
  return has_gate(job.session.request.edge.gates, EdgeGate::coverage) && coverage.command.empty();
}

Status make_ready(EdgeJob& job) {
  ORC_CHECK_OK(prepare_work_tree(job.session, job.code));
  ORC_CHECK_OK(prepare_verification(job.session, job.code));
  // One that the branch brought along would say what its author likes.
  if (!job.settings.coverage.report.empty())
    ORC_CHECK_OK(remove_tree(job.code.verification / job.settings.coverage.report));
  job.session.make_base_checkout = [&job] { return prepare_base(job.session, job.code); };
  return Done{};
}

Judged judge(EdgeJob& job, const Verdict& verdict) {
  return gates::judge_retest(find_token(job.session.rule, verdict.token),
                             "re-test on " + job.session.request.default_branch + ": " +
                                 (verdict.token.empty() ? "" : verdict.token + ", ") +
                                 verdict.summary);
}

}  // namespace

Judged test_candidate(EdgeJob& job) {
  Session& session = job.session;
  if (has_passed_before(job) && !needs_the_suites_report(job))
    return Judgement{GateResult::passed, "content " + job.candidate.content_id +
                                             " has passed this suite before"};
  if (const Status ready = make_ready(job); !ready.ok()) return outcome_of(ready.error());
  std::optional<Produced> produced = produce(session, job.code);
  if (!produced) return JobOutcome(NobodyAccepted{});
  job.report.producer = produced->producer.name;
  job.report.producer_version = produced->producer.version;
  const auto* verdict = std::get_if<Verdict>(&produced->outcome);
  if (verdict == nullptr) return std::move(produced->outcome);
  job.tests_ran = true;
  // For the evidence store alone: a commit more would be another tree than the one under test.
  auto taken = take_artifacts(session, job.code, *verdict, produced->body, produced->producer);
  if (!taken.ok()) return outcome_of(taken.error());
  job.report.artifacts = std::move(taken).value();
  for (std::string& name : produced->accepted.services->aux_files())
    job.report.artifacts.push_back(std::move(name));
  job.report.made_on_commit = job.code.commit;
  job.report.made_on_content = job.code.content_id;
  job.report.content_id = job.code.content_id;
  return judge(job, *verdict);
}

}  // namespace orc::worker
