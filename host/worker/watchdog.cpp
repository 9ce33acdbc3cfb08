// SPDX-License-Identifier: Apache-2.0
#include "worker/watchdog.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
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
    : alarm_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_ || !alarm_ || !wake_) std::abort();
  std::thread([this] { run(); }).detach();
}

void Watchdog::watch(Watch watch) {
  const std::lock_guard lock(mutex_);
  watch_ = std::move(watch);
  give_up_at_ = MonoTime::max();
  if (cause_) clear(wake_);
  cause_.reset();
  ring_at(cancelled_ ? mono_now() : watch_.deadline);
}

void Watchdog::ring_at(MonoTime when) const {
  itimerspec spec{};  // all zero: never
  if (when != MonoTime::max()) {
    // steady_clock is CLOCK_MONOTONIC in libstdc++; a time that has passed rings at once.
    const auto since_boot = std::max(when.time_since_epoch(), MonoTime::duration{1});
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    spec.it_value.tv_sec = seconds.count();
    spec.it_value.tv_nsec = std::chrono::nanoseconds(since_boot - seconds).count();
  }
  if (::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) != 0) std::abort();
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
    ring_at(give_up_at_);
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

void Watchdog::run() {
  while (true) {
    std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {alarm_.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) take_signals();
    if (watched[1].revents != 0) clear(alarm_);
    while (const auto step = due()) step();
  }
}

}  // namespace orc::worker
