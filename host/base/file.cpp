// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace orc {

namespace {

constexpr std::size_t k_unknown_size = 4096;

Error os_error(const std::filesystem::path& path, int number) {
  const std::string text = path.string() + ": " + std::generic_category().message(number);
  if (number == ENOENT) return Error{ErrorKind::not_found, text};
  if (number == EEXIST) return Error{ErrorKind::conflict, text};
  if (number == ENOSPC || number == EAGAIN || number == EDQUOT)
    return Error{ErrorKind::unavailable, text};
  return Error{ErrorKind::io, text};
}

Result<std::string> read_all(int fd, const std::filesystem::path& path, std::size_t max_bytes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error(path, errno);
  if (!S_ISREG(info.st_mode))
    return Error{ErrorKind::refused, path.string() + ": not a regular file"};
  std::string content;
  // A file of /proc says that it is empty.
  const std::size_t expected =
      info.st_size > 0 ? static_cast<std::size_t>(info.st_size) + 1 : k_unknown_size;
  content.resize(std::min(expected, max_bytes + 1));
  std::size_t used = 0;
  while (true) {
    if (used == content.size()) {
      if (used > max_bytes) break;
      content.resize(std::min(content.size() * 2, max_bytes + 1));
    }
    const ssize_t got = ::read(fd, content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > max_bytes) {
    return Error{ErrorKind::refused,
                 path.string() + ": larger than " + std::to_string(max_bytes) + " bytes"};
  }
  content.resize(used);
  return content;
}

Status write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

Status sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_error(folder, errno);
  if (::fsync(fd.get()) != 0) return os_error(folder, errno);
  return Done{};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return os_error(path, errno);
  return read_all(fd.get(), path, max_bytes);
}

Result<UniqueFd> open_beneath(const std::filesystem::path& root,
                              const std::filesystem::path& relative) {
  const UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return os_error(root, errno);
  open_how how{};
  how.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(
      static_cast<int>(::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof(how))));
  if (!fd) {
    if (errno == ELOOP || errno == EXDEV) {
      return Error{ErrorKind::refused, relative.string() + ": a link on the way"};
    }
    return os_error(relative, errno);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return os_error(relative, errno);
  if (!S_ISREG(info.st_mode))
    return Error{ErrorKind::refused, relative.string() + ": not a regular file"};
  if (info.st_nlink != 1)
    return Error{ErrorKind::refused, relative.string() + ": has more than one name"};
  return fd;
}

Result<std::string> read_beneath(const std::filesystem::path& root,
                                 const std::filesystem::path& relative, std::size_t max_bytes) {
  ORC_TRY(const UniqueFd fd, open_beneath(root, relative));
  return read_all(fd.get(), relative, max_bytes);
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view content,
                             Durability durability, unsigned mode) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path temporary =
      path.string() + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  const UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return os_error(temporary, errno);
  Status written = write_all(fd.get(), content, temporary);
  if (written.ok() && durability == Durability::power && ::fdatasync(fd.get()) != 0) {
    written = os_error(temporary, errno);
  }
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = os_error(path, errno);
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return durability == Durability::power ? sync_folder(path.parent_path()) : Status(Done{});
}

Status write_new_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return os_error(path, errno);
  Status written = write_all(fd.get(), content, path);
  if (!written.ok()) ::unlink(path.c_str());
  return written;
}

Result<RewrittenFile> RewrittenFile::open(const std::filesystem::path& path, unsigned mode) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return os_error(path, errno);
  return RewrittenFile(path, std::move(fd), static_cast<std::size_t>(info.st_size));
}

Status RewrittenFile::write(std::string content) {
  content.resize(std::max(content.size(), length_), ' ');
  const ssize_t written = ::pwrite(fd_.get(), content.data(), content.size(), 0);
  if (written < 0) return os_error(path_, errno);
  if (static_cast<std::size_t>(written) != content.size()) return os_error(path_, ENOSPC);
  length_ = content.size();
  return Done{};
}

bool is_empty_folder(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return false;
  // Not readdir(): it takes 32 KiB from the heap. "." and ".." come first or not, but they fit.
  alignas(dirent64) std::array<char, 512> entries{};
  while (true) {
    const long got = ::syscall(SYS_getdents64, fd.get(), entries.data(), entries.size());
    if (got <= 0) return got == 0;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") return false;
      at += entry->d_reclen;
    }
  }
}

Status make_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return Done{};
  if (errno != ENOENT || !path.has_parent_path()) return os_error(path, errno);
  ORC_CHECK_OK(make_folder(path.parent_path()));
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return Done{};
  return os_error(path, errno);
}

Status remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return os_error(path, error.value());
  return Done{};
}

}  // namespace orc
