// SPDX-License-Identifier: Apache-2.0
#include "worker/request_view.h"

#include "worker/plugin_library.h"

namespace orc::worker {

const std::string& RequestView::keep(std::string text) {
  texts_.push_back(std::make_unique<std::string>(std::move(text)));
  return *texts_.back();
}

RequestView::RequestView(const Session& session, const Code& code) {
  const jobs::JobRequest& request = session.request;
  const StageRule& rule = session.rule;
  raw_.struct_size = sizeof(raw_);
  raw_.attempt = request.attempt;
  raw_.job = to_abi(keep(std::to_string(request.job.value)));
  raw_.run_id = to_abi(request.run_id);
  raw_.work_item = to_abi(request.work_item);
  raw_.title = to_abi(request.title);
  raw_.request = to_abi(request.request);
  raw_.feedback = to_abi(request.feedback);
  raw_.stage = to_abi(to_string(rule.stage));
  raw_.role = to_abi(to_string(rule.role));
  raw_.model = to_abi(request.model);
  raw_.effort = to_abi(request.effort);
  raw_.repo = to_abi(request.repo);
  raw_.branch = to_abi(request.branch);
  raw_.base_branch = to_abi(request.default_branch);
  raw_.commit = to_abi(code.commit);
  raw_.base_commit = to_abi(code.base_commit);
  raw_.content_id = to_abi(code.content_id);
  raw_.worktree = to_abi(request.worktree.native());
  raw_.verification = to_abi(code.verification.native());
  raw_.artifact_dir = to_abi(keep(artifact_folder(session).string()));
  raw_.scratch = to_abi(keep(session.scratch().string()));
  raw_.prompt_file = to_abi(request.prompt_file.native());
  raw_.contract = to_abi(request.contract);
  raw_.resume_token = to_abi(request.resume_token);
  raw_.approved_by = to_abi(request.approved_by);
  raw_.verdict_key = to_abi(rule.verdict_key);
  for (const VerdictToken& token : rule.tokens) tokens_.push_back(to_abi(token.token));
  raw_.tokens = tokens_.data();
  raw_.token_count = tokens_.size();
  for (const ArtifactRule& artifact : rule.artifacts) {
    orch_artifact row{};
    row.struct_size = sizeof(row);
    row.required = artifact.presence == Presence::required ? 1 : 0;
    row.file = to_abi(artifact.file);
    artifacts_.push_back(row);
  }
  raw_.artifacts = artifacts_.data();
  raw_.artifact_count = artifacts_.size();
  raw_.artifact_stride = sizeof(orch_artifact);
}

}  // namespace orc::worker
