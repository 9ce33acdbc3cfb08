// SPDX-License-Identifier: Apache-2.0
// Project shapes that need no contract, as a table. Reads a few files of the checkout without
// following links; any thread.
#pragma once

#include <filesystem>
#include <optional>

#include "suite.h"

namespace test_runner {

// The first shape of the table that fits; its report goes to {scratch}.
std::optional<Suite> detect_suite(const std::filesystem::path& checkout);

}  // namespace test_runner
