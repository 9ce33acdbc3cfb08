// SPDX-License-Identifier: Apache-2.0
// What the engine counts for the metrics, since the start. A count belongs to its batch: it is
// added when that is durable; signals that were sent are counted whatever becomes of the batch. Any
// thread may read.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace orc::engine {

enum class Tally : std::uint8_t {
  transition,        // from, to, reason
  conflict,          // stage
  decision,          // stage, producer, decision, reason
  gate,              // gate, result
  producer_seconds,  // stage, producer; a duration
  wait_seconds,      // a duration: from "may start" to "started"
  kill,              // signal, reason
  notification,      // channel, result
};

struct TallyKey {
  Tally tally = Tally::transition;
  std::array<std::string, 4> labels;  // those of the tally, in the order above
  auto operator<=>(const TallyKey&) const = default;
};

struct Observation {
  TallyKey key;
  Millis duration{0};
  std::int64_t times = 1;
};

class Tallies {
 public:
  // Upper bounds of the histograms' buckets; a last one without a bound follows.
  static constexpr std::array<Millis, 10> k_bounds{
      Millis{10},     Millis{50},      Millis{250},     Millis{1'000},     Millis{5'000},
      Millis{30'000}, Millis{120'000}, Millis{600'000}, Millis{1'800'000}, Millis{7'200'000}};

  struct Count {
    std::int64_t count = 0;
    double seconds = 0;                                       // sum of the durations
    std::array<std::int64_t, k_bounds.size() + 1> buckets{};  // not cumulative
  };

  void add(const std::vector<Observation>& observed);  // [engine thread]
  std::map<TallyKey, Count> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<TallyKey, Count> counts_;  // guarded by mutex_
};

}  // namespace orc::engine
