// SPDX-License-Identifier: Apache-2.0
#include "evidence.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace test_runner {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Descriptor open_beneath(const std::filesystem::path& root, const std::filesystem::path& relative) {
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return Descriptor(-1);
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof how);
  return Descriptor(static_cast<int>(fd));
}

std::string error_text() {
  return std::system_category().message(errno);
}

FileMark mark(const std::filesystem::path& root, const std::filesystem::path& relative) {
  struct stat status {};
  if (::lstat((root / relative).c_str(), &status) != 0) return {};
  return {true, status.st_ino, status.st_ctim};
}

bool same(const FileMark& a, const FileMark& b) {
  return a.existed && b.existed && a.inode == b.inode && a.changed.tv_sec == b.changed.tv_sec &&
         a.changed.tv_nsec == b.changed.tv_nsec;
}

}  // namespace

std::variant<std::string, Unreadable> read_beneath(const std::filesystem::path& root,
                                                   const std::filesystem::path& relative,
                                                   std::size_t max_bytes) {
  const Descriptor file = open_beneath(root, relative);
  if (file.get() < 0) return Unreadable{errno == ENOENT, error_text()};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unreadable{false, error_text()};
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
    return Unreadable{false, "it is not a plain file with one name"};
  std::string bytes;
  std::array<char, 64 * 1024> chunk{};
  while (true) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable{false, error_text()};
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) return Unreadable{false, "it is too large"};
  }
}

ReportFile::ReportFile(std::filesystem::path root, std::filesystem::path relative)
    : root_(std::move(root)), relative_(std::move(relative)), before_(mark(root_, relative_)) {}

Evidence ReportFile::read() {
  if (same(before_, mark(root_, relative_)))
    return NoEvidence{Missing::stale,
                      "the report was there before the run and was not written by it"};
  auto read = read_beneath(root_, relative_, k_max_report_bytes);
  if (const auto* unreadable = std::get_if<Unreadable>(&read)) {
    if (unreadable->absent) return NoEvidence{Missing::absent, "the run wrote no report"};
    return NoEvidence{Missing::malformed, "the report cannot be read: " + unreadable->reason};
  }
  bytes_ = std::get<std::string>(std::move(read));
  auto parsed = read_junit(bytes_);
  if (const auto* bad = std::get_if<BadReport>(&parsed))
    return NoEvidence{Missing::malformed, "the report is no JUnit file: " + bad->reason};
  return std::get<JunitReport>(std::move(parsed));
}

}  // namespace test_runner
