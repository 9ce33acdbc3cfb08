// SPDX-License-Identifier: Apache-2.0
// The decisions of a job's chain as its row keeps them: one JSON array a line,
// [position, producer, decision, reason, text], in the order in which they were made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace orc::store {

std::string decision_lines(const std::vector<ChainDecision>& decisions);

// In the order of the walk. Of two about the same link and to the same effect the later one counts.
// `malformed`, with the job's number, for text that decision_lines() cannot have written.
Result<std::vector<DecisionRow>> read_decision_lines(JobId job, std::string_view lines);

}  // namespace orc::store
