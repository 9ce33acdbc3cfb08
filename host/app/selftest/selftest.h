// SPDX-License-Identifier: Apache-2.0
// Whether gates and deterministic plugins can be trusted: each goes green, red and blocked on
// fixtures that the program brings along, a gate on evidence, a plugin in a real worker and through
// its gate.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "config/generation.h"
#include "domain/gates.h"
#include "engine/ports.h"

namespace orc::app {

using Evaluate = GateDecision (*)(const GateInput& input);

// One row a gate, those of the edge to production last. Pure; well below a millisecond.
std::vector<engine::SelftestRow> try_gates(Evaluate evaluate = evaluate_gate);

// The plugin types that have fixtures.
std::set<std::string> selftested_types();

// Tries every loaded library of such a type that `known` does not name (by hash), in worker
// processes, in folders below `scratch` that are gone afterwards. One row a library. Blocks for
// as long as the workers take, at most a minute a case. `cancelled` may be empty.
std::vector<engine::SelftestRow> try_plugins(const config::Generation& generation,
                                     const std::set<std::string>& known,
                                     const std::filesystem::path& worker,
                                     const std::filesystem::path& scratch,
                                     const std::function<bool()>& cancelled);

}  // namespace orc::app
