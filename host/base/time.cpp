// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <cstdio>

namespace orc {

namespace {

// Not gmtime_r(): it reads the machine's time zone first, four system calls for UTC.
struct Calendar {
  int year;
  unsigned month;
  unsigned day;
  std::chrono::hh_mm_ss<Millis> time;
};

Calendar utc(WallTime when) {
  const std::chrono::sys_time<Millis> point{Millis(when.ms)};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), std::chrono::hh_mm_ss<Millis>(point - day)};
}

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern, values...);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<Millis>(since_epoch).count()};
}

std::string to_iso8601(WallTime time) {
  const Calendar at = utc(time);
  return format("%04d-%02u-%02uT%02d:%02d:%02dZ", at.year, at.month, at.day,
                static_cast<int>(at.time.hours().count()),
                static_cast<int>(at.time.minutes().count()),
                static_cast<int>(at.time.seconds().count()));
}

std::string to_iso8601_ms(WallTime time) {
  std::string text = to_iso8601(time);
  text.pop_back();
  return text + format(".%03dZ", static_cast<int>(utc(time).time.subseconds().count()));
}

std::string to_date(WallTime time) {
  const Calendar at = utc(time);
  return format("%04d-%02u-%02u", at.year, at.month, at.day);
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
