// SPDX-License-Identifier: Apache-2.0
// The shape of a repository without a checkout: what lies near the root of a branch, enough to see
// what kind of project it is.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "process/process.h"

namespace orc::git {

// Writes the regular files of refs/upstream/<branch> that lie at most two folders deep and are at
// most 256 KiB large, 4,000 at most, into an empty folder. `not_found`: the bare repository or the
// branch is not there yet; nothing is fetched. Two processes. [any thread, never the engine's]
Status write_outline(const std::filesystem::path& bare, const std::string& branch,
                     const process::Environment& environment, const std::filesystem::path& folder);

}  // namespace orc::git
