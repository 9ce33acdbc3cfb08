// SPDX-License-Identifier: Apache-2.0
// Wakes the event streams when the engine has stored something. Outlives the engine and the server.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>

#include "base/unique_fd.h"

namespace orc::http {

class Changes {
 public:
  Changes() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  // Something was published. Costs nothing while nobody listens. [engine thread]
  void tell() {
    if (listening_) wake();
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof(one));
  }
  void listen(bool listening) { listening_ = listening; }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::atomic<bool> listening_{false};
};

}  // namespace orc::http
