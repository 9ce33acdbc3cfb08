// SPDX-License-Identifier: Apache-2.0
// Where this build put its programs and plugins, and where its sources are. Known to one source
// file alone: a test's object file is the same in every build folder, so a compiler cache serves it.
#pragma once

#include <string>

namespace orc::test {

const std::string& bin_dir();
const std::string& plugin_dir();
const std::string& source_dir();

}  // namespace orc::test
