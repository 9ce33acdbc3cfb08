// SPDX-License-Identifier: Apache-2.0
// What a plugin handed to submit(), checked against the ABI and the stage's contract.
#pragma once

#include <orchestrator/plugin/abi.h>

#include <string>
#include <variant>

#include "base/result.h"
#include "domain/outcome.h"
#include "domain/stage.h"

namespace orc::worker {

struct Submission {
  std::variant<Verdict, Deferred, Held> outcome;
  std::string body;  // of a verdict with a token
};

// `malformed` says what breaks the contract. Pure; copies what it keeps.
Result<Submission> read_submission(const orch_outcome& raw, const StageRule& rule);

}  // namespace orc::worker
