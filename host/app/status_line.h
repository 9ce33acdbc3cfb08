// SPDX-License-Identifier: Apache-2.0
// The one line about the host that `systemctl status` shows. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "engine/ports.h"
#include "store/queries.h"

namespace orc::app {

// "serving: 1 running, 2 queued, 1 held, 1 for a person"; what is 0 is left out but for the first
// two.
std::string in_one_line(const engine::Snapshot& status,
                        const std::vector<store::StageCount>& counts);

}  // namespace orc::app
