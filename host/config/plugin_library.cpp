// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_library.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace orc::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_max_library_bytes = 256u << 20;
constexpr unsigned k_copy_mode = 0500;

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

bool same_content(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Result<std::string> read_trusted(const fs::path& library) {
  struct stat folder {};
  if (::stat(library.parent_path().c_str(), &folder) != 0) return os_error(library.parent_path());
  ORC_CHECK_OK(check_trusted(library.parent_path(), folder));
  const UniqueFd fd(::open(library.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP) {
    return Error{ErrorKind::refused, library.string() + " is a symbolic link"};
  }
  if (!fd) return os_error(library);
  struct stat before {};
  if (::fstat(fd.get(), &before) != 0) return os_error(library);
  ORC_CHECK_OK(check_trusted(library, before));
  ORC_TRY(std::string content,
          read_file("/proc/self/fd/" + std::to_string(fd.get()), k_max_library_bytes));
  struct stat after {};
  if (::fstat(fd.get(), &after) != 0) return os_error(library);
  if (!same_content(before, after)) {
    return Error{ErrorKind::unavailable, library.string() + " was changed while it was read"};
  }
  return content;
}

bool is_intact(const fs::path& copy, const std::string& sha256) {
  const auto content = read_file(copy, k_max_library_bytes);
  return content.ok() && sha256_hex(content.value()) == sha256;
}

}  // namespace

Result<fs::path> find_library(const std::string& type, const std::vector<fs::path>& folders) {
  std::vector<std::string> looked;
  for (const fs::path& folder : folders) {
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
  ORC_TRY(const std::string content, read_trusted(library));
  Library taken{.copy = {}, .sha256 = sha256_hex(content)};
  const fs::path folder = state_dir / "plugins";
  taken.copy = folder / (taken.sha256 + ".so");
  if (is_intact(taken.copy, taken.sha256)) return taken;
  ORC_CHECK_OK(make_folder(folder));
  ORC_CHECK_OK(write_file_atomically(taken.copy, content, Durability::process, k_copy_mode));
  return taken;
}

}  // namespace orc::config
