// SPDX-License-Identifier: Apache-2.0
// The files of a task's clone, looked at without its .git: git runs with the host's bare repository
// and with an index that lies there too. The index remembers what the host wrote (with times that
// no program can set back), so finding what changed costs one walk, and an agent cannot hide a
// change behind flags of its own index. Every call starts at most the processes its comment names.
// Not thread-safe; one job owns a clone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/command.h"

namespace orc::git {

class WorkTree {
 public:
  WorkTree(Place bare, std::filesystem::path clone);

  // The commit that the index holds; empty if it is unknown.
  std::string held() const;
  // Makes the index hold `commit` and leaves the files alone. One process, none if it holds it
  // already.
  Status hold(const std::string& commit);
  // Makes the files those of `commit`: changed ones are written again, known others removed. One
  // process.
  Status write_files(const std::string& commit);
  // Removes every file that the index does not know, ignored ones and nested repositories too. One
  // process.
  Status remove_unknown();
  // Forgets the index: the files are gone or will be.
  Status forget();

  // Whether the files are exactly those of the index, with nothing beside them, ignored or not. One
  // process.
  Result<bool> is_untouched() const;
  // Paths that differ from the index: changed, deleted, new; ignored ones are left out. So are
  // repositories inside the tree: only git itself could say what is in them, under their own
  // configuration. One process.
  Result<std::vector<std::string>> changes() const;

  // A commit of these changes on top of `parent`; the index then holds it. Three processes.
  Result<std::string> commit(const std::string& parent, const std::vector<std::string>& changed,
                             const std::string& message);

  // Gives the clone's own git a copy of the index, or its first `git status` would read every file.
  Status share_index() const;

 private:
  Command command(const char* subcommand) const;
  Status record(const std::string& commit);

  Place bare_;
  std::filesystem::path clone_;
  std::filesystem::path index_;
  std::filesystem::path held_;  // file that names the commit in the index
};

}  // namespace orc::git
