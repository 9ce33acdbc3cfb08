// SPDX-License-Identifier: Apache-2.0
// Label sets that are known before anything happens. They exist at 0, so that increase() sees the
// first event. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "config/generation.h"
#include "engine/tallies.h"

namespace orc::http {

// By the stage table, the chains of the generation, and the closed lists of the domain.
std::map<engine::TallyKey, engine::Tallies::Count> known_tallies(
    const config::Generation& generation);

using OutcomeLabels = std::tuple<Stage, std::string, std::string_view>;  // stage, producer, outcome
std::map<OutcomeLabels, std::int64_t> known_outcomes(const config::Generation& generation);

}  // namespace orc::http
