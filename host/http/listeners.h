// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Net/ServerSocket.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace orc::http {

// A bound and listening Unix socket; its file is removed at the end, if it is still the same file.
class ControlSocket {
 public:
  static Result<ControlSocket> listen(const std::filesystem::path& path, unsigned mode);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();
  const Poco::Net::ServerSocket& socket() const { return socket_; }

 private:
  ControlSocket(std::filesystem::path path, Poco::Net::ServerSocket socket);
  std::filesystem::path path_;
  Poco::Net::ServerSocket socket_;
  unsigned long inode_ = 0;
};

Result<Poco::Net::ServerSocket> listen_tcp(const std::string& host, int port);

// The user at the other end of a Unix connection: a name, or "uid:1000".
std::string peer_user(int socket);
// Whether a worker is among the ancestors of the process that connected, and has confined it. No
// rule of the kernel keeps a program of the same user from this socket; its ancestry and the
// launcher's mark are what it cannot change. A process that has gone since counts as one. What a
// job runs without isolation is the operator's own command and may ask.
bool comes_from_confined(int socket);

}  // namespace orc::http
