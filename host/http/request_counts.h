// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "http/exchange.h"

namespace orc::http {

// Answered requests by listener, route pattern, method and status code. The label set is bounded: a
// path or a method that no route knows is counted under one name. Any thread.
class RequestCounts {
 public:
  using Labels = std::tuple<Door, std::string, std::string, int>;  // listener, route, method, code

  void add(Door door, std::string_view route, std::string_view method, int code);
  std::map<Labels, std::int64_t> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<Labels, std::int64_t> counts_;  // guarded by mutex_
};

}  // namespace orc::http
