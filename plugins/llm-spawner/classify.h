// SPDX-License-Identifier: Apache-2.0
// How a run ended, in the order of evidence: what the host did, then the program's own closing
// event, then the signal, then the exit code. Whether the artifact is there comes last and is asked
// by the caller, for an error outranks a file. Pure; any thread.
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>

#include "ends.h"
#include "report.h"

namespace llm_spawner {

struct Ending {
  AgentEnd end = AgentEnd::unknown;
  std::string detail;  // in the program's words or the system's; printable, may be empty
  orchestrator::plugin::Milliseconds retry_after{0};
};

// What is known about a run besides how its process ended.
struct RunEvidence {
  Dialect dialect = Dialect::plain;
  AgentReport report;
  bool spoke = false;  // anything at all came on standard output
  std::string stderr_tail;
};

Ending classify(const orchestrator::plugin::ProcessEnd& end, const RunEvidence& evidence);

// The outcome for the host. `program` names the agent in the text.
orchestrator::plugin::Outcome outcome_of(const Ending& ending, const std::string& program);

}  // namespace llm_spawner
