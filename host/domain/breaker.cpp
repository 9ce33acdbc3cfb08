// SPDX-License-Identifier: Apache-2.0
#include "domain/breaker.h"

#include <algorithm>

namespace orc {

namespace {

constexpr Millis k_longest_wait{3'600'000};
constexpr std::size_t k_remembered = 1000;  // the most that `faults` may be configured to

}  // namespace

bool is_class_of_faults(ReasonCode reason) {
  switch (reason) {
    case ReasonCode::timeout:
    case ReasonCode::network:
    case ReasonCode::resource:
    case ReasonCode::busy:
    case ReasonCode::tool_missing:
    case ReasonCode::credentials:
      return true;
    case ReasonCode::none:
    case ReasonCode::out_of_scope:
    case ReasonCode::no_contract:
    case ReasonCode::disabled:
    case ReasonCode::cancelled:
    case ReasonCode::in_progress:
    case ReasonCode::config:
    case ReasonCode::contract_broken:
    case ReasonCode::unknown:
      return false;
  }
  return false;
}

Breaker after_fault(Breaker breaker, const BreakerLimits& limits, WallTime now) {
  if (breaker.open) {  // a canary, or one that had begun before
    breaker.next_try = std::max(breaker.next_try, now + breaker.wait);
    return breaker;
  }
  const auto is_old = [&](WallTime at) { return at < now + -limits.window; };
  std::erase_if(breaker.faults, is_old);
  if (breaker.faults.size() < k_remembered) breaker.faults.push_back(now);
  if (limits.faults == 0 || static_cast<int>(breaker.faults.size()) < limits.faults) return breaker;
  breaker.open = true;
  breaker.since = now;
  breaker.wait = limits.canary_after;
  return after_canary(std::move(breaker), now);
}

Breaker after_canary(Breaker breaker, WallTime now) {
  breaker.next_try = now + breaker.wait;
  breaker.wait = std::min(breaker.wait * 2, k_longest_wait);
  return breaker;
}

Breaker closed(Breaker breaker, WallTime now) {
  breaker.open = false;
  breaker.faults.clear();
  breaker.since = now;
  return breaker;
}

std::string faults_in_words(const Breaker& breaker) {
  return std::to_string(breaker.faults.size()) + " times " + std::string(to_string(breaker.reason));
}

std::string to_words(const Breaker& breaker) {
  return breaker.producer + ": " + faults_in_words(breaker);
}

}  // namespace orc
