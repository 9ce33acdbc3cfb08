// SPDX-License-Identifier: Apache-2.0
// What would become of a task, as {"from": …, "to": … or null, "text": …}. Pure.
#pragma once

#include "app/answer.h"
#include "domain/gates.h"
#include "domain/outcome.h"
#include "domain/stage.h"

namespace orc::app {

Json transition_after(const GateDecision& gate, const StageRule& rule);
// For a job that came to no verdict.
Json transition_after(const JobOutcome& outcome, const StageRule& rule);

}  // namespace orc::app
