// SPDX-License-Identifier: Apache-2.0
// One door with threads of its own, on Poco's HTTP connection, behind the guards that it lacks: the
// refusal of ambiguous requests, a limit on the whole time a peer may take, and connections that
// can be handed over to the event streams.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timespan.h>

#include <string>

#include "http/connections.h"
#include "http/services.h"

namespace orc::http {

struct Limits {
  int threads;
  Poco::Timespan read;        // of one read
  Poco::Timespan keep_alive;  // an idle connection holds its thread as long
};

// Serves from its construction to its destruction; then open connections are cut.
class Listener {
 public:
  // The references outlive it. `board_host`: the configured name of the board; else empty.
  Listener(const Services& services, Door door, std::string board_host,
           const Poco::Net::ServerSocket& socket, const Limits& limits);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  Poco::Net::ServerSocket socket_;
  Connections connections_;
  Poco::ThreadPool pool_;
  Poco::Net::TCPServer server_;
};

}  // namespace orc::http
