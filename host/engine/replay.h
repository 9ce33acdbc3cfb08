// SPDX-License-Identifier: Apache-2.0
// What another configuration would have made of a run that is over. The answer of a producer that
// was asked then is taken to stand; one that was not asked then is never guessed at. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "domain/gates.h"
#include "domain/records.h"

namespace orc::engine {

struct PastRun {
  Task task;
  Job job;
  std::vector<ChainDecision> decisions;
};

struct Difference {
  std::string what;  // "producer", "verdict", "budget"
  std::string was;
  std::string would_be;
  std::string because;  // the keys that differ, or the rule
};

// `before` is what is in force now: what it has in common with `candidate` changes nothing.
std::vector<Difference> differences(const PastRun& run, const config::Loaded& before,
                                    const config::Loaded& candidate);

}  // namespace orc::engine
