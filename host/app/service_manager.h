// SPDX-License-Identifier: Apache-2.0
// Tells systemd how the host is doing: sd_notify(3), one datagram a message. Without a service
// manager (no $NOTIFY_SOCKET) every call does nothing. Any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/time.h"

namespace orc::app {

class ServiceManager {
 public:
  // Takes $NOTIFY_SOCKET and $WATCHDOG_USEC out of the environment: what the host starts has no say
  // in this. Before any thread.
  static ServiceManager from_environment();

  void ready(const std::string& status) const;
  // Reload protocol of sd_notify(3): RELOADING=1 with the moment it began, then READY=1.
  void reloading() const;
  void stopping(const std::string& status) const;
  void say(const std::string& status) const;
  void alive(const std::string& status) const;
  // Start or stop takes longer than the unit allows: wait another `by`.
  void extend(Millis by, const std::string& status) const;
  // Half of what systemd waits for a sign of life, or how often it is told the status; 0: nobody
  // listens.
  Millis heartbeat_every() const { return heartbeat_every_; }
  bool is_there() const { return !socket_.empty(); }

 private:
  void send(const std::string& message) const;
  std::string socket_;
  Millis heartbeat_every_{0};
};

// While it lives, the service manager is asked again and again to wait, `at_most` altogether: for
// steps that know no end of their own, such as a migration or a drain. EXTEND_TIMEOUT_USEC of
// sd_notify(3).
class LongStep {
 public:
  LongStep(const ServiceManager& manager, std::string status, Millis at_most);
  ~LongStep();
  LongStep(const LongStep&) = delete;
  LongStep& operator=(const LongStep&) = delete;

 private:
  void run(Millis at_most);

  const ServiceManager& manager_;
  const std::string status_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace orc::app
