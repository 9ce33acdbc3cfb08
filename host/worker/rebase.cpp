// SPDX-License-Identifier: Apache-2.0
// The candidate: the task's branch on top of what the base branch holds right now.
#include "base/text.h"
#include "worker/edge_job.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_named_files = 20;

JobOutcome conflicting(const EdgeJob& job, std::vector<std::string> files) {
  const std::string& base = job.session.request.default_branch;
  const std::size_t count = files.size();
  if (count > k_named_files) files.resize(k_named_files);
  return EdgeResult{EdgeEnd::failed, EdgeGate::merge,
                    "the branch conflicts with " + base + " in " + join(files, ", ") +
                        (count > k_named_files ? ", …" : "") + ". Merge origin/" + base +
                        " (" + job.candidate.base_commit +
                        ") into the branch and solve it there; do not rewrite its history"};
}

std::optional<JobOutcome> find_missing_markers(EdgeJob& job) {
  std::vector<git::Repository::Marker> markers;
  for (const gates::MarkerRow& row : job.settings.markers)
    markers.push_back({row.id, row.file, row.pattern});
  const auto missing = job.repository.missing_markers(job.candidate.commit, markers);
  if (!missing.ok()) return outcome_of(missing.error());
  if (missing.value().empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& marker : missing.value()) names.push_back(marker.id + " in " + marker.file);
  return EdgeResult{EdgeEnd::failed, EdgeGate::merge,
                    "fixes that must not vanish are gone: " + join(names, ", ")};
}

// What upstream's copy of the task's branch may hold: nothing, something that is in the branch, or
// what an earlier try of this task pushed. Anything else is somebody's work that nobody judged.
Result<bool> is_ours(EdgeJob& job, const std::string& head, const std::string& found) {
  if (found.empty()) return true;
  ORC_TRY(const bool in_branch, job.repository.contains(head, found));
  if (in_branch) return true;
  return job.repository.has_been_on(job.session.request.branch, found);
}

Result<std::optional<JobOutcome>> make(EdgeJob& job) {
  const jobs::JobRequest& request = job.session.request;
  const std::string head = job.candidate.commit;
  MergeCandidate& candidate = job.candidate;
  ORC_TRY(candidate.base_commit, job.repository.upstream_head(request.default_branch));
  if (candidate.base_commit.empty()) {
    return std::optional<JobOutcome>(
        Held{ReasonCode::config, "upstream has no branch " + request.default_branch});
  }
  if (request.branch != request.default_branch) {
    ORC_TRY(candidate.branch_commit, job.repository.upstream_head(request.branch));
    ORC_TRY(const bool ours, is_ours(job, head, candidate.branch_commit));
    if (!ours) {
      return std::optional<JobOutcome>(
          EdgeResult{EdgeEnd::blocked, EdgeGate::merge,
                     "somebody pushed " + candidate.branch_commit + " to " + request.branch +
                         " upstream, which nobody here has judged"});
    }
  }
  ORC_TRY(git::Repository::Rebased rebased,
          job.repository.rebase(head, candidate.base_commit));
  if (!rebased.conflicts.empty())
    return std::optional(conflicting(job, std::move(rebased.conflicts)));
  candidate.commit = rebased.commit;
  ORC_TRY(candidate.tree, job.repository.tree_of(candidate.commit));
  ORC_TRY(candidate.content_id,
          job.repository.content_id(candidate.commit, job.session.artifact_folder()));
  job.code.commit = candidate.commit;
  job.code.base_commit = candidate.base_commit;
  job.code.content_id = candidate.content_id;
  return find_missing_markers(job);
}

}  // namespace

std::optional<Judged> make_candidate(EdgeJob& job) {
  Result<std::optional<JobOutcome>> made = make(job);
  if (!made.ok()) return Judged(outcome_of(std::move(made).error().while_doing("rebasing")));
  if (made.value()) return Judged(std::move(*made.value()));
  return std::nullopt;
}

}  // namespace orc::worker
