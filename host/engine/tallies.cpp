// SPDX-License-Identifier: Apache-2.0
#include "engine/tallies.h"

#include <algorithm>

namespace orc::engine {

void Tallies::add(const std::vector<Observation>& observed) {
  const std::lock_guard lock(mutex_);
  for (const Observation& observation : observed) {
    Count& count = counts_[observation.key];
    count.count += observation.times;
    count.seconds += static_cast<double>(observation.duration.count()) / 1000.0;
    const auto* bound = std::lower_bound(k_bounds.begin(), k_bounds.end(), observation.duration);
    ++count.buckets[static_cast<std::size_t>(bound - k_bounds.begin())];
  }
}

std::map<TallyKey, Tallies::Count> Tallies::all() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace orc::engine
