// SPDX-License-Identifier: Apache-2.0
// Classes of faults that hit whatever a producer begins: after so many within a window its jobs
// wait, one at a time tries, and the first one that gets through lets the others go on. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "domain/outcome.h"

namespace orc {

// Faults of the surroundings that can hit every task alike. What a human or the host decided, and
// what is merely not finished, is none.
bool is_class_of_faults(ReasonCode reason);

struct BreakerLimits {
  int faults = 5;                // of one class within `window`; 0: never
  Millis window{3'600'000};
  Millis canary_after{300'000};  // doubles with every canary that faults, up to an hour
};

// One class: a producer and a reason.
struct Breaker {
  std::string producer;
  ReasonCode reason = ReasonCode::none;
  std::vector<WallTime> faults;  // the last ones, oldest first; none from before it was closed
  bool open = false;             // its producer's jobs wait
  WallTime since;                // opened or closed
  WallTime next_try;             // of an open one
  Millis wait{0};                // before the try after that
};

// One more fault of the class.
Breaker after_fault(Breaker breaker, const BreakerLimits& limits, WallTime now);
// A job tries whether it goes on.
Breaker after_canary(Breaker breaker, WallTime now);
Breaker closed(Breaker breaker, WallTime now);
// "staging-runner: 5 times network", and the same without the producer.
std::string to_words(const Breaker& breaker);
std::string faults_in_words(const Breaker& breaker);

}  // namespace orc
