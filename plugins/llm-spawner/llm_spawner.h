// SPDX-License-Identifier: Apache-2.0
// The single LLM transport: starts the configured agent program in the task's worktree with the
// role's prompt, follows its output, records the run, and tells the host how it ended. It never
// reads what the agent decided: the artifact lies in the worktree and the gate reads it. Every run
// is a new session.
#pragma once

#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>

#include "settings.h"
#include "settings_schema.h"

namespace llm_spawner {

class LlmSpawner : public orchestrator::plugin::Producer {
 public:
  std::optional<std::string> configure(std::string_view settings_json) override;
  orchestrator::plugin::Answer accepts(const orchestrator::plugin::Request& request) override;
  orchestrator::plugin::Outcome produce(const orchestrator::plugin::Request& request,
                                        orchestrator::plugin::Host& host) override;
  std::optional<std::string> preflight(orchestrator::plugin::Host& host) override;

 private:
  Settings settings_;
};

inline constexpr orchestrator::plugin::Meta k_meta{
    .id = "llm-spawner",
    .name = "LLM spawner",
    .version = ORCH_VERSION,
    .license = "Apache-2.0",
    .description =
        "Runs a coding agent with the role's prompt; the way back to the LLM for every stage",
    .settings_schema = k_settings_schema,
    .stages = {{"*", ""}},
    .capabilities = ORCH_CAP_LLM | ORCH_CAP_SIDE_EFFECTS,
    .default_timeout = std::chrono::minutes(60)};

}  // namespace llm_spawner
