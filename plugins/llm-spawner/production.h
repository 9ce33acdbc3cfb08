// SPDX-License-Identifier: Apache-2.0
// One job from the first start of the agent to the outcome. Reading run() shows it: older artifacts
// away, the agent, its record, what it wrote; and where only the verdict's form is wrong, the agent
// once more with that as its task.
#pragma once

#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string>

#include "classify.h"
#include "mask.h"
#include "settings.h"

namespace llm_spawner {

class Production {
 public:
  Production(const orchestrator::plugin::Request& request, const Settings& settings,
             orchestrator::plugin::Host& host);
  orchestrator::plugin::Outcome run(orchestrator::plugin::Process first);

 private:
  // Starts the agent, follows it, judges what it left, and records the run.
  Ending run_agent(orchestrator::plugin::Process process);
  void judge_artifacts(const AgentReport& report, Ending& ending);
  std::optional<Ending> repair();
  void record(const RunEvidence& evidence, const Ending& ending,
              orchestrator::plugin::Milliseconds wall) const;
  // Asked where the output does not tell it, and after the run, so that it delays no start.
  std::string ask_version(const orchestrator::plugin::Process& launch) const;
  std::string set_aside_folder() const;

  const orchestrator::plugin::Request& request_;
  const Settings& settings_;
  orchestrator::plugin::Host& host_;
  const std::string program_;
  const SecretMask mask_;
  std::string malformed_;  // what was wrong with the form of the last run's verdict
};

}  // namespace llm_spawner
