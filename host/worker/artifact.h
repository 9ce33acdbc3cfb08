// SPDX-License-Identifier: Apache-2.0
// What a finished production leaves: the stage's artifacts below <job folder>/artifacts, and the
// task's branch with the developer's commits or a copy of the artifacts for people.
#pragma once

#include <string>
#include <vector>

#include "worker/chain_walk.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

struct Producer {
  std::string name;     // configured
  std::string version;  // of the plugin
};

// With a token: the stage's one file, with the host's frontmatter above `body`. Without: the
// contract's files that an agent left in the worktree, read without following links. Returns the
// names below artifacts/.
Result<std::vector<std::string>> take_artifacts(const Session& session, const Code& code,
                                                const Verdict& verdict, const std::string& body,
                                                const Producer& producer);

struct Published {
  std::string head_commit;
  std::string content_id;
};

// A developer's commits are taken in; anybody else's artifacts are committed on the branch in one
// commit. Without a repository the artifacts are copied into the worktree, so that the next stage
// finds them.
Result<Published> publish(const Session& session, const Code& code, const Verdict& verdict,
                          const std::vector<std::string>& artifacts);

}  // namespace orc::worker
