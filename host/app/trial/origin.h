// SPDX-License-Identifier: Apache-2.0
// What a trial works on: a bare repository of its own that stands in for a forge. The repository or
// folder it is copied from is only ever read.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orc::app {

struct OriginSpec {
  // A git work tree, taken with everything that is not committed yet and not ignored, or any other
  // folder; empty: nothing.
  std::filesystem::path source;
  std::vector<std::pair<std::string, std::string>> files;  // path and text, laid over it
  std::string base_branch;  // empty: the source's branch; "main" where it has none
  std::string branch;       // of the task
};

struct Origin {
  std::filesystem::path repository;
  std::string base_branch;
  std::string branch;
  std::string commit;  // of the task's branch
};

// Makes `repository`, which must not be there yet. Blocks on git.
Result<Origin> make_origin(const OriginSpec& spec, const std::filesystem::path& repository);

}  // namespace orc::app
