// SPDX-License-Identifier: Apache-2.0
// Deploys, also the very service that drives it, in steps that survive each other's death:
//
//   A  write the intent, then start the wrapper (wrapper.h) detached; defer
//   B  outside the service the wrapper runs the command once and writes its result
//   C  every later attempt looks: running → defer; a result → verify the running revision, verdict;
//      begun and gone without a result → hold, for nobody knows what it did
//
// All state lies in files (deployment.h); an instance keeps nothing between attempts. A crash
// before the intent has done nothing; between intent and start the next attempt starts it, and the
// wrapper's own marker keeps two starts from becoming two deploys; after the start the result waits
// in its file. A result is told again after a crash, never made again: a new deployment begins only
// for another commit, or when a human confirmed anew after a reported failure.
#pragma once

#include <optional>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>

#include "deployment.h"
#include "settings.h"
#include "settings_schema.h"

namespace deploy_finalizer {

class DeployFinalizer : public orchestrator::plugin::Producer {
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
    .id = "deploy-finalizer",
    .name = "Deploy finalizer",
    .version = ORCH_VERSION,
    .license = "Apache-2.0",
    .description =
        "Deploys at most once for one confirmation, across restarts of the service itself",
    .settings_schema = k_settings_schema,
    .stages = {{"deploy", "deploy_status"}},
    .capabilities = ORCH_CAP_SIDE_EFFECTS | ORCH_CAP_RESUMABLE,
    .default_timeout = std::chrono::minutes(2)};

}  // namespace deploy_finalizer
