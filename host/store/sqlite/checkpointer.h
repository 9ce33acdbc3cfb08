// SPDX-License-Identifier: Apache-2.0
// Moves the write-ahead log into the database beside the writer, on a thread and a connection of
// its own. A log of 32 MB takes tens of milliseconds to move: on the writer's thread every commit
// would wait for it. SQLite starts the log anew only where all of it is moved when a commit begins,
// so the writer moves the little that came meanwhile itself, once a pass has ended.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace orc::store {

class Checkpointer {
 public:
  Checkpointer(std::filesystem::path file, Millis busy_timeout)
      : file_(std::move(file)), busy_timeout_(busy_timeout) {}
  // Waits for a pass that is under way.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Begins a pass; nothing where one is under way. A pass that fails has moved less, and that is
  // all: the log is kept until it is moved. [the writer's thread]
  void start();
  // True once after each pass. [the writer's thread]
  bool take_ended();

 private:
  enum class Pass : std::uint8_t { none, wanted, ended };

  void run();

  const std::filesystem::path file_;
  const Millis busy_timeout_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  Pass pass_ = Pass::none;
  bool stopping_ = false;
  std::thread thread_;  // not before the first pass
};

}  // namespace orc::store
