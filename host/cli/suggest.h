// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace orc::cli {

// What a person may have meant by a command line that could not be parsed: the unknown word or
// option and the nearest one that exists; empty where nothing is near.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace orc::cli
