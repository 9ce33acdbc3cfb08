// SPDX-License-Identifier: Apache-2.0
// One conversation with the target over ssh: the script goes in, the marks and ssh's own log come
// out.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "classify.h"
#include "orchestrator/plugin/sdk.hpp"
#include "remote.h"
#include "settings.h"

namespace staging_runner {

struct Conversation {
  orchestrator::plugin::ProcessResult result;  // its output without marks
  Marks marks;
  std::string ssh_log;
};

// `scratch`: where the files for ssh lie while it runs, in a folder of their own that is gone
// afterwards; empty: the folder for temporary files. A Finding: the disk refused them.
std::variant<Conversation, Finding> converse(const SshSettings& ssh, const RemoteCommand& command,
                                             std::chrono::milliseconds timeout, bool mutating,
                                             const std::filesystem::path& scratch,
                                             orchestrator::plugin::Host& host);

}  // namespace staging_runner
