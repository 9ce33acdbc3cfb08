// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/file_checks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/unique_fd.h"

namespace orc::store {

namespace {

struct FileSystem {
  std::int64_t magic;
  std::string_view name;
};
constexpr std::array k_network_file_systems{
    FileSystem{0x6969, "NFS"},        FileSystem{0x517B, "SMB"},
    FileSystem{0xFF534D42, "CIFS"},   FileSystem{0xFE534D42, "SMB2"},
    FileSystem{0x65735546, "FUSE"},   FileSystem{0x01021997, "9P"},
    FileSystem{0x00C36400, "Ceph"},   FileSystem{0x5346414F, "AFS"},
    FileSystem{0x73757245, "Coda"},   FileSystem{0x0BD00BD0, "Lustre"},
    FileSystem{0x7461636F, "OCFS2"},  FileSystem{0x01161970, "GFS2"},
    FileSystem{0x786F4256, "vboxsf"}, FileSystem{0x6B414653, "kAFS"},
};

std::string_view network_name(std::int64_t magic) {
  for (const FileSystem& known : k_network_file_systems) {
    if (known.magic == magic) return known.name;
  }
  return "";
}

// https://www.sqlite.org/fileformat.html, section 1.3
constexpr std::size_t k_header_size = 100;
constexpr std::string_view k_magic("SQLite format 3\0", 16);
constexpr std::size_t k_application_id_at = 68;
using Header = std::array<unsigned char, k_header_size>;

Error not_ours(const std::filesystem::path& file, const std::string& what) {
  return Error{ErrorKind::malformed,
               file.string() + " " + what +
                   "; it was left as it is. Restore a backup, or name another file in the "
                   "configuration"};
}

bool exists_with_content(const std::filesystem::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && info.st_size > 0;
}

std::int64_t application_id(const Header& header) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | header[k_application_id_at + i];
  return value;
}

Status check_header(const std::filesystem::path& file, int fd, bool has_log) {
  Header header{};
  const ssize_t size = ::pread(fd, header.data(), header.size(), 0);
  if (size < 0) return Error{ErrorKind::io, file.string() + ": " + std::strerror(errno)};
  const std::string_view start(reinterpret_cast<const char*>(header.data()), k_magic.size());
  if (static_cast<std::size_t>(size) < k_header_size || start != k_magic) {
    return not_ours(file, size == 0 ? "is empty" : "is not an SQLite database");
  }
  // The first transaction of a new file may still be in the log; the open connection is asked then.
  if (!has_log && application_id(header) != k_application_id) {
    return Error{ErrorKind::refused,
                 file.string() +
                     " belongs to another program; it was left as it is. Name another "
                     "file in the configuration"};
  }
  return Done{};
}

}  // namespace

bool is_remote(std::int64_t magic) {
  return !network_name(magic).empty();
}

Status sync(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return Error{ErrorKind::io, path.string() + ": " + std::strerror(errno)};
  }
  return Done{};
}

Status prepare_folder(const std::filesystem::path& folder) {
  ORC_CHECK_OK(make_folder(folder));
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) {
    return Error{ErrorKind::io, folder.string() + ": " + std::strerror(errno)};
  }
  // The field's type differs between machines and may be signed.
  const auto magic = static_cast<std::int64_t>(static_cast<std::uint32_t>(info.f_type));
  if (is_remote(magic)) {
    return Error{ErrorKind::refused, folder.string() + " is on a network file system, " +
                                         std::string(network_name(magic)) +
                                         ", where the locks of SQLite cannot be trusted; put the "
                                         "database on a local disk"};
  }
  return Done{};
}

Result<FileState> inspect(const std::filesystem::path& file) {
  const std::filesystem::path log = file.string() + "-wal";
  const bool has_log = exists_with_content(log);
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) {
    if (!has_log) return FileState::missing;
    return not_ours(file, "is missing, but its log " + log.string() + " is there");
  }
  if (!fd) return Error{ErrorKind::io, file.string() + ": " + std::strerror(errno)};
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return Error{ErrorKind::io, file.string() + ": " + std::strerror(errno)};
  }
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1) {
    return Error{ErrorKind::refused,
                 file.string() + " is not a regular file with exactly one name"};
  }
  ORC_CHECK_OK(check_header(file, fd.get(), has_log));
  return has_log ? FileState::unclean : FileState::clean;
}

}  // namespace orc::store
