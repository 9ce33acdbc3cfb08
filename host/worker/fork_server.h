// SPDX-License-Identifier: Apache-2.0
// The process that makes the workers of one host; jobs/fork_server.h is the other side.
#pragma once

namespace orc::worker {

// Serves requests from k_fork_channel_fd until the host closes its end; returns the exit code. In a
// fork it carries out the job instead and never returns. `argv` is main's: a fork shows its job's
// folder in place of the arguments. Single-threaded: a fork has everything it may touch.
int serve_forks(char** argv);

}  // namespace orc::worker
