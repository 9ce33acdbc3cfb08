// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_library.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_max_library_bytes = 256u << 20;
constexpr unsigned k_copy_mode = 0500;
constexpr Millis k_settled{2000};

Error os_error(const fs::path& path) {
  return Error{ErrorKind::io, path.string() + ": " + std::generic_category().message(errno)};
}

std::string octal(mode_t mode) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%04o", static_cast<unsigned>(mode & 07777));
  return digits;
}

Status check_trusted(const fs::path& path, const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Error{ErrorKind::refused, path.string() + " belongs to user " +
                                         std::to_string(info.st_uid) + ", wanted root or user " +
                                         std::to_string(::geteuid())};
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorKind::refused, path.string() + " may be written by others (mode " +
                                         octal(info.st_mode) + "); run: chmod go-w " +
                                         path.string()};
  }
  return Done{};
}

// What the kernel changes whenever a file's content does: ctime cannot be set by hand.
struct Identity {
  dev_t device;
  ino_t inode;
  off_t size;
  std::int64_t modified;
  std::int64_t changed;
  bool operator==(const Identity&) const = default;
};

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Identity identity_of(const struct stat& info) {
  return Identity{info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim),
                  nanoseconds(info.st_ctim)};
}

// Hashes of files that have not been touched since they were read, so that a reload reads no
// library again.
class Hashes {
 public:
  std::optional<std::string> find(const fs::path& path, const struct stat& info) {
    const std::scoped_lock lock(mutex_);
    const auto known = known_.find(path);
    if (known == known_.end() || known->second.first != identity_of(info)) return std::nullopt;
    return known->second.second;
  }
  void keep(const fs::path& path, const struct stat& info, const std::string& sha256) {
    // A file touched within the clock's grain could change again under the same times.
    const std::int64_t age = wall_now().ms - nanoseconds(info.st_ctim) / 1'000'000;
    if (age < k_settled.count()) return;
    const std::scoped_lock lock(mutex_);
    known_.insert_or_assign(path, std::pair(identity_of(info), sha256));
  }

 private:
  std::mutex mutex_;
  std::map<fs::path, std::pair<Identity, std::string>> known_;
};

Hashes& hashes() {
  static Hashes known;
  return known;
}

struct Opened {
  UniqueFd fd;
  struct stat info;
};

Result<Opened> open_trusted(const fs::path& library) {
  struct stat folder {};
  if (::stat(library.parent_path().c_str(), &folder) != 0) return os_error(library.parent_path());
  ORC_CHECK_OK(check_trusted(library.parent_path(), folder));
  Opened opened{UniqueFd(::open(library.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)),
                {}};
  if (!opened.fd && errno == ELOOP) {
    return Error{ErrorKind::refused, library.string() + " is a symbolic link"};
  }
  if (!opened.fd || ::fstat(opened.fd.get(), &opened.info) != 0) return os_error(library);
  ORC_CHECK_OK(check_trusted(library, opened.info));
  return opened;
}

Result<std::string> read_whole(const Opened& opened, const fs::path& library) {
  const std::string same_file = "/proc/self/fd/" + std::to_string(opened.fd.get());
  ORC_TRY(std::string content, read_file(same_file, k_max_library_bytes));
  struct stat after {};
  if (::fstat(opened.fd.get(), &after) != 0) return os_error(library);
  if (identity_of(opened.info) != identity_of(after)) {
    return Error{ErrorKind::unavailable, library.string() + " was changed while it was read"};
  }
  return content;
}

// True if the copy is there and its content is still what its name says.
bool is_intact(const fs::path& copy, const std::string& sha256) {
  struct stat info {};
  if (::lstat(copy.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (hashes().find(copy, info) == sha256) return true;
  const auto content = read_file(copy, k_max_library_bytes);
  if (!content.ok() || sha256_hex(content.value()) != sha256) return false;
  hashes().keep(copy, info, sha256);
  return true;
}

fs::path copy_path(const fs::path& state_dir, const std::string& sha256) {
  return state_dir / "plugins" / (sha256 + ".so");
}

}  // namespace

Result<fs::path> find_library(const std::string& type, const std::vector<fs::path>& folders) {
  std::vector<std::string> looked;
  for (const fs::path& folder : folders) {
    if (std::find(looked.begin(), looked.end(), folder.string()) != looked.end()) continue;
    const fs::path library = folder / (type + ".so");
    std::error_code failed;
    if (fs::exists(fs::symlink_status(library, failed))) return library;
    looked.push_back(folder.string());
  }
  return Error{ErrorKind::not_found,
               "no " + type + ".so in " +
                   (looked.empty() ? "plugin_dirs, which is empty" : join(looked, ", "))};
}

Result<Library> take_private_copy(const fs::path& library, const fs::path& state_dir) {
  ORC_TRY(const Opened opened, open_trusted(library));
  if (const auto known = hashes().find(library, opened.info)) {
    Library taken{.copy = copy_path(state_dir, *known), .sha256 = *known};
    if (is_intact(taken.copy, taken.sha256)) return taken;
  }
  ORC_TRY(const std::string content, read_whole(opened, library));
  Library taken{.copy = {}, .sha256 = sha256_hex(content)};
  taken.copy = copy_path(state_dir, taken.sha256);
  hashes().keep(library, opened.info, taken.sha256);
  if (is_intact(taken.copy, taken.sha256)) return taken;
  ORC_CHECK_OK(make_folder(taken.copy.parent_path()));
  ORC_CHECK_OK(write_file_atomically(taken.copy, content, Durability::process, k_copy_mode));
  return taken;
}

}  // namespace orc::config
