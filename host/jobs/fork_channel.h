// SPDX-License-Identifier: Apache-2.0
// What a host and its fork server say to each other over a socket that keeps messages apart
// (SOCK_SEQPACKET). Both ends are of one build: the host starts the server from its own folder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::jobs {

// The server's end of the socket.
constexpr int k_fork_channel_fd = 3;
// What a run id may measure: the server keeps room for it in the environment its forks inherit.
constexpr std::size_t k_longest_run_id = 63;

// Host to server: run a worker on this folder.
struct ForkRequest {
  std::string run_id;
  std::filesystem::path folder;
  UniqueFd log;      // becomes the worker's stdout and stderr
  UniqueFd secrets;  // may be none
};

// Server to host.
struct ForkEvent {
  enum class Kind : std::uint32_t {
    started,    // answers a request; with it comes the worker's pidfd
    refused,    // answers a request; `value` is an errno
    exited,     // a worker ended; `value` is its exit code
    signalled,  // a worker ended; `value` is the signal
  };
  Kind kind = Kind::refused;
  pid_t pid = 0;
  std::int32_t value = 0;
};

struct ReceivedEvent {
  ForkEvent event;
  UniqueFd pidfd;
};

// `unavailable`: the other end is gone, nothing was sent.
Status send_request(int channel, const ForkRequest& request);
Status send_event(int channel, const ForkEvent& event, int pidfd = -1);
// Nothing: the other end is gone.
std::optional<ForkRequest> receive_request(int channel);
// Waits up to `patience`. Nothing: none came, or the other end is gone.
std::optional<ReceivedEvent> receive_event(int channel, Millis patience);

}  // namespace orc::jobs
