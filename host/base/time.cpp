// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace orc {

namespace {

std::tm utc(WallTime time) {
  const std::time_t seconds = static_cast<std::time_t>(time.ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string format(const char* pattern, WallTime time) {
  const std::tm parts = utc(time);
  std::array<char, 48> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), pattern, &parts);
  return {text.data(), length};
}

}  // namespace

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<Millis>(since_epoch).count()};
}

std::string to_iso8601(WallTime time) {
  return format("%Y-%m-%dT%H:%M:%SZ", time);
}

std::string to_iso8601_ms(WallTime time) {
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(time.ms % 1000));
  return format("%Y-%m-%dT%H:%M:%S", time) + fraction.data();
}

std::string to_date(WallTime time) {
  return format("%Y-%m-%d", time);
}

std::string to_words(Millis duration) {
  const std::int64_t seconds = duration.count() / 1000;
  if (duration.count() < 1000) return std::to_string(duration.count()) + " ms";
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
}

}  // namespace orc
