// SPDX-License-Identifier: Apache-2.0
// The classes of faults that the host has met, and which of them pause a producer. What changes is
// returned, for the engine to store and to tell. [engine thread]
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/breaker.h"

namespace orc::engine {

class Breakers {
 public:
  // Replaces what is known by what the store holds.
  void load(const std::vector<Breaker>& known);
  std::vector<Breaker> all() const;

  // A job of the producer met a fault.
  Breaker note_fault(const std::string& producer, ReasonCode reason, const BreakerLimits& limits,
                     WallTime now);
  // What paused the producer (all of them: empty) is over.
  std::vector<Breaker> close(const std::string& producer, WallTime now);
  // The next job of the producer (of all: empty) tries at once.
  std::vector<Breaker> try_now(const std::string& producer, const BreakerLimits& limits,
                               WallTime now);
  // What pauses the producer.
  std::optional<Breaker> open_of(const std::string& producer) const;
  // A job of the paused producer starts and tries.
  std::vector<Breaker> send_canary(const std::string& producer, WallTime now);

 private:
  // Of every open class of the producer (of all: empty).
  template <typename Change>
  std::vector<Breaker> change_open(const std::string& producer, const Change& change);

  std::map<std::pair<std::string, ReasonCode>, Breaker> classes_;
};

}  // namespace orc::engine
