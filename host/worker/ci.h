// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/outcome.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

// Runs the repository's own CI command in the verification checkout. Red only if the command ran to
// its end and said so itself.
JobOutcome run_ci(Session& session, const Code& code);

}  // namespace orc::worker
