// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace orc::worker {

// Carries out the job of a folder and ends the process: 0 once outcome.json is there. `secrets_fd`
// is -1 or taken over. Returns only where there is no job to carry out, with the exit code: another
// worker has it, or it has ended.
int run_job(const std::filesystem::path& folder, int secrets_fd);

}  // namespace orc::worker
