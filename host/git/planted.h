// SPDX-License-Identifier: Apache-2.0
// What somebody who could write to a task's clone put into its .git to lead git astray. The host
// does not depend on finding it: its git never reads that configuration, and make_harmless() throws
// it away. But who plants a trap is not to be believed in anything else.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace orc::git {

struct Planted {
  // Makes git run a program, read other objects or work elsewhere, and has no innocent use in a
  // clone that the host made: "config filter.x.smudge", "objects/info/alternates", …
  std::vector<std::string> traps;
  // Further settings and hooks that tools of a project install for themselves (husky, pre-commit,
  // git-lfs); thrown away all the same.
  std::vector<std::string> oddities;
};

// Reads plain files, follows no link. To be called before make_harmless().
Planted find_planted(const std::filesystem::path& clone);

// What decides how git behaves in the host's own bare repository: HEAD, configuration and hooks, as
// one text that changes when one of them does. Nobody but the host may write there.
std::string bare_state(const std::filesystem::path& bare);

}  // namespace orc::git
