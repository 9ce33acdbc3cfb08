// SPDX-License-Identifier: Apache-2.0
#include "worker/fork_server.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <string_view>

#include "base/log.h"
#include "base/process_identity.h"
#include "jobs/fork_channel.h"
#include "worker/job.h"

namespace orc::worker {

namespace {

using jobs::ForkEvent;

constexpr std::string_view k_run_mark = "ORCH_RUN_ID=";
constexpr int k_exit_broken = 5;

// Replaces the text in place: /proc/<pid>/environ and cmdline show the memory itself, and it is by
// them that a host or an operator finds whose process this is.
void overwrite(std::span<char> room, std::string_view text) {
  std::fill(room.begin(), room.end(), '\0');
  std::copy_n(text.begin(), std::min(text.size(), room.size() - 1), room.begin());
}

void show_run(const std::string& run_id) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(k_run_mark)) continue;
    overwrite({*entry + k_run_mark.size(), std::strlen(*entry) - k_run_mark.size() + 1}, run_id);
  }
}

// The arguments lie one behind the other.
void show_folder(char** argv, const std::filesystem::path& folder) {
  char* const first = argv[1];
  const char* const last = argv[2] + std::strlen(argv[2]);
  overwrite({first, static_cast<std::size_t>(last - first) + 1}, folder.native());
}

class Server {
 public:
  explicit Server(char** argv) : argv_(argv) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &set, &signals_before_);
    children_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    boot_id();  // read once for all forks
  }

  int serve();

 private:
  bool answer_request();
  void report_ended();
  [[noreturn]] void become_worker(jobs::ForkRequest request);

  char** argv_;
  UniqueFd channel_{jobs::k_fork_channel_fd};
  UniqueFd children_;
  sigset_t signals_before_{};
};

void Server::become_worker(jobs::ForkRequest request) {
  channel_.reset();
  children_.reset();
  ::setsid();
  if (::dup2(request.log.get(), STDOUT_FILENO) < 0 || ::dup2(request.log.get(), STDERR_FILENO) < 0)
    ::_exit(k_exit_broken);
  request.log.reset();
  show_run(request.run_id);
  show_folder(argv_, request.folder);
  ::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
  ::_exit(run_job(request.folder, request.secrets.release()));
}

bool Server::answer_request() {
  std::optional<jobs::ForkRequest> request = jobs::receive_request(channel_.get());
  if (!request) return false;
  const pid_t pid = ::fork();
  if (pid == 0) become_worker(std::move(*request));
  if (pid < 0) {
    return jobs::send_event(channel_.get(), {ForkEvent::Kind::refused, 0, errno}).ok();
  }
  // Not reaped before the loop goes on: the number is still this worker's.
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int number = errno;
    ::kill(pid, SIGKILL);
    return jobs::send_event(channel_.get(), {ForkEvent::Kind::refused, 0, number}).ok();
  }
  return jobs::send_event(channel_.get(), {ForkEvent::Kind::started, pid, 0}, pidfd.get()).ok();
}

void Server::report_ended() {
  signalfd_siginfo drained{};
  while (::read(children_.get(), &drained, sizeof(drained)) > 0) {
  }
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
    const auto kind =
        info.si_code == CLD_EXITED ? ForkEvent::Kind::exited : ForkEvent::Kind::signalled;
    (void)jobs::send_event(channel_.get(), {kind, info.si_pid, info.si_status});
  }
}

int Server::serve() {
  if (!children_) return k_exit_broken;
  while (true) {
    std::array<pollfd, 2> watched{{{channel_.get(), POLLIN, 0}, {children_.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return k_exit_broken;
    if (watched[1].revents != 0) report_ended();
    if (watched[0].revents != 0 && !answer_request()) return 0;
  }
}

}  // namespace

int serve_forks(char** argv) {
  return Server(argv).serve();
}

}  // namespace orc::worker
