// SPDX-License-Identifier: Apache-2.0
// The suite on the far side of ssh. The command line that ssh gets is constant; what is to be run
// goes over stdin as a script for sh(1), in which every argument is quoted by one function. The
// script prints a random nonce when the suite starts and again, with the exit code, when it has
// ended. So a failure of ssh, of the login or of the folder is told from a failure of the suite by
// what was seen, not by a code that both can give. The nonce is in no command line or environment:
// the suite cannot read it and claim an ending of its own. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings.h"

namespace staging_runner {

// One argument for sh(1), in single quotes whatever it holds.
std::string quoted(std::string_view argument);

// 128 random bits in hex digits.
std::string new_nonce();

struct RemoteCommand {
  std::vector<std::string> argv;
  std::string cwd;
  std::vector<std::string> requires_programs;
  std::chrono::milliseconds limit{0};  // the far side ends the suite by itself soon after this
};
std::string remote_script(const RemoteCommand& command, std::string_view nonce);

// Files that stand for secrets or lines in the settings.
struct SshFiles {
  std::string identity;     // empty: ssh's own
  std::string known_hosts;  // empty: ssh's own
};
// The ssh that runs `program` on the target, without the user's configuration and without
// questions.
std::vector<std::string> ssh_argv(const SshSettings& ssh, const SshFiles& files,
                                  const std::vector<std::string>& program);

// What the script told.
struct Marks {
  bool started = false;
  bool ended = false;
  std::optional<int> exit_code;  // of the suite
  std::string trouble;           // "folder", or "missing NAME": the suite was not started
  bool contradictory = false;    // more than one end
  std::string rest;              // the output without the marks
};
Marks read_marks(std::string_view out, std::string_view nonce);

}  // namespace staging_runner
