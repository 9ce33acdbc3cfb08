// SPDX-License-Identifier: Apache-2.0
// What a gate of the edge makes of what it was shown. Nothing that is missing, broken or unknown
// passes: it is blocked, or it did not run, and then it is nobody's fault. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "domain/edge.h"
#include "domain/outcome.h"

namespace orc::gates {

struct Judgement {
  GateResult result = GateResult::not_run;
  std::string text;
  ReasonCode why = ReasonCode::none;  // of one that did not run
};

}  // namespace orc::gates
