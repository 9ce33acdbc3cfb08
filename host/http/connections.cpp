// SPDX-License-Identifier: Apache-2.0
#include "http/connections.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <vector>

namespace orc::http {

namespace {

constexpr Millis k_look_every{250};
constexpr Millis k_head_in_a_crowd{500};

// By Connection::Phase; the handler's is none. The head's includes the idle time between two
// requests, which Poco ends sooner.
constexpr std::array<Millis, 4> k_limits{Millis{7'000}, Millis{10'000}, Millis{0}, Millis{10'000}};

std::int64_t nanoseconds(MonoTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

void Connection::enter(Phase phase) {
  since_ns_ = nanoseconds(mono_now());
  phase_ = phase;
}

bool Connection::is_late(MonoTime now, bool crowded) const {
  const Phase phase = phase_;
  if (phase == Phase::handler) return false;
  const bool hurried = crowded && phase == Phase::head;
  const Millis limit = hurried ? k_head_in_a_crowd : k_limits[static_cast<std::size_t>(phase)];
  return std::chrono::nanoseconds(nanoseconds(now) - since_ns_) > limit;
}

void Connection::cut() const {
  if (!handed_over_) ::shutdown(fd_.get(), SHUT_RDWR);
}

Connections::Connections(std::size_t crowd) : crowd_(crowd), thread_([this] { run(); }) {}

Connections::~Connections() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<Connection> Connections::watch(int fd) {
  auto connection = std::make_shared<Connection>(UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)));
  const std::lock_guard lock(mutex_);
  open_.insert(connection);
  if (stopping_) connection->cut();
  if (open_.size() == 1) changed_.notify_all();
  return connection;
}

void Connections::forget(const std::shared_ptr<Connection>& connection) {
  connection->cut();
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
}

void Connections::cut_all() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const auto& connection : open_) connection->cut();
  changed_.notify_all();
}

void Connections::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (open_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const MonoTime now = mono_now();
    const bool crowded = open_.size() > crowd_;
    for (const auto& connection : open_) {
      if (connection->is_late(now, crowded)) connection->cut();
    }
    changed_.wait_for(lock, k_look_every);
  }
}

}  // namespace orc::http
