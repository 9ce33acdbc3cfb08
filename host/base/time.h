// SPDX-License-Identifier: Apache-2.0
// Two clocks, never mixed: wall time is for people and for rows that must survive a reboot,
// monotonic time is for deadlines and durations inside one process.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace orc {

using Millis = std::chrono::milliseconds;
using MonoTime = std::chrono::steady_clock::time_point;

// Milliseconds since the Unix epoch, UTC.
struct WallTime {
  std::int64_t ms = 0;
  auto operator<=>(const WallTime&) const = default;
  WallTime operator+(Millis d) const { return WallTime{ms + d.count()}; }
  Millis operator-(WallTime other) const { return Millis{ms - other.ms}; }
};

WallTime wall_now();
inline MonoTime mono_now() {
  return std::chrono::steady_clock::now();
}

// "2026-11-21T02:03:11Z" and "2026-11-21T02:03:11.042Z".
std::string to_iso8601(WallTime time);
std::string to_iso8601_ms(WallTime time);
// "2026-11-21"
std::string to_date(WallTime time);
// "41 s", "3 min 20 s", "2 h 5 min": for people.
std::string to_words(Millis duration);

}  // namespace orc
