// SPDX-License-Identifier: Apache-2.0
// The suite on the far side of ssh. The command line that ssh gets is constant; what is to be run
// goes over stdin as a script for sh(1), in which every argument is quoted by one function.
//
// The script prints a random nonce when the suite starts and again, with the exit code, when it has
// ended. So a failure of ssh, of the login or of the folder is told from a failure of the suite by
// what was seen, not by a code that both can give. The nonce is in no command line or environment:
// the suite cannot read it there and claim an ending of its own.
//
// The script also supervises: it ends the suite at its limit, when the connection is gone, and when
// a later attempt of the same task arrives; it holds a lock that every process of the suite
// inherits, so that two attempts never run beside each other. Pure; any thread.
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
  std::chrono::milliseconds limit{0};  // the far side ends the suite after this
  std::optional<RevisionSettings> revision;
  std::string commit;  // what the far side must have; used with `revision`
  std::string owner;   // the task: a later attempt of the same owner ends an earlier one
  std::string lock;    // attempts with the same lock exclude each other
  bool check = false;  // only look whether the suite could be started
};
// Between SIGTERM and SIGKILL on the far side.
inline constexpr std::chrono::seconds k_remote_grace{10};
// For one look at the revision.
inline constexpr std::chrono::seconds k_revision_limit{30};

std::string remote_script(const RemoteCommand& command, std::string_view nonce);
// A file name for the lock on the target, readable for whoever finds it there.
std::string lock_name(std::string_view repo, std::string_view cwd);

// Files for one run of ssh.
struct SshFiles {
  std::string identity;     // empty: ssh's own
  std::string known_hosts;  // empty: ssh's own
  std::string log;          // what ssh itself says goes here, apart from all other output
};
// The ssh that runs sh(1) on the target, without the user's configuration and without questions.
std::vector<std::string> ssh_argv(const SshSettings& ssh, const SshFiles& files);

// What the far side has, as it said itself.
struct Revision {
  int code = 0;  // of the command that was asked
  std::string text;
};

// What the script told.
struct Marks {
  bool ready = false;            // everything is there; only with `check`
  bool started = false;          // the suite
  bool timed_out = false;        // the far side ended it at its limit
  std::optional<int> exit_code;  // of the suite
  std::string trouble;           // one word and its object: the suite was not started
  bool contradictory = false;    // more than one start or end
  std::optional<Revision> before;
  std::optional<Revision> after;
  std::string rest;  // the output without the marks
};
Marks read_marks(std::string_view out, std::string_view nonce);

}  // namespace staging_runner
