// SPDX-License-Identifier: Apache-2.0
#include "worker/code.h"

#include <system_error>

#include "artifacts/frontmatter.h"
#include "jobs/worker_client.h"
#include "worker/stage_files.h"

namespace orc::worker {

using git::Repository;

// The head the host accepted; on a task's first job, or where the bare repository is new, upstream
// is asked.
Result<std::string> find_head(Repository& repository, const jobs::JobRequest& request) {
  if (!request.head_commit.empty()) {
    const Status known = repository.set_branch(request.branch, request.head_commit);
    if (known.ok()) return request.head_commit;
    ORC_CHECK_OK(repository.fetch_upstream(request.clone_url));
    ORC_CHECK_OK(repository.set_branch(request.branch, request.head_commit));
    return request.head_commit;
  }
  ORC_CHECK_OK(repository.fetch_upstream(request.clone_url));
  // A task that begins where work is judged needs the branch that holds it: a mistyped name must
  // not be answered with the base branch's own green suite.
  const bool may_begin_fresh = request.stage <= Stage::development;
  ORC_TRY(std::string start,
          repository.starting_point(request.branch, request.default_branch, may_begin_fresh));
  ORC_CHECK_OK(repository.set_branch(request.branch, start));
  return start;
}

namespace {

std::string business_request(const jobs::JobRequest& request) {
  return artifacts::write_artifact(
      {{"work_item", request.work_item}, {"title", request.title}, {"date", to_date(wall_now())}},
      request.request + "\n");
}

// The worktree is clean and nobody else works in it now, but the tree itself may hold a link in
// place of a folder.
Status make_artifact_folder(const Session& session) {
  std::filesystem::path at = session.request.worktree;
  for (const std::filesystem::path& part : std::filesystem::path(session.artifact_folder())) {
    at /= part;
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::symlink_status(at, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
      return Error{ErrorKind::not_found, at.string() + " is not a folder"};
    }
  }
  return make_folder(artifact_folder(session));
}

Status move_older_artifacts_away(const Session& session) {
  const std::filesystem::path from = artifact_folder(session);
  const std::filesystem::path to = session.folder / "older";
  for (const std::string& name : find_stage_files(from, session.rule)) {
    ORC_CHECK_OK(make_folder((to / name).parent_path()));
    std::error_code error;
    std::filesystem::rename(from / name, to / name, error);
    if (error == std::errc::cross_device_link) {
      error.clear();
      std::filesystem::remove(from / name, error);
    }
    if (error) return Error{ErrorKind::io, (from / name).string() + ": " + error.message()};
  }
  return Done{};
}

Status prepare_artifact_folder(const Session& session, Code& code) {
  ORC_CHECK_OK(make_artifact_folder(session));
  ORC_CHECK_OK(move_older_artifacts_away(session));
  const std::filesystem::path request_file = artifact_folder(session) / k_business_request;
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(request_file, error))) return Done{};
  code.brought_request = true;
  return write_file_atomically(request_file, business_request(session.request), Durability::process,
                               0644);
}

}  // namespace

Status prepare_verification(Session& session, Code& code) {
  code.verification = session.request.verification;
  session.record.remove_at_end(code.verification);
  ORC_CHECK_OK(remove_tree(code.verification));
  ORC_CHECK_OK(make_folder(code.verification));
  return code.repository->checkout(code.commit, code.verification);
}

Status prepare_work_tree(Session& session, Code& code) {
  const jobs::JobRequest& request = session.request;
  ORC_CHECK_OK(code.repository->prepare_clone(request.worktree, request.branch, code.commit));
  // Whoever solves a conflict has to see what it is with.
  if (session.rule.intake == Intake::commits)
    ORC_CHECK_OK(code.repository->offer_base(request.worktree, request.default_branch));
  return prepare_artifact_folder(session, code);
}

Status prepare_base(Session& session, Code& code) {
  if (!code.repository || code.base_commit.empty() || code.verification.empty())
    return Error{ErrorKind::not_found, "the job has no base commit"};
  const std::filesystem::path folder = session.base_checkout();
  session.record.remove_at_end(folder);
  ORC_CHECK_OK(remove_tree(folder));
  ORC_CHECK_OK(make_folder(folder));
  return code.repository->checkout(code.base_commit, folder);
}

namespace {

Result<Code> prepare_repository(Session& session) {
  const jobs::JobRequest& request = session.request;
  ORC_TRY(Repository repository,
          Repository::open(request.bare_repository, jobs::worker_environment(request.run_id)));
  Code code;
  const bool is_shadow = request.kind == JobKind::shadow;
  // A shadow works on what was judged already and moves no branch.
  if (is_shadow) {
    code.commit = request.head_commit;
  } else {
    ORC_TRY(code.commit, find_head(repository, request));
  }
  ORC_TRY(code.content_id, repository.content_id(code.commit, session.artifact_folder()));
  ORC_TRY(code.base_commit, repository.merge_base(code.commit, request.default_branch));
  code.repository.emplace(std::move(repository));
  const bool is_ci = request.kind == JobKind::ci;
  if (!is_ci) {
    ORC_CHECK_OK(prepare_work_tree(session, code));
  }
  if (is_ci || session.rule.intake == Intake::artifacts) {
    ORC_CHECK_OK(prepare_verification(session, code));
  }
  return code;
}

Result<Code> prepare_folder(Session& session) {
  if (session.request.kind == JobKind::shadow)
    return Error{ErrorKind::not_found, "without a repository there is nothing to look at twice"};
  Code code;
  ORC_CHECK_OK(make_folder(session.request.worktree));
  ORC_CHECK_OK(prepare_artifact_folder(session, code));
  return code;
}

}  // namespace

std::filesystem::path artifact_folder(const Session& session) {
  return session.request.worktree / session.artifact_folder();
}

JobOutcome outcome_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
      return Deferred{.reason = ReasonCode::network, .text = error.message};
    case ErrorKind::not_found:
      return Held{ReasonCode::config, error.message};
    case ErrorKind::refused:
      return Held{ReasonCode::credentials, error.message};
    case ErrorKind::malformed:
    case ErrorKind::conflict:
    case ErrorKind::io:
    case ErrorKind::internal:
      return WorkerFault{error.message};
  }
  return WorkerFault{error.message};
}

std::variant<Code, JobOutcome> prepare_code(Session& session) {
  Result<Code> code =
      session.request.clone_url.empty() ? prepare_folder(session) : prepare_repository(session);
  if (!code.ok()) return outcome_of(std::move(code).error().while_doing("preparing the code"));
  return std::move(code).value();
}

}  // namespace orc::worker
