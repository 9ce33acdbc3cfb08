// SPDX-License-Identifier: Apache-2.0
// The two kinds of jobs of the post-deploy monitor. Both speak to the deployed service alone, with
// the rights of the host: no code of a branch is near.
#pragma once

#include "domain/outcome.h"
#include "worker/session.h"

namespace orc::worker {

// Asks the service, once: a Sampled. Deferred where the job was ended meanwhile.
JobOutcome look_at_service(Session& session);

// Runs the rollback command unless a worker has begun it before: a RolledBack. The request's
// plugin_state is the monitor's own folder; the file `began` in it is made, and synced, before the
// command starts, and only one process ever can make it.
JobOutcome roll_back(Session& session);

}  // namespace orc::worker
