// SPDX-License-Identifier: Apache-2.0
// A look at a running instance after a green suite: /health, /status and /queue with its
// serial_gate. Only reads. That nobody answers is the environment's; a wrong answer is a verdict.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"

namespace test_runner {

struct SmokeSettings {
  std::string url;                            // "http://127.0.0.1:8480"; empty: no smoke
  std::chrono::milliseconds timeout{10'000};  // of one question
};

struct SmokeAnswer {
  std::string path;
  bool good = false;
  std::string text;
};
using Smoke = std::variant<std::vector<SmokeAnswer>, Ending>;

Smoke look_at_instance(const SmokeSettings& settings, orchestrator::plugin::Host& host);

}  // namespace test_runner
