// SPDX-License-Identifier: Apache-2.0
// The code a job works on: fetched, checked out and made ready before anybody is asked, by the
// host's own git alone.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "domain/outcome.h"
#include "git/repository.h"
#include "worker/session.h"

namespace orc::worker {

struct Code {
  std::optional<git::Repository> repository;  // none: the task has no repository
  std::string commit;                         // the branch head the job works on
  std::string base_commit;
  std::string content_id;
  std::filesystem::path verification;  // empty: none was made
  bool brought_request = false;        // the business request was missing and has been written
};

// Makes the folders ready for the request's stage: the task's clone on its branch with a clean
// tree, an older artifact of this stage moved to <job folder>/older, the business request in place,
// and, where nobody commits, a verification checkout. For a CI job the checkout alone. The outcome
// says why it could not be done.
std::variant<Code, JobOutcome> prepare_code(Session& session);

// The head of the task's branch: the one that the host accepted, or, on a task's first job or in a
// new bare repository, what upstream holds.
Result<std::string> find_head(git::Repository& repository, const jobs::JobRequest& request);
// The task's clone on code.commit, with the artifact folder of the session's stage in order.
Status prepare_work_tree(Session& session, Code& code);
// A checkout of code.commit, removed with the job.
Status prepare_verification(Session& session, Code& code);

// A checkout of the base commit at session.base_checkout(), removed with the job. `not_found`:
// there is no base to check out.
Status prepare_base(Session& session, Code& code);

// Whether something may work later, needs a human, or is the worker's own failure.
JobOutcome outcome_of(const Error& error);

// The folder of the task's artifacts in its worktree.
std::filesystem::path artifact_folder(const Session& session);

constexpr const char* k_business_request = "00-business-request.md";

}  // namespace orc::worker
