// SPDX-License-Identifier: Apache-2.0
// What must hold of a database file and its folder before SQLite may touch it. Nothing here changes
// the file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace orc::store {

// "Orch": stands in the header of every database of this program.
inline constexpr std::int64_t k_application_id = 0x4F726368;

enum class FileState : std::uint8_t {
  missing,
  clean,    // the last writer closed it
  unclean,  // a log lies beside it: the last writer did not get to close it
};

// True for a file system whose locks or memory maps another machine may not see (statfs(2) magic).
bool is_remote(std::int64_t magic);

// Makes a file, or the names in a folder, survive power loss.
Status sync(const std::filesystem::path& path);

// The folder is created with 0700; `refused` on a network file system.
Status prepare_folder(const std::filesystem::path& folder);
// `malformed` if it is no database, `refused` if it is another program's, has a second name, or is
// no regular file.
Result<FileState> inspect(const std::filesystem::path& file);

}  // namespace orc::store
