// SPDX-License-Identifier: Apache-2.0
// Shell completion from the command tree itself, with the names of live things asked from the host.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/tree.h"

namespace orc::cli {

// Adds `completion bash|zsh|fish`, which prints the shell's script.
void add_completion_command(Tree& tree);

// What the script calls: the words so far, the last one unfinished. Prints one candidate a line.
// A host that does not answer within 200 ms has no names to offer; that is no error.
ExitCode complete(const Tree& tree, const std::vector<std::string>& words);

}  // namespace orc::cli
