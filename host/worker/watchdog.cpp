// SPDX-License-Identifier: Apache-2.0
#include "worker/watchdog.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

namespace orc::worker {

namespace {

// If ending the process hangs as well, SIGALRM ends it.
constexpr unsigned k_last_resort_s = 180;

void signal_to(const UniqueFd& event) {
  const std::uint64_t one = 1;
  (void)!::write(event.get(), &one, sizeof(one));
}

void clear(const UniqueFd& event) {
  std::uint64_t count = 0;
  (void)!::read(event.get(), &count, sizeof(count));
}

}  // namespace

Watchdog::Watchdog()
    : changed_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_ || !changed_ || !wake_) std::abort();
  std::thread([this] { run(); }).detach();
}

void Watchdog::watch(Watch watch) {
  {
    const std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
    give_up_at_ = MonoTime::max();
    cause_.reset();
    clear(wake_);
  }
  signal_to(changed_);
}

std::optional<StopCause> Watchdog::stop_cause() const {
  const std::lock_guard lock(mutex_);
  return cause_;
}

Millis Watchdog::remaining() const {
  const std::lock_guard lock(mutex_);
  if (watch_.deadline == MonoTime::max()) return Millis::max();
  return std::max(Millis{0}, std::chrono::ceil<Millis>(watch_.deadline - mono_now()));
}

void Watchdog::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    if (info.ssi_signo == SIGHUP) continue;
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
}

// The step that is due now, to be called without the lock.
std::function<void()> Watchdog::due() {
  const std::lock_guard lock(mutex_);
  const MonoTime now = mono_now();
  if (!cause_ && (cancelled_ || now >= watch_.deadline)) {
    cause_ = cancelled_ ? StopCause::cancelled : StopCause::deadline;
    give_up_at_ = now + watch_.grace;
    signal_to(wake_);
    if (watch_.ask) return [ask = watch_.ask, cause = *cause_] { ask(cause); };
  }
  if (cause_ && now >= give_up_at_ && watch_.give_up) {
    return [give_up = watch_.give_up, cause = *cause_] {
      ::alarm(k_last_resort_s);
      give_up(cause);
    };
  }
  return {};
}

int Watchdog::wait_time() const {
  const std::lock_guard lock(mutex_);
  const MonoTime next = cause_ ? give_up_at_ : watch_.deadline;
  if (next == MonoTime::max()) return -1;
  const Millis left = std::chrono::ceil<Millis>(next - mono_now());
  return static_cast<int>(std::clamp<Millis::rep>(left.count(), 0, 3'600'000));
}

void Watchdog::run() {
  while (true) {
    std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {changed_.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), wait_time());
    if (watched[0].revents != 0) take_signals();
    if (watched[1].revents != 0) clear(changed_);
    while (const auto step = due()) step();
  }
}

}  // namespace orc::worker
