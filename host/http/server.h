// SPDX-License-Identifier: Apache-2.0
// The host's HTTP doors: a control socket for the command line, a board for browsers and
// Prometheus, and one for the webhooks of forges, each with its own threads, so that none can starve
// another.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/ports.h"
#include "http/changes.h"
#include "http/reader_pool.h"

namespace orc::http {

struct ServerOptions {
  std::filesystem::path control_socket;
  unsigned control_mode = 0660;
  std::string board_host = "127.0.0.1";
  int board_port = 8480;  // 0: any free port; -1: no board
  std::string webhooks_host = "127.0.0.1";
  int webhooks_port = -1;
  std::string operator_token = {};  // empty: the board only reads
  std::map<std::string, std::string> webhook_secrets = {};  // by forge
  std::filesystem::path state_dir;
  std::filesystem::path config_file;  // for hints that name it
};

// The ports outlive the server.
struct Ports {
  engine::CommandPort& commands;
  engine::StatusPort& status;
  engine::ReloadPort& reloads;
  Changes& changes;
};

// Listens from start() until it is destroyed; then open connections are cut and the socket file is
// gone.
class Server {
 public:
  // `conflict` if another process answers on the control socket or holds the board's port; a socket
  // file that nobody listens on is replaced. A failure leaves nothing listening. The caller ignores
  // SIGPIPE.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, const Ports& ports,
                                               OpenReader open_reader);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port in use, also where any free one was asked for; -1 without a board.
  int board_port() const;
  int webhooks_port() const;

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace orc::http
