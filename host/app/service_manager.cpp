// SPDX-License-Identifier: Apache-2.0
#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

#include "base/text.h"
#include "base/unique_fd.h"

namespace orc::app {

namespace {

// An extension outlasts two of the messages that ask for it: one may come late.
constexpr Millis k_extend_by{30'000};
constexpr Millis k_extend_every{10'000};
constexpr Millis k_status_every{15'000};

std::string taken(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.socket_ = taken("NOTIFY_SOCKET");
  const auto microseconds = parse_integer(taken("WATCHDOG_USEC"));
  const auto pid = parse_integer(taken("WATCHDOG_PID"));
  const bool for_us = !pid || *pid == ::getpid();
  if (microseconds && *microseconds > 0 && for_us) {
    manager.heartbeat_every_ = Millis{*microseconds / 2000};
  } else if (manager.is_there()) {
    manager.heartbeat_every_ = k_status_every;
  }
  return manager;
}

void ServiceManager::ready(const std::string& status) const {
  send("READY=1\nSTATUS=" + one_line(status));
}

void ServiceManager::reloading() const {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(mono_now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::stopping(const std::string& status) const {
  send("STOPPING=1\nSTATUS=" + one_line(status));
}

void ServiceManager::say(const std::string& status) const {
  send("STATUS=" + one_line(status));
}

void ServiceManager::alive(const std::string& status) const {
  send("WATCHDOG=1\nSTATUS=" + one_line(status));
}

void ServiceManager::extend(Millis by, const std::string& status) const {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(by);
  send("EXTEND_TIMEOUT_USEC=" + std::to_string(microseconds.count()) +
       "\nSTATUS=" + one_line(status));
}

LongStep::LongStep(const ServiceManager& manager, std::string status, Millis at_most)
    : manager_(manager), status_(std::move(status)) {
  if (manager_.is_there()) thread_ = std::thread([this, at_most] { run(at_most); });
}

LongStep::~LongStep() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LongStep::run(Millis at_most) {
  const MonoTime end = mono_now() + at_most;
  std::unique_lock lock(mutex_);
  while (!over_ && mono_now() < end) {
    manager_.extend(k_extend_by, status_);
    ended_.wait_for(lock, k_extend_every, [this] { return over_; });
  }
}

void ServiceManager::send(const std::string& message) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  socket_.copy(static_cast<char*>(address.sun_path), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract name space
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  (void)::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace orc::app
