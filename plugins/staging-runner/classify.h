// SPDX-License-Identifier: Apache-2.0
// What the end of a staging run means. Pure; any thread.
//
// SUCCESS and FAILED need positive evidence that the suite ran to its end: over ssh the two marks,
// here an exit of its own. What the suite printed is never looked at. What ssh printed is read only
// while the suite has not started, when nobody else can have printed it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "orchestrator/plugin/sdk.hpp"
#include "remote.h"
#include "settings.h"

namespace staging_runner {

enum class Verdict : std::uint8_t { success, failed };
struct SuiteRan {
  Verdict verdict;
  int exit_code;
};
using Ending = std::variant<SuiteRan, orchestrator::plugin::Defer, orchestrator::plugin::Hold>;

// A run on this machine.
Ending classify_local(const Settings& settings, const orchestrator::plugin::ProcessEnd& end);
// A run over ssh: how ssh ended, what it said, and the marks of the far side.
Ending classify_remote(const Settings& settings, const orchestrator::plugin::ProcessEnd& end,
                       const Marks& marks, std::string_view ssh_stderr);
// The connection alone, `ssh … true`: nothing if it works.
std::optional<Ending> classify_connection(const orchestrator::plugin::ProcessEnd& end,
                                          std::string_view ssh_stderr);

}  // namespace staging_runner
