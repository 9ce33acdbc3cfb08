// SPDX-License-Identifier: Apache-2.0
// The open connections of one listener, each with the moment by which its peer has to get on.
// Poco's time-outs are those of a single read: a peer that sends one byte a second holds its thread
// for as long as it likes. Whoever is late here is cut off. Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::http {

class Connection {
 public:
  enum class Phase : std::uint8_t {
    head,     // idle, or in the middle of a request's head
    body,     // the head is read
    handler,  // ours: no limit
    answer,   // the peer has to take it
  };

  explicit Connection(UniqueFd fd) : fd_(std::move(fd)) { enter(Phase::head); }
  void enter(Phase phase);
  // Somebody else owns the connection from now on: it is not ended with this record.
  void hand_over() { handed_over_ = true; }

 private:
  friend class Connections;
  bool is_late(MonoTime now, bool crowded) const;
  void cut() const;

  UniqueFd fd_;  // of its own: the number stays ours however the connection ends
  std::atomic<Phase> phase_{Phase::head};
  std::atomic<std::int64_t> since_ns_{0};
  std::atomic<bool> handed_over_ = false;
};

class Connections {
 public:
  // With more than `crowd` connections, one that has sent no request is cut off early.
  explicit Connections(std::size_t crowd);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Until forget(). The descriptor is duplicated.
  std::shared_ptr<Connection> watch(int fd);
  // Ends it for the peer as well, unless it was handed over.
  void forget(const std::shared_ptr<Connection>& connection);
  // Nothing is accepted any more: those that are open end now.
  void cut_all();

 private:
  void run();

  const std::size_t crowd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::shared_ptr<Connection>> open_;  // guarded by mutex_
  bool stopping_ = false;                       // guarded by mutex_
  std::thread thread_;
};

}  // namespace orc::http
