// SPDX-License-Identifier: Apache-2.0
// Pages that show one picture of the host, kept for a moment, so that many readers cost the
// database no more than one. Any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "engine/ports.h"
#include "http/exchange.h"

namespace orc::http {

class SnapshotPages {
 public:
  using Render = std::function<Response()>;

  SnapshotPages();
  ~SnapshotPages();
  SnapshotPages(const SnapshotPages&) = delete;
  SnapshotPages& operator=(const SnapshotPages&) = delete;

  // The page as it was made at most 100 ms ago, or, while nothing has happened in the engine, at
  // most a second ago. A page that is dear to make is kept up to a second as well, so that making
  // it takes a tenth of one processor at most, however many read. A page that is read all the time
  // is made anew behind its readers, who get the last one meanwhile; otherwise one caller makes it.
  // Only answers of status 200 are kept.
  // `detach` is asked for a Render that depends on nothing of the caller's, where one is needed.
  std::shared_ptr<const Sendable> get(std::string_view name, const engine::StatusPtr& now,
                                      const std::function<Render()>& detach);

  // From here on every caller makes its page itself: what a Render uses may go. Idempotent.
  void stop();

 private:
  struct Page {
    std::shared_ptr<const Sendable> response;  // null before the first
    engine::StatusPtr of;
    MonoTime made;
    Millis cost{0};  // of making it
    bool in_the_making = false;
  };
  struct Order {
    Page& page;
    Render render;
    engine::StatusPtr of;
  };
  static bool is_fresh(const Page& page, const engine::StatusPtr& now, MonoTime at);
  static bool is_read_all_the_time(const Page& page, MonoTime at);
  std::shared_ptr<const Sendable> make(Order order, std::unique_lock<std::mutex>& lock);
  void make_behind_readers();

  std::mutex mutex_;
  std::condition_variable made_;
  std::condition_variable ordered_;
  // All below are guarded by mutex_; a page stays where it is.
  std::map<std::string, Page, std::less<>> pages_;
  std::deque<Order> orders_;
  bool stopped_ = false;
  std::thread maker_;
};

}  // namespace orc::http
