// SPDX-License-Identifier: Apache-2.0
// A plugin's library on disk: found, judged by its permissions, and copied under its content's
// name, so that nothing that happens to the file later reaches a running generation. Any thread;
// blocks on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace orc::config {

struct Library {
  std::filesystem::path copy;  // <state>/plugins/<sha256>.so, mode 0500
  std::string sha256;
};

// The first folder that holds TYPE.so; `not_found` names all of them.
Result<std::filesystem::path> find_library(const std::string& type,
                                           const std::vector<std::filesystem::path>& folders);

// Refuses a file, or a folder around it, that anybody but root or this user could have written.
// Reads the file once; the copy appears whole or not at all, and one that is there already is used
// only if its content still has its name.
Result<Library> take_private_copy(const std::filesystem::path& library,
                                  const std::filesystem::path& state_dir);

}  // namespace orc::config
