// SPDX-License-Identifier: Apache-2.0
// The two steps of spawn(): one process started as the specification says, and the same with the
// launcher in between.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "process/process.h"

namespace orc::process {

// Executes `path` with `argv` and these descriptors; the rest as the specification says.
std::variant<Child, NotStarted> start(const SpawnSpec& spec, const std::string& path,
                                      const std::vector<std::string>& argv,
                                      const std::vector<int>& inherit);

// `program` is the path that was found for spec.argv[0]. Returns when the program runs under its
// confinement, or will not.
std::variant<Child, NotStarted> start_confined(const SpawnSpec& spec, const std::string& program);

}  // namespace orc::process
