// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/text.h"

namespace orc::store {

namespace {

std::string holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  if (size <= 0) return "";
  return std::string(trim(std::string_view(text.data(), static_cast<std::size_t>(size))));
}

}  // namespace

Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path& database) {
  const std::string path = database.string() + ".lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return Error{ErrorKind::io, path + ": " + std::strerror(errno)};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error{ErrorKind::io, path + ": " + std::strerror(errno)};
    return Error{ErrorKind::conflict, "database " + database.string() +
                                          " is in use by another host, process " +
                                          holder(fd.get())};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  const bool told =
      ::ftruncate(fd.get(), 0) == 0 &&
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  if (!told) return Error{ErrorKind::io, path + ": " + std::strerror(errno)};
  return InstanceLock(std::move(fd));
}

}  // namespace orc::store
