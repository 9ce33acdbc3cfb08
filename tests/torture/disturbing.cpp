// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD): answers for a disk that refuses to be written and for a
// wall clock that was set. Everything else goes to the C library.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "torture/disturbance.h"

namespace {

using orc::test::Disturbance;

const Disturbance* disturbance() {
  static const Disturbance* const shared = [] {
    const char* file = ::getenv(orc::test::k_disturbance_file);
    const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return static_cast<const Disturbance*>(nullptr);
    void* mapped = ::mmap(nullptr, sizeof(Disturbance), PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    return mapped == MAP_FAILED ? nullptr : static_cast<const Disturbance*>(mapped);
  }();
  return shared;
}

bool is_below(const char* path) {
  static const char* const folder = ::getenv(orc::test::k_disturbed_folder);
  return folder != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

int error_for(const char* path) {
  const Disturbance* now = disturbance();
  const int error = now == nullptr ? 0 : now->write_error.load();
  return error != 0 && is_below(path) ? error : 0;
}

int error_for(int fd) {
  const Disturbance* now = disturbance();
  if (now == nullptr || now->write_error.load() == 0) return 0;
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  return error_for(path);
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::int64_t wall_step() {
  const Disturbance* now = disturbance();
  return now == nullptr ? 0 : now->wall_step_seconds.load();
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  static const auto real = next<decltype(&pwrite64)>("pwrite64");
  if (const int error = error_for(fd)) return errno = error, -1;
  return real(fd, bytes, count, at);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto real = next<decltype(&write)>("write");
  if (const int error = error_for(fd)) return errno = error, -1;
  return real(fd, bytes, count);
}

int fdatasync(int fd) {
  static const auto real = next<decltype(&fdatasync)>("fdatasync");
  if (const int error = error_for(fd)) return errno = error, -1;
  return real(fd);
}

int ftruncate64(int fd, off64_t length) noexcept {
  static const auto real = next<decltype(&ftruncate64)>("ftruncate64");
  if (const int error = error_for(fd)) return errno = error, -1;
  return real(fd, length);
}

int open64(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if ((flags & O_ACCMODE) != O_RDONLY) {
    if (const int error = error_for(path)) return errno = error, -1;
  }
  return real(path, flags, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real = next<decltype(&mkdir)>("mkdir");
  if (const int error = error_for(path)) return errno = error, -1;
  return real(path, mode);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<decltype(&rename)>("rename");
  if (const int error = error_for(to)) return errno = error, -1;
  return real(from, to);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = next<decltype(&clock_gettime)>("clock_gettime");
  const int said = real(clock, time);
  if (said == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += wall_step();
  return said;
}

int gettimeofday(timeval* __restrict time, void* __restrict zone) noexcept {
  static const auto real = next<int (*)(timeval*, void*)>("gettimeofday");
  const int said = real(time, zone);
  if (said == 0) time->tv_sec += wall_step();
  return said;
}

time_t time(time_t* stored) noexcept {
  static const auto real = next<decltype(&time)>("time");
  const time_t now = real(nullptr) + wall_step();
  if (stored != nullptr) *stored = now;
  return now;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
