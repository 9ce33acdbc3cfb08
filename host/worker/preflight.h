// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace orc::worker {

// Asks one plugin whether its surroundings are in order and prints the answer as one JSON object.
// The standard input holds {"settings", "secrets", "scratch", "run_id", "limit_ms",
// "repositories": [{"repo", "base_branch", "contract", "verification"}]}; the answer is
// {"in_order", "text", "repositories": [{"repo", "in_order", "text"}]}, or {"refused": text} with
// exit code 1 for a plugin that cannot be asked. A plugin that hangs is ended by the caller.
int preflight(const std::filesystem::path& library);

}  // namespace orc::worker
