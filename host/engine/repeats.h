// SPDX-License-Identifier: Apache-2.0
// Whether a job's end is one that repeating does not change. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/outcome.h"
#include "domain/records.h"

namespace orc::engine {

// `jobs` are the task's, oldest first, the ended one last and finished. Nothing, or why the task
// should stand still instead of trying again. A service that somebody else has to bring back
// (network, busy) is left to the retry budget.
std::optional<std::string> same_end_again(const std::vector<Job>& jobs, const JobOutcome& outcome,
                                          int times);

// Of a red verdict: the same failures so many times in a row, or twice on the same content. What
// stands behind "failing: " in the summary is compared letter by letter, any other summary by its
// signature. A release lets a task try as often again.
// `artifacts` are the task's, with the content that each was made on.
std::optional<std::string> same_failures_again(const std::vector<Job>& jobs,
                                               const std::vector<ArtifactRecord>& artifacts,
                                               const std::string& content_id, int times);

}  // namespace orc::engine
