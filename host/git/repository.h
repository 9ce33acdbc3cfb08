// SPDX-License-Identifier: Apache-2.0
// Where code lives. The host owns one bare repository per repo that no child can see; every task
// works in a clone of its own; what a producer made comes back by fetching from that clone into a
// quarantine ref. Runs in the worker, never on the engine thread: every call starts git and may
// take seconds.
//
// The clone belongs to an agent and may be hostile: no command here reads its configuration, hooks,
// filters or attributes. Names arrive checked (domain/names.h); values never become options.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/process.h"

namespace orc::git {

struct Head {
  std::string commit;
  std::string content_id;  // tree of the commit without the task's artifact folder
};

class Repository {
 public:
  // Opens the bare repository, making it where it is missing. Nothing is fetched.
  static Result<Repository> open(const std::filesystem::path& bare,
                                 const process::Environment& environment);

  // Brings refs/upstream/* up to date with the branches of `url`. `unavailable`: may work later
  // (network, lock); `not_found`: no such repository; `refused`: credentials or protocol.
  Status fetch_upstream(const std::string& url);

  // Brings one branch up to date, without its history: for a look at its files.
  Status fetch_tip(const std::string& url, const std::string& branch);

  // The commit a task starts from: upstream's `branch` where it exists, else (and only if `create`)
  // upstream's `base`. `not_found` names the branch that is missing.
  Result<std::string> starting_point(const std::string& branch, const std::string& base,
                                     bool create);
  // Where `commit` left upstream's `base`; empty if they share nothing.
  Result<std::string> merge_base(const std::string& commit, const std::string& base);

  // Moves refs/heads/<branch> to `commit`; the abandoned head is kept under refs/abandoned/.
  Status set_branch(const std::string& branch, const std::string& commit);

  // Makes or reuses the task's clone and puts it on `branch` at `commit`, with a clean work tree.
  // Uncommitted or unknown work in it is saved under refs/abandoned/ of the bare repository first.
  Status prepare_clone(const std::filesystem::path& clone, const std::string& branch,
                       const std::string& commit);

  // Writes the files of `commit` to an empty folder, without a .git.
  Status checkout(const std::string& commit, const std::filesystem::path& folder);

  // Takes in what the clone's branch holds: fetch into refs/quarantine/<run>, object check, must
  // descend from `expected`; work left uncommitted in the clone becomes one more commit by
  // `author`. Returns the new head (or `expected` if nothing changed) with the branch moved to it.
  // `malformed`: the history was rewritten or an object is broken; the branch stays where it was.
  Result<std::string> take_in(const std::filesystem::path& clone, const std::string& branch,
                              const std::string& expected, const std::string& run_id,
                              const std::string& message);

  struct File {
    std::string path;  // in the tree
    std::string bytes;
  };
  // Commits files on top of `parent` without any work tree and moves the branch. Returns the new
  // commit.
  Result<std::string> commit_files(const std::string& branch, const std::string& parent,
                                   const std::vector<File>& files, const std::string& message);

  // --- what a merge needs (merge.cpp) ---

  // The head of upstream's branch as last fetched; empty if it has none.
  Result<std::string> upstream_head(const std::string& branch);
  // Whether everything in `ancestor` is in `commit`; a commit counts as its own ancestor.
  Result<bool> contains(const std::string& commit, const std::string& ancestor);
  Result<std::string> tree_of(const std::string& commit);
  // Whether the host's branch once stood on this commit and was then put on another history.
  Result<bool> has_been_on(const std::string& branch, const std::string& commit);

  struct Rebased {
    std::string commit;                  // `base`, if nothing of the branch is missing there
    std::vector<std::string> conflicts;  // files; not empty: there is no commit
  };
  // The commits of `head` that `base` lacks, on top of `base`: each with its author, message and
  // date, without a work tree, hooks or filters. A commit that changes nothing any more is left
  // out. A branch that holds merges is merged instead, as one commit with both parents: its
  // conflicts were solved once, and replaying would ask for them again.
  Result<Rebased> rebase(const std::string& head, const std::string& base);

  struct Marker {
    std::string id;
    std::string file;     // in the tree
    std::string pattern;  // POSIX extended regular expression
  };
  // Those that the tree of `commit` does not hold; `refused` names a pattern that git cannot read.
  Result<std::vector<Marker>> missing_markers(const std::string& commit,
                                              const std::vector<Marker>& markers);

  // Lets the clone see upstream's branch as origin/<branch>, for whoever has to merge it.
  Status offer_base(const std::filesystem::path& clone, const std::string& branch);

  // --- the two pushes (push.cpp) ---

  // Moves upstream's copy of a task's branch from `expected` (empty: absent) to `commit`, whatever
  // lies between. `conflict`: it holds something else.
  Status push_branch(const std::string& url, const std::string& branch, const std::string& base,
                     const std::string& expected, const std::string& commit);
  // Moves the base branch forward to `commit`. `conflict`: it is not an ancestor of it.
  Status push_base(const std::string& url, const std::string& base, const std::string& commit);

  // The tree id of `commit` without `excluded` (a folder; may be missing).
  Result<std::string> content_id(const std::string& commit, const std::string& excluded);

 private:
  Repository(std::filesystem::path bare, process::Environment environment);
  std::filesystem::path bare_;
  process::Environment environment_;
};

}  // namespace orc::git
