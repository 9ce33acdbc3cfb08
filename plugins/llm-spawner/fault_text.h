// SPDX-License-Identifier: Apache-2.0
// The last resort for an error that comes as words: an HTTP status, then phrases, in the order that
// keeps a permanent fault from being retried. The words are not a contract of any program; what no
// row knows is `unknown`, never a guess. Pure; any thread.
#pragma once

#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string_view>

#include "ends.h"

namespace llm_spawner {

// `status`: of the answer where the program told it; otherwise it is looked for in the text.
AgentEnd fault_from_text(std::string_view message, std::optional<int> status);

// "try again in 20s", "retry after 3 minutes": at most an hour.
std::optional<orchestrator::plugin::Milliseconds> retry_after_from_text(std::string_view message);

}  // namespace llm_spawner
