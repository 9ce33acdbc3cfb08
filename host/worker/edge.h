// SPDX-License-Identifier: Apache-2.0
// The jobs on the edge from staging to production.
//
//   edge   what is to be merged is made (rebase on the base branch) and judged: regression markers,
//          the tests again where this very content has not passed them, security, coverage
//   land   exactly that is brought to the base branch, and read back
//   image  it is looked for in the image that is to be deployed
#pragma once

#include "worker/session.h"

namespace orc::worker {

// Carries out the session's job, which is of the edge.
[[noreturn]] void run_edge(Session& session);

}  // namespace orc::worker
