// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace orc::worker {

// Prints one JSON object about a plugin on the standard output: its descriptor and, where settings
// are given (a file, or "-" for the standard input), whether it takes them. Returns the exit code:
// 1 with {"refused": text} for a library that cannot be loaded. What the plugin itself prints goes
// to the standard error.
int describe(const std::filesystem::path& library,
             const std::optional<std::filesystem::path>& settings, int secrets_fd);

}  // namespace orc::worker
