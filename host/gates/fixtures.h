// SPDX-License-Identifier: Apache-2.0
// What each gate of the edge must answer to inputs whose answer is known: one that passes, one that
// fails, and those that are missing, cut off, stale or empty. A gate is trusted only while it
// answers all of its own so. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

#include "gates/judgement.h"

namespace orc::gates {

struct GateFixture {
  EdgeGate gate;
  std::string_view name;
  GateResult expected;
  Judgement (*judge)();
};
std::span<const GateFixture> fixtures();

}  // namespace orc::gates
