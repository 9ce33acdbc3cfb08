// SPDX-License-Identifier: Apache-2.0
// Keeps the job's deadlines and takes its cancellation (SIGTERM, SIGINT) in a thread of its own, so
// that a plugin that hangs is not asked for its cooperation.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::worker {

enum class StopCause : unsigned char { deadline, cancelled };

// What holds for the current step of the job.
struct Watch {
  MonoTime deadline = MonoTime::max();
  std::function<void(StopCause)>
      ask;          // makes the step end soon; may be empty. In the watchdog's thread
  Millis grace{0};  // from asking to giving up
  std::function<void(StopCause)> give_up;  // ends the process. In the watchdog's thread
};

class Watchdog {
 public:
  // Blocks the signals in the calling thread and all it starts. Make it before any other thread; it
  // lives to the end of the process.
  Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Replaces the watch of the step before. A cancellation is kept: the new step is asked at once.
  void watch(Watch watch);

  // Why the current step should end; nothing: go on.
  std::optional<StopCause> stop_cause() const;
  // Readable once there is a cause.
  int wake_fd() const { return wake_.get(); }
  Millis remaining() const;

 private:
  void run();
  void take_signals();
  void ring_at(MonoTime when) const;
  std::function<void()> due();

  UniqueFd signals_;
  UniqueFd alarm_;  // a timer: setting it does not wake the thread
  UniqueFd wake_;
  mutable std::mutex mutex_;
  Watch watch_;
  bool cancelled_ = false;
  std::optional<StopCause> cause_;
  MonoTime give_up_at_ = MonoTime::max();
};

}  // namespace orc::worker
