// SPDX-License-Identifier: Apache-2.0
// orchestrator-sandbox: confines itself and becomes the program it was given. Linked statically and
// without the C++ library: its start is paid by every command. The rules of the file system come
// ready made, as a Landlock ruleset somebody else opened; nothing here allocates.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "process/launch_protocol.h"

extern char** environ;

namespace {

using orc::process::LaunchFailure;
using orc::process::LaunchStep;

constexpr int k_exit_not_started = 126;
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

struct LimitName {
  const char* name;
  __rlimit_resource_t resource;
};
constexpr LimitName k_limits[] = {
    {"core", RLIMIT_CORE},     {"processes", RLIMIT_NPROC}, {"file_size", RLIMIT_FSIZE},
    {"memory", RLIMIT_AS},     {"open_files", RLIMIT_NOFILE},
};

int status_fd = -1;

[[noreturn]] void fail(LaunchStep step, int error_number) {
  const LaunchFailure failure{step, error_number};
  if (status_fd >= 0) (void)!::write(status_fd, &failure, sizeof(failure));
  ::_exit(k_exit_not_started);
}

unsigned long number(const char* text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long value = ::strtoul(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') fail(LaunchStep::usage, EINVAL);
  return value;
}

int descriptor(const char* text) {
  const unsigned long value = number(text);
  if (value < 3 || value > INT_MAX) fail(LaunchStep::usage, EBADF);
  return static_cast<int>(value);
}

// What is lower already stays: a limit is never raised here.
void limit(const char* assignment) {
  for (const LimitName& row : k_limits) {
    const std::size_t length = ::strlen(row.name);
    if (::strncmp(assignment, row.name, length) != 0 || assignment[length] != '=') continue;
    const rlim_t wanted = number(assignment + length + 1);
    rlimit now{};
    if (::getrlimit(row.resource, &now) != 0) fail(LaunchStep::limit, errno);
    if (now.rlim_max > wanted) now.rlim_max = wanted;
    if (now.rlim_cur > now.rlim_max) now.rlim_cur = now.rlim_max;
    if (::setrlimit(row.resource, &now) != 0) fail(LaunchStep::limit, errno);
    return;
  }
  fail(LaunchStep::usage, EINVAL);
}

// Where the host runs as root, so do its programs, and a capability goes round the file rules: with
// CAP_PERFMON alone the environment of every process can be read. Without the bounding set none
// comes back with the next program. Who has none has nothing to drop, and may not be allowed to.
void drop_capabilities() {
  for (unsigned long capability = 0;
       ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 && capability < 64; ++capability) {
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) != 0) fail(LaunchStep::capabilities, errno);
}

// By this the host knows a confined program that asks it for something: it can be taken off by
// nobody without privileges, and passes to every child. One less than the caller's, so that it
// holds for a host that is confined itself.
void mark() {
  rlimit now{};
  if (::getrlimit(orc::process::k_mark, &now) != 0) fail(LaunchStep::limit, errno);
  if (now.rlim_max > 0) --now.rlim_max;
  if (now.rlim_cur > now.rlim_max) now.rlim_cur = now.rlim_max;
  if (::setrlimit(orc::process::k_mark, &now) != 0) fail(LaunchStep::limit, errno);
}

void restrict_files(int ruleset) {
  if (::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) fail(LaunchStep::landlock, errno);
  ::close(ruleset);
}

}  // namespace

int main(int argc, char** argv) {
  int ruleset = -1;
  int at = 1;
  for (; at < argc && ::strcmp(argv[at], "--") != 0; at += 2) {
    if (at + 1 >= argc) fail(LaunchStep::usage, EINVAL);
    if (::strcmp(argv[at], "--status") == 0) {
      status_fd = descriptor(argv[at + 1]);
    } else if (::strcmp(argv[at], "--ruleset") == 0) {
      ruleset = descriptor(argv[at + 1]);
    } else if (::strcmp(argv[at], "--limit") == 0) {
      limit(argv[at + 1]);
    } else {
      fail(LaunchStep::usage, EINVAL);
    }
  }
  if (at + 2 >= argc) fail(LaunchStep::usage, EINVAL);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(LaunchStep::no_new_privileges, errno);
  drop_capabilities();
  mark();
  if (ruleset >= 0) restrict_files(ruleset);
  if (status_fd >= 0) {
    // Set here and not by the caller: where another program stands between, it has to come through.
    ::fcntl(status_fd, F_SETFD, FD_CLOEXEC);
    (void)!::write(status_fd, &orc::process::k_confined, 1);
  }
  ::execve(argv[at + 1], argv + at + 2, environ);
  fail(LaunchStep::program, errno);
}
