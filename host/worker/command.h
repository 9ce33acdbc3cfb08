// SPDX-License-Identifier: Apache-2.0
// A command of the configuration, run in a checkout under the job's limits.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/outcome.h"
#include "process/process.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

struct ConfiguredCommand {
  std::vector<std::string> argv;
  // It may touch this checkout and little else. Null: a command of the operator that is given
  // nothing of the branch but its name, with the rights of the service.
  const Code* confined_to = nullptr;
  std::filesystem::path cwd;
  Millis timeout{0};
};

// Every placeholder in every word becomes its value; what a value holds is not looked at again.
using Placeholders = std::vector<std::pair<std::string_view, std::string>>;
std::vector<std::string> filled_in(std::vector<std::string> argv, const Placeholders& values);

// It ended by itself.
struct CommandEnd {
  int exit_code = 0;
  std::string out;
  std::string last_lines;  // of both streams, for people
};

// Anything but an end by itself says nothing about the code: a Deferred or a Held.
std::variant<CommandEnd, JobOutcome> run_command(Session& session,
                                                 const ConfiguredCommand& command);

}  // namespace orc::worker
