// SPDX-License-Identifier: Apache-2.0
// Completion is not result: which revision runs now, read independently of the deploy command.
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "settings.h"

namespace deploy_finalizer {

struct RevisionRuns {  // the deployed commit runs
  std::string revision;
};
struct OtherRevision {
  std::string revision;  // what runs instead
};
struct RevisionUnreadable {
  std::string text;
  bool program_missing = false;
};
using RevisionLook = std::variant<RevisionRuns, OtherRevision, RevisionUnreadable>;

// What asks for the revision: the configured command, or curl on the configured URL.
std::variant<Command, NoCommand> revision_argv(const Settings& settings,
                                               const orchestrator::plugin::Request& request);

// `argv` as revision_argv() gave it; what it makes for a while goes with the job of `request`.
RevisionLook look_at_revision(const Command& argv, const Settings& settings,
                              std::string_view commit,
                              const orchestrator::plugin::Request& request,
                              orchestrator::plugin::Host& host);

}  // namespace deploy_finalizer
