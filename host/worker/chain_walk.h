// SPDX-License-Identifier: Apache-2.0
// Asks link after link whether it takes the job. A link that cannot be loaded, configured or asked
// has declined, with that reason, and the walk goes on: the way to the next producer is always
// open.
#pragma once

#include <optional>

#include "worker/host_services.h"
#include "worker/plugin.h"
#include "worker/request_view.h"

namespace orc::worker {

// Both live to the end of the process: threads of the plugin may still use them.
struct Accepted {
  int link = 0;  // index into the request's chain
  HostServices* services;
  Plugin* plugin;
};

// Every decision is in the session's record. A link that hangs or crashes ends the process instead;
// progress.json names it.
std::optional<Accepted> walk_chain(Session& session, const RequestView& request);

}  // namespace orc::worker
