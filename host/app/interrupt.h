// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "base/unique_fd.h"

namespace orc::app {

// Ctrl-C, a termination and a hang-up as something that can be waited for, so that what a command
// made and started goes with it. Workers run in sessions of their own and do not hear it. Made
// before any thread.
class Interrupt {
 public:
  Interrupt() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    fd_ = UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  int fd() const { return fd_.get(); }
  // Whether it has come; remembered.
  bool came() {
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) came_ = true;
    return came_;
  }

 private:
  UniqueFd fd_;
  bool came_ = false;
};

}  // namespace orc::app
