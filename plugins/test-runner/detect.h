// SPDX-License-Identifier: Apache-2.0
// Test contracts that nobody wrote down: what the files of a checkout say about how it is tested.
// Reads only; never follows a link. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "suite.h"

namespace test_runner {

// The first shape of the table that fits; the suite's `source` names its file evidence and what
// else would have fitted. NoSuite says why none does, and for a shape that nearly fits what is
// missing.
std::variant<Suite, NoSuite> detect_suite(const std::filesystem::path& checkout);

}  // namespace test_runner
