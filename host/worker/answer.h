// SPDX-License-Identifier: Apache-2.0
// The worker's conversation with the host where there is no job folder: a JSON object in, one out.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace orc::worker {

// Takes the standard output for the answer; what a plugin prints goes to the standard error.
UniqueFd take_stdout();
// Everything on the standard input; `refused` if it is longer.
Result<std::string> read_stdin(std::size_t limit);
// Writes one line and ends the process; no destructor of the plugin runs.
[[noreturn]] void answer_and_exit(const UniqueFd& answer, const nlohmann::json& object,
                                  int exit_code);

}  // namespace orc::worker
