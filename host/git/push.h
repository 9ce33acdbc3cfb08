// SPDX-License-Identifier: Apache-2.0
// What git push is told. Every push of the program is made here, and there are two: a task's own
// branch, which may be rewritten as long as upstream holds exactly what is expected, and a base
// branch, which only moves forward. No argument of the second can make it a forced one.
#pragma once

#include <string>

#include "git/command.h"

namespace orc::git {

struct BranchPush {
  std::string url;
  std::string branch;
  std::string base;      // the branch that must never be rewritten
  std::string expected;  // what upstream holds; empty: nothing
  std::string commit;
};
// `refused` where the branch is the base itself.
Result<Command> push_of_branch(const Place& place, const BranchPush& push);

struct BasePush {
  std::string url;
  std::string base;
  std::string commit;
};
Result<Command> push_of_base(const Place& place, const BasePush& push);

// Whether the push reached the other side and was refused there, by its settings or a hook: not by
// the way there, and not for want of credentials.
bool was_rejected_by_upstream(const Error& error);

}  // namespace orc::git
