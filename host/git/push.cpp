// SPDX-License-Identifier: Apache-2.0
#include "git/push.h"

#include "base/text.h"
#include "domain/names.h"
#include "git/repository.h"

namespace orc::git {

namespace {

// git-push(1): without a leading '+' in the refspec and without --force, a branch is only moved
// forward, and the receiving side compares the value that it told with the one that it holds.
Result<Command> push(const Place& place, const std::string& url, const std::string& lease,
                     const std::string& branch, const std::string& commit) {
  ORC_CHECK_OK(check_branch_name(branch));
  if (!is_object_id(commit))
    return Error{ErrorKind::refused, "not an object id: " + printable(commit)};
  Command command(place, "push");
  command.reach(Reach::network).option("--quiet").option("--no-follow-tags").option("--no-verify");
  command.option("--recurse-submodules=no").option("--no-signed");
  if (!lease.empty()) command.option("--force-with-lease=", lease);
  command.value(url).refspec(commit + ":refs/heads/" + branch);
  return command;
}

}  // namespace

Result<Command> push_of_branch(const Place& place, const BranchPush& to) {
  if (to.branch == to.base)
    return Error{ErrorKind::refused, "the base branch " + to.base + " is never rewritten"};
  ORC_CHECK_OK(check_branch_name(to.branch));
  if (!to.expected.empty() && !is_object_id(to.expected))
    return Error{ErrorKind::refused, "not an object id: " + printable(to.expected)};
  // An empty value asks for a branch that is not there yet.
  return push(place, to.url, "refs/heads/" + to.branch + ":" + to.expected, to.branch, to.commit);
}

Result<Command> push_of_base(const Place& place, const BasePush& to) {
  return push(place, to.url, "", to.base, to.commit);
}

// git-push(1), OUTPUT: a reference that the remote end refused.
bool was_rejected_by_upstream(const Error& error) {
  return error.kind == ErrorKind::refused &&
         error.message.find("[remote rejected]") != std::string::npos;
}

Status Repository::push_branch(const std::string& url, const std::string& branch,
                               const std::string& base, const std::string& expected,
                               const std::string& commit) {
  ORC_TRY(const Command command,
          push_of_branch(Place{bare_, environment_}, {url, branch, base, expected, commit}));
  return command.done();
}

Status Repository::push_base(const std::string& url, const std::string& base,
                             const std::string& commit) {
  ORC_TRY(const Command command, push_of_base(Place{bare_, environment_}, {url, base, commit}));
  return command.done();
}

}  // namespace orc::git
