// SPDX-License-Identifier: Apache-2.0
// A plugin asked about a task that brings nothing: no repository, no contract, no text. Nothing is
// produced whatever it answers. Blocks as long as the plugin does.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "domain/stage.h"
#include "worker/plugin.h"

namespace orc::worker {

// {"accepted": …, "reason": …, "text": …}, or {"fault": …} where it did not answer.
nlohmann::json ask_about_nothing(Plugin& plugin, const StageRule& rule);

}  // namespace orc::worker
