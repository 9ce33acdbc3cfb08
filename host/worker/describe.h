// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace orc::worker {

// Prints one JSON object about a plugin on the standard output: its descriptor and, where settings
// are given (a file, or "-" for the standard input), whether it takes them. With a stage it is
// asked about an empty task there, too, and what it left running is counted. Returns the exit code:
// 1 with
// {"refused": text} for a library that cannot be loaded, or a stage that does not exist. What the
// plugin itself prints goes to the standard error.
struct DescribeWish {
  std::optional<std::filesystem::path> settings;
  int secrets_fd = -1;
  std::string_view empty_task;  // the stage; empty: it is not asked
};
int describe(const std::filesystem::path& library, const DescribeWish& wish);

}  // namespace orc::worker
