// SPDX-License-Identifier: Apache-2.0
// Pages that show one picture of the host, kept for a moment, so that many readers cost the
// database no more than one. Any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/ports.h"
#include "http/exchange.h"

namespace orc::http {

class SnapshotPages {
 public:
  using Render = std::function<Response()>;

  // The page as it was made at most 100 ms ago, or, while nothing has happened in the engine, at
  // most a second ago. A page that is dear to make is kept up to a second as well, so that making it
  // takes a tenth of one processor at most, however many read. One caller makes the next one; meanwhile the others get the last one. Only
  // answers of status 200 are kept.
  std::shared_ptr<const Sendable> get(std::string_view name, const engine::StatusPtr& now,
                                      const Render& render);

 private:
  struct Page {
    std::shared_ptr<const Sendable> response;  // null before the first
    engine::StatusPtr of;
    MonoTime made;
    Millis cost{0};  // of making it
    bool in_the_making = false;
  };
  static bool is_fresh(const Page& page, const engine::StatusPtr& now, MonoTime at);

  std::mutex mutex_;
  std::condition_variable made_;
  std::map<std::string, Page, std::less<>> pages_;  // guarded by mutex_
};

}  // namespace orc::http
