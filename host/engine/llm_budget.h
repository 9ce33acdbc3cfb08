// SPDX-License-Identifier: Apache-2.0
// What the next LLM run of a job may use. A run is reserved for in the transaction that claims its
// job, so that two claims never spend the same room; a sum that cannot be read refuses the claim.
// Where no budget is configured nothing is asked. [engine thread]
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "engine/chain.h"
#include "store/store.h"

namespace orc::engine {

bool has_llm_budget(const config::Config& config, Role role);

// Set aside for one run; the time is what the links of the chain may take at most.
LlmAmount llm_reservation(const config::Config& config, const ResolvedChain& chain);

// The first budget that one more run would break, in words; nothing: there is room.
Result<std::optional<std::string>> exhausted_budget(store::Reader& reader,
                                                    const config::Config& config, const Job& job,
                                                    const LlmAmount& reserved, WallTime now);

// The cost from the price table where the program named none; unknown stays unknown.
void estimate_cost(AgentRun& run, const config::LlmSettings& settings);

}  // namespace orc::engine
