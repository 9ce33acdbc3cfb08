// SPDX-License-Identifier: Apache-2.0
// What passes between spawn() and orchestrator-sandbox, the small program that confines itself and
// then becomes the wanted one. Its command line:
//
//   orchestrator-sandbox --status FD [--ruleset FD] [--limit NAME=NUMBER]… -- PATH ARGV0 ARG…
//
// On the status descriptor it writes k_confined directly before it becomes PATH. Closed after that
// byte: the program runs. A LaunchFailure instead of it, or behind it, or nothing at all: it does
// not.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace orc::process {

constexpr char k_confined = 'C';

// A confined program has a lower hard limit than who confined it. Of message queues, for nobody
// sets that one by hand.
constexpr auto k_mark = RLIMIT_MSGQUEUE;

enum class LaunchStep : std::int32_t {
  usage,
  limit,
  no_new_privileges,
  capabilities,
  landlock,
  program,
};

struct LaunchFailure {
  LaunchStep step;
  std::int32_t error_number;
};

}  // namespace orc::process
