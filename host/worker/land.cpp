// SPDX-License-Identifier: Apache-2.0
// Bringing a judged candidate to the base branch. Whatever happened before, a crash or an answer
// that got lost, upstream is asked first what it holds; nothing is pushed twice.
#include "base/failpoint.h"
#include "gates/landing.h"
#include "git/push.h"
#include "worker/edge_job.h"
#include "worker/forge.h"

namespace orc::worker {

namespace {

using gates::Landing;
using gates::LandingDecision;

EdgeResult ended(EdgeEnd end, const std::string& text) {
  return EdgeResult{end, EdgeGate::merge, text};
}

// By what was fetched last.
Result<gates::LandingFacts> known_of_upstream(EdgeJob& job) {
  const jobs::JobRequest& request = job.session.request;
  gates::LandingFacts facts;
  facts.branch_is_base = request.branch == request.default_branch;
  ORC_TRY(facts.base, job.repository.upstream_head(request.default_branch));
  ORC_TRY(facts.branch, job.repository.upstream_head(request.branch));
  ORC_TRY(facts.tree, job.repository.tree_of(job.candidate.commit));
  if (facts.base.empty()) return facts;
  ORC_TRY(facts.base_holds_it, job.repository.contains(facts.base, job.candidate.commit));
  return facts;
}

// How the job ends by what upstream holds; nothing: the way is free.
std::optional<JobOutcome> outcome_by(EdgeJob& job, const gates::LandingFacts& facts) {
  const LandingDecision decision = gates::decide_landing(job.candidate, facts);
  const std::string& base = job.session.request.default_branch;
  switch (decision.landing) {
    case Landing::free:
      return std::nullopt;
    case Landing::landed:
      job.report.candidate = job.candidate;
      job.report.head_commit = job.candidate.commit;
      job.report.content_id = job.candidate.content_id;
      return ended(EdgeEnd::passed, "landed " + job.candidate.commit + " on " + base);
    case Landing::base_moved:
      return ended(EdgeEnd::base_moved, base + ": " + decision.text);
    case Landing::blocked:
      return ended(EdgeEnd::blocked, decision.text);
  }
  return ended(EdgeEnd::blocked, decision.text);
}

Status push(EdgeJob& job, const gates::LandingFacts& facts) {
  const jobs::JobRequest& request = job.session.request;
  const MergeCandidate& candidate = job.candidate;
  if (!facts.branch_is_base && facts.branch != candidate.commit) {
    ORC_CHECK_OK(job.repository.push_branch(request.clone_url, request.branch,
                                            request.default_branch, candidate.branch_commit,
                                            candidate.commit));
  }
  ORC_CRASHPOINT(land_branch_pushed);
  ORC_CHECK_OK(move_base(job));
  ORC_CRASHPOINT(land_pushed);
  return Done{};
}

// Upstream was reached and let us in: a rule of its own stands in the way.
std::string rejected(const std::string& base, const Error& error) {
  const bool is_checked_out = error.message.find("currently checked out") != std::string::npos;
  return "upstream does not take " + base +
         (is_checked_out
              ? ": a working copy there has it checked out; land in a bare repository, or "
                "let it follow (git config receive.denyCurrentBranch updateInstead)"
              : ", by a rule or hook of its own") +
         ": " + error.message;
}

// What a push means, and above all a failed one, is what upstream says afterwards.
JobOutcome read_back(EdgeJob& job, const Status& pushed) {
  if (Status fetched = job.repository.fetch_upstream(job.session.request.clone_url); !fetched.ok())
    return outcome_of(fetched.error());
  const Result<gates::LandingFacts> facts = known_of_upstream(job);
  if (!facts.ok()) return outcome_of(facts.error());
  if (auto outcome = outcome_by(job, facts.value())) return std::move(*outcome);
  if (pushed.ok()) {
    return Deferred{.reason = ReasonCode::network,
                    .text = "the push was answered well, but upstream does not hold it"};
  }
  const bool is_race = pushed.error().kind == ErrorKind::conflict;
  if (is_race) return Deferred{.reason = ReasonCode::busy, .text = pushed.error().message};
  if (git::was_rejected_by_upstream(pushed.error()))
    return Held{ReasonCode::config, rejected(job.session.request.default_branch, pushed.error())};
  return outcome_of(pushed.error());
}

}  // namespace

JobOutcome land(EdgeJob& job) {
  const auto& intent = job.session.request.edge.landing;
  if (!intent) return ended(EdgeEnd::base_moved, "there is no intent to land");
  job.candidate = *intent;
  const Result<gates::LandingFacts> facts = known_of_upstream(job);
  if (!facts.ok()) return outcome_of(facts.error());
  if (auto outcome = outcome_by(job, facts.value())) return std::move(*outcome);
  ORC_CRASHPOINT(land_begun);
  return read_back(job, push(job, facts.value()));
}

}  // namespace orc::worker
