// SPDX-License-Identifier: Apache-2.0
// Makes 15-staging-log.md by running the staging suite where it can run: on another machine over
// ssh, or here.
#pragma once

#include "orchestrator/plugin/sdk.hpp"
#include "settings.h"
#include "settings_schema.h"

namespace staging_runner {

class StagingRunner : public orchestrator::plugin::Producer {
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
    .id = "staging-runner",
    .name = "Staging runner",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .description =
        "Runs the staging suite over ssh or here and tells its failures from the channel's",
    .settings_schema = k_settings_schema,
    .stages = {{"deploy-staging", "staging_status"}},
    .capabilities = ORCH_CAP_SIDE_EFFECTS,
    .default_timeout = std::chrono::minutes(40)};

}  // namespace staging_runner
