// SPDX-License-Identifier: Apache-2.0
// Tells systemd how the host is doing: sd_notify(3), one datagram a message. Without a service
// manager (no $NOTIFY_SOCKET) every call does nothing. Any thread.
#pragma once

#include <string>

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
  // Half of what systemd waits for a sign of life; 0: it does not.
  Millis heartbeat_every() const { return heartbeat_every_; }

 private:
  void send(const std::string& message) const;
  std::string socket_;
  Millis heartbeat_every_{0};
};

}  // namespace orc::app
