// SPDX-License-Identifier: Apache-2.0
// The .git of a task's clone, which an agent could write to as it liked. It is read with plain file
// calls that follow no link, and made harmless before git gets to see it: configuration and HEAD
// are written anew, only objects, references and reflogs stay. Nothing may write to the clone
// meanwhile.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace orc::git {

enum class Layout : std::uint8_t { bare, with_work_tree };

// An empty repository, without starting git. On failure parts may be left behind.
Status write_empty_repository(const std::filesystem::path& git_dir, Layout layout);
bool is_repository(const std::filesystem::path& git_dir);

// `malformed`: the folder or its .git is missing, a link, or no longer a repository.
Status make_harmless(const std::filesystem::path& clone, const std::string& branch);

// What refs/heads/<branch> of the clone holds; nothing if it is absent or no object id.
std::optional<std::string> read_branch(const std::filesystem::path& clone,
                                       const std::string& branch);
// The commits that the branch and HEAD name, without repeats. To be called before make_harmless.
std::vector<std::string> read_tips(const std::filesystem::path& clone, const std::string& branch);

Status write_head(const std::filesystem::path& clone, const std::string& branch);

}  // namespace orc::git
