// SPDX-License-Identifier: Apache-2.0
// What the programs of this job may touch: the task's clone for an agent, the checkout for
// everything else, a home and a temporary folder of the job's own, and what the operator opened.
#pragma once

#include <memory>

#include "process/confinement.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

struct Surroundings {
  std::shared_ptr<const process::Confinement> confinement;  // null: isolation is off
  process::Environment environment;                         // beyond the base environment
};

// Made at the first program, for a job that runs none pays nothing. `link`: whose programs; null:
// the host's own choice of program, CI. `refused`: this machine cannot give the level, and nothing
// may be started.
Result<Surroundings> make_surroundings(const Session& session, const Code& code,
                                       const jobs::RequestLink* link);

// The hold that such a refusal is.
JobOutcome not_isolated(const std::string& text);

}  // namespace orc::worker
