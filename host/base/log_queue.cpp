// SPDX-License-Identifier: Apache-2.0
#include "base/log_queue.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/time.h"

namespace orc {

namespace {

constexpr std::size_t k_most_bytes = 4 << 20;
// POLLOUT of a pipe promises that so much does not block (pipe(7), PIPE_BUF).
constexpr std::size_t k_piece = 4096;
constexpr int k_look_ms = 200;
constexpr Millis k_last_moment{2000};

// One write keeps lines of several threads whole; a closed stderr must not stop the host.
void write_at_once(std::string_view line) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

class Queue {
 public:
  // False: nobody writes what would be put in.
  bool put(std::string& line) {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    if (waiting_.size() + line.size() > k_most_bytes) {
      ++dropped_;
    } else {
      waiting_ += line;
    }
    changed_.notify_one();
    return true;
  }

  void start() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      open_ = false;
      until_ = mono_now() + k_last_moment;
    }
    changed_.notify_one();
    thread_.join();
    until_ = MonoTime::max();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !open_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::string taken;
      taken.swap(waiting_);
      const std::int64_t dropped = std::exchange(dropped_, 0);
      lock.unlock();
      write(taken);
      if (dropped > 0) {
        write(log_line(LogLevel::warning, "log.dropped",
                       "lines were dropped while nobody read the log",
                       {{"lines", std::to_string(dropped)}}));
      }
      lock.lock();
    }
  }

  void write(std::string_view text) {
    while (!text.empty()) {
      pollfd writable{STDERR_FILENO, POLLOUT, 0};
      if (::poll(&writable, 1, k_look_ms) <= 0) {
        if (is_over()) return;
        continue;
      }
      const ssize_t written = ::write(STDERR_FILENO, text.data(), std::min(text.size(), k_piece));
      if (written <= 0) return;  // closed: there is nobody to tell
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  bool is_over() {
    const std::lock_guard lock(mutex_);
    return mono_now() >= until_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;               // whole lines; under mutex_
  std::int64_t dropped_ = 0;          // under mutex_
  bool open_ = false;                 // under mutex_
  MonoTime until_ = MonoTime::max();  // under mutex_
  std::thread thread_;
};

// Never destroyed: a thread that outlives main may log.
Queue& queue() {
  static auto* the_queue = new Queue;
  return *the_queue;
}

}  // namespace

void put_line(std::string line) {
  if (!queue().put(line)) write_at_once(line);
}

LogWriter::LogWriter() {
  queue().start();
}

LogWriter::~LogWriter() {
  queue().stop();
}

}  // namespace orc
