// SPDX-License-Identifier: Apache-2.0
#include "safe_read.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace llm_spawner {
namespace {

constexpr int k_folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

FileText read_descriptor(int fd, std::size_t cap) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Unreadable{error_text(errno)};
  if (!S_ISREG(status.st_mode)) return Unreadable{"not a regular file"};
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unreadable{error_text(errno)};
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > cap) return Unreadable{"larger than " + std::to_string(cap) + " bytes"};
  }
}

FileText read_and_close(int fd, std::size_t cap) {
  if (fd < 0) {
    const int error_number = errno;
    if (error_number == ENOENT) return Absent{};
    if (error_number == ELOOP || error_number == ENOTDIR)
      return Unreadable{"a link or no folder on the way"};
    return Unreadable{error_text(error_number)};
  }
  FileText text = read_descriptor(fd, cap);
  ::close(fd);
  return text;
}

}  // namespace

int open_folder_below(const std::string& root, const std::string& path) {
  int folder = ::open(root.c_str(), k_folder_flags);
  std::size_t start = 0;
  while (folder >= 0 && start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string name = path.substr(start, end - start);
    start = end + 1;
    if (name.empty()) continue;
    const int next =
        name == ".." ? -1 : ::openat(folder, name.c_str(), k_folder_flags | O_NOFOLLOW);
    const int error_number = name == ".." ? ELOOP : errno;
    ::close(folder);
    folder = next;
    errno = error_number;
  }
  return folder;
}

FileText read_below(const std::string& root, const std::string& path, std::size_t cap) {
  const std::size_t slash = path.rfind('/');
  const std::string folder_path = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const int folder = open_folder_below(root, folder_path);
  if (folder < 0) return read_and_close(-1, cap);
  const int fd = ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const int error_number = errno;
  ::close(folder);
  errno = error_number;
  return read_and_close(fd, cap);
}

bool write_file(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return ::close(fd) == 0 && done == text.size();
}

FileText read_trusted(const std::string& path, std::size_t cap) {
  return read_and_close(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), cap);
}

}  // namespace llm_spawner
