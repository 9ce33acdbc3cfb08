// SPDX-License-Identifier: Apache-2.0
// From what a command line names to the files that belong together.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "cli/cli.h"

namespace orc::app {

struct AuditPlace {
  std::filesystem::path database;
  std::filesystem::path state;
};

// A named file's folder is the state folder. Without any name: the configuration where `serve`
// would look for it.
Result<AuditPlace> find_place(const cli::DatabasePlace& place);

}  // namespace orc::app
