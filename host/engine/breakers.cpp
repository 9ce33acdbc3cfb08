// SPDX-License-Identifier: Apache-2.0
#include "engine/breakers.h"

#include <algorithm>

namespace orc::engine {

void Breakers::load(const std::vector<Breaker>& known) {
  classes_.clear();
  for (const Breaker& one : known) classes_.emplace(std::pair(one.producer, one.reason), one);
}

std::vector<Breaker> Breakers::all() const {
  std::vector<Breaker> all;
  for (const auto& [key, one] : classes_) all.push_back(one);
  return all;
}

template <typename Change>
std::vector<Breaker> Breakers::change_open(const std::string& producer, const Change& change) {
  std::vector<Breaker> changed;
  for (auto& [key, one] : classes_) {
    if (!one.open || (!producer.empty() && one.producer != producer)) continue;
    one = change(one);
    changed.push_back(one);
  }
  return changed;
}

Breaker Breakers::note_fault(const std::string& producer, ReasonCode reason,
                             const BreakerLimits& limits, WallTime now) {
  Breaker& one = classes_[{producer, reason}];
  one.producer = producer;
  one.reason = reason;
  one = after_fault(std::move(one), limits, now);
  return one;
}

std::vector<Breaker> Breakers::close(const std::string& producer, WallTime now) {
  return change_open(producer, [&](const Breaker& one) { return closed(one, now); });
}

std::vector<Breaker> Breakers::try_now(const std::string& producer, const BreakerLimits& limits,
                                       WallTime now) {
  return change_open(producer, [&](Breaker one) {
    one.next_try = now;
    one.wait = limits.canary_after;
    return one;
  });
}

std::optional<Breaker> Breakers::open_of(const std::string& producer) const {
  std::optional<Breaker> latest;
  for (const auto& [key, one] : classes_) {
    const bool pauses = one.open && one.producer == producer;
    if (pauses && (!latest || latest->next_try < one.next_try)) latest = one;
  }
  return latest;
}

std::vector<Breaker> Breakers::send_canary(const std::string& producer, WallTime now) {
  return change_open(producer, [&](const Breaker& one) { return after_canary(one, now); });
}

}  // namespace orc::engine
