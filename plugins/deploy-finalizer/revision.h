// SPDX-License-Identifier: Apache-2.0
// Completion is not result: which revision runs now, read independently of the deploy command.
#pragma once

#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "settings.h"

namespace deploy_finalizer {

struct RevisionRuns {};  // the deployed commit runs
struct OtherRevision {
  std::string text;  // what runs instead
};
struct RevisionUnreadable {
  std::string text;
  bool program_missing = false;
};
using RevisionLook = std::variant<RevisionRuns, OtherRevision, RevisionUnreadable>;

// `command` has its placeholders filled in.
RevisionLook look_at_revision(const Command& command, const Settings& settings,
                              std::string_view commit, orchestrator::plugin::Host& host);

}  // namespace deploy_finalizer
