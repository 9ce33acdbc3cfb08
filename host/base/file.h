// SPDX-License-Identifier: Apache-2.0
// Files as the host needs them: whole reads with a cap, atomic writes, and reads of untrusted
// folders that never follow a link. Any thread; every call may block on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace orc {

enum class Durability : std::uint8_t {
  process,  // survives a crash of the process: no fsync
  power,    // survives power loss: file and folder are synced
};

// The whole file; larger than `max_bytes` is `refused`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// `relative` below `root`, for reading: no symbolic link anywhere on the way, and a regular file
// with one name; anything else that a hostile tree may hold is `refused`, at once.
Result<UniqueFd> open_beneath(const std::filesystem::path& root,
                              const std::filesystem::path& relative);

// Reads `relative` below `root` without following a symbolic link anywhere on the way, and only if
// it is a regular file with one name. The tree may be hostile: a fifo, a device, a link, a hard
// link or a file that is too large is `refused`, at once.
Result<std::string> read_beneath(const std::filesystem::path& root,
                                 const std::filesystem::path& relative, std::size_t max_bytes);

// Replaces `path` as a whole: a reader sees the old content or the new one. On failure the old file
// is as it was and no temporary file is left.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content,
                             Durability durability, unsigned mode = 0600);

// Makes `path`, which must not be there yet (`conflict`), with one write and no second name: for a
// file that nobody reads before the writer has said that it is whole. On failure there is no file.
Status write_new_file(const std::filesystem::path& path, std::string_view content,
                      unsigned mode = 0600);

// A small JSON file that is written often and kept open for it, where a new file each time would
// cost more than the work it tells of. Each write replaces the content in place, padded with blanks
// to the former length. A reader sees the old content or the new one as long as both fit a page; a
// crash of the process cannot tear it, power loss can. One thread at a time.
class RewrittenFile {
 public:
  // Made where it is missing; the content of an existing one is replaced by the first write.
  static Result<RewrittenFile> open(const std::filesystem::path& path, unsigned mode = 0600);
  Status write(std::string content);

 private:
  RewrittenFile(std::filesystem::path path, UniqueFd fd, std::size_t length)
      : path_(std::move(path)), fd_(std::move(fd)), length_(length) {}

  std::filesystem::path path_;
  UniqueFd fd_;
  std::size_t length_;
};

// Whether it is a folder that holds nothing.
bool is_empty_folder(const std::filesystem::path& path);

// Creates the folder and its parents with 0700; an existing folder is fine.
Status make_folder(const std::filesystem::path& path);

// Removes a tree; a missing one is fine. Never follows a link.
Status remove_tree(const std::filesystem::path& path);

}  // namespace orc
