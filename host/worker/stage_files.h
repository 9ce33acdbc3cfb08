// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "domain/stage.h"

namespace orc::worker {

// Regular files below `folder` that match the stage's contract, in the contract's order, at
// most 64. Names only: what is read later is read again without following links.
std::vector<std::string> find_stage_files(const std::filesystem::path& folder,
                                          const StageRule& rule);

}  // namespace orc::worker
