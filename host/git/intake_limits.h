// SPDX-License-Identifier: Apache-2.0
// How much a task's clone may hand over at once: an agent, or what it was told, must not be able to
// fill the host's disk. All are `malformed` errors that name the limit.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/command.h"

namespace orc::git {

// Before a fetch: the clone's object store may exceed the host's own by 1 GiB. Starts no process.
Status check_store_size(const std::filesystem::path& clone, const std::filesystem::path& bare);
// After it: no file of the new commits is larger than 100 MiB, however small it was packed. One
// process.
Status check_new_blobs(const Place& place, const std::string& tip, const std::string& expected);
// Work that was left uncommitted: no file above 100 MiB, 1 GiB in all. Starts no process.
Status check_file_sizes(const std::filesystem::path& clone, const std::vector<std::string>& files);

}  // namespace orc::git
