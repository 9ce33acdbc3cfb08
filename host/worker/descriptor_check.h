// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <orchestrator/plugin/abi.h>

#include <vector>

#include "base/result.h"
#include "worker/ident.h"

namespace orc::worker {

// `malformed` names the first rule of abi.h that the descriptor breaks. Pure.
Status check_descriptor(const orch_descriptor& descriptor, const Ident& ident);

// The stages of a checked descriptor, stepped through by its own stride.
std::vector<orch_stage_claim> stage_claims(const orch_descriptor& descriptor);

}  // namespace orc::worker
