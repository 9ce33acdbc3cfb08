// SPDX-License-Identifier: Apache-2.0
// Makes 13-test-report.md by running the repository's tests, in place of a model that says it did.
#pragma once

#include <cstdint>

#include "orchestrator/plugin/sdk.hpp"
#include "settings_schema.h"
#include "smoke.h"
#include "surface.h"

namespace test_runner {

struct Settings {
  std::int64_t min_tests = 1;
  bool compares_with_base = true;
  SurfacePolicy surface = SurfacePolicy::verify;
  SmokeSettings smoke;
};

class TestRunner : public orchestrator::plugin::Producer {
 public:
  std::optional<std::string> configure(std::string_view settings_json) override;
  orchestrator::plugin::Answer accepts(const orchestrator::plugin::Request& request) override;
  orchestrator::plugin::Outcome produce(const orchestrator::plugin::Request& request,
                                        orchestrator::plugin::Host& host) override;
  // Looks for the runner of every repository that the host names.
  std::optional<std::string> preflight(orchestrator::plugin::Host& host) override;

 private:
  struct Trial;  // one attempt, from the request to its verdict
  Settings settings_;
};

inline constexpr orchestrator::plugin::Meta k_meta{
    .id = "test-runner",
    .name = "Test runner",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .description = "Runs the repository's tests and reads the verdict from their report",
    .settings_schema = k_settings_schema,
    .stages = {{"testing", "result"}},
    .default_timeout = std::chrono::minutes(60)};

}  // namespace test_runner
