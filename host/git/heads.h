// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace orc::git {

// Branch → commit of the host's bare repository, in one process. Reads only.
Result<std::map<std::string, std::string>> heads(const std::filesystem::path& bare);

}  // namespace orc::git
