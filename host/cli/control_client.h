// SPDX-License-Identifier: Apache-2.0
// HTTP over the control socket of a running host. One request a connection. Blocks up to the given
// time for each read.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace orc::cli {

struct Reply {
  int status = 0;
  std::string body;
};

// One of a stream (server-sent events).
struct StreamMessage {
  std::string event;
  std::string data;
};

class ControlClient {
 public:
  explicit ControlClient(std::filesystem::path socket) : socket_(std::move(socket)) {}

  // `unavailable`: nobody listens; `refused`: the socket may not be used; the message names the
  // socket.
  Result<Reply> get(const std::string& target) const;
  Result<Reply> get(const std::string& target, Millis timeout) const;
  // `body` is JSON.
  Result<Reply> post(const std::string& target, const std::string& body, Millis timeout) const;
  Result<Reply> remove(const std::string& target, const std::string& body) const;
  // Reads a stream until `take` has had enough and says so, or the host ends it: then `body` is
  // empty. Another status than 200 is returned as from get().
  Result<Reply> listen(const std::string& target,
                       const std::function<bool(const StreamMessage&)>& take) const;
  const std::filesystem::path& socket() const { return socket_; }

 private:
  struct Call;
  Result<Reply> call(const Call& call) const;
  std::filesystem::path socket_;
};

inline constexpr Millis k_command_timeout{30'000};

// `given`, else $ORCH_SOCKET, else the first of /run/orchestrator/control.sock and
// ~/.local/state/orchestrator/control.sock that exists.
std::filesystem::path find_control_socket(const std::string& given);

// A path segment: everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

}  // namespace orc::cli
