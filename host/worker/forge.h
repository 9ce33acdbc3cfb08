// SPDX-License-Identifier: Apache-2.0
// Who moves the base branch forward: git itself, or the forge that is asked to over its API.
#pragma once

#include "worker/edge_job.h"

namespace orc::worker {

// Asks for the base branch to be moved forward to the candidate, which upstream holds on the task's
// branch already. The answer is a hint alone: what upstream holds afterwards decides. `conflict`:
// somebody was first; `unavailable`: may work later; `refused`: the forge does not let us.
Status move_base(EdgeJob& job);

}  // namespace orc::worker
