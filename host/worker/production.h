// SPDX-License-Identifier: Apache-2.0
// Asking the chain and letting the one that accepts produce: the part that a stage's own job and a
// re-test share.
#pragma once

#include <optional>
#include <string>

#include "worker/artifact.h"
#include "worker/chain_walk.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

// The plugin gets the whole grace, and a moment more to say what it made of it.
inline constexpr Millis k_last_words{500};

JobOutcome stopped(StopCause cause, const std::string& during);
// A step of the worker's own; nobody can be asked to end it sooner.
void watch_own_step(Session& session, MonoTime deadline, const std::string& during);

struct Produced {
  Accepted accepted;
  Producer producer;
  JobOutcome outcome;
  std::string body;  // of a verdict with a token
};
// Nothing: nobody accepted. Ends the process where a producer does not end when it is asked to.
std::optional<Produced> produce(Session& session, const Code& code);

jobs::WorkerReport report_of(const Producer& producer, JobOutcome outcome);

}  // namespace orc::worker
