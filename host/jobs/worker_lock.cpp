// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "jobs/job_folder.h"
#include "jobs/job_json.h"

namespace orc::jobs {

namespace {

constexpr const char* k_lock = "worker.lock";
constexpr std::size_t k_lock_limit = 4096;
// A holder writes its identity directly after it got the lock; a reader in between looks again.
constexpr int k_looks = 100;

Error lock_error(const std::filesystem::path& path, int number) {
  return Error{ErrorKind::io, path.string() + ": " + std::generic_category().message(number)};
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_locked(int fd) {
  struct flock lock = whole_file();
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

bool was_started(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / k_lock, error);
}

Result<WorkerLock> WorkerLock::acquire(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / k_lock;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return lock_error(path, errno);
  struct flock lock = whole_file();
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) {
      return Error{ErrorKind::conflict, path.string() + ": another worker holds it"};
    }
    return lock_error(path, errno);
  }
  const std::string identity = to_json(identify_self());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), identity.data(), identity.size(), 0) !=
                                           static_cast<ssize_t>(identity.size())) {
    return lock_error(path, errno);
  }
  return WorkerLock(std::move(fd));
}

std::optional<ProcessIdentity> live_worker(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / k_lock;
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::nullopt;
  for (int look = 0; look < k_looks && is_locked(fd.get()); ++look) {
    const Result<std::string> text = read_file(path, k_lock_limit);
    const Result<ProcessIdentity> identity =
        text.ok() ? parse_identity(text.value()) : Result<ProcessIdentity>(text.error());
    // A child that was forked without exec may hold the lock of a worker that has ended.
    if (identity.ok())
      return is_alive(identity.value()) ? std::optional(identity.value()) : std::nullopt;
    std::this_thread::sleep_for(Millis(1));
  }
  return std::nullopt;
}

}  // namespace orc::jobs
