// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <Poco/Net/ServerSocket.h>

#include <optional>

#include "http/event_streams.h"
#include "http/listener.h"
#include "http/listeners.h"

namespace orc::http {

namespace {

namespace net = Poco::Net;

// A keep-alive connection holds its thread, so there are as many as browsers, scrapers and slow
// peers may need at once; they are started when they are needed.
const Limits k_control_limits{64, Poco::Timespan(10, 0), Poco::Timespan(5, 0)};
const Limits k_board_limits{96, Poco::Timespan(5, 0), Poco::Timespan(2, 0)};
const Limits k_webhook_limits{16, Poco::Timespan(5, 0), Poco::Timespan(2, 0)};

}  // namespace

class Server::Parts {
 public:
  Parts(const ServerOptions& options, const Ports& ports, OpenReader open_reader,
        ControlSocket control)
      : readers_(std::move(open_reader)),
        streams_(readers_, ports.changes, ports.status, options.state_dir),
        webhook_desk_(options.webhook_secrets),
        operator_token_(options.operator_token),
        services_{ports.commands, ports.status, ports.reloads, readers_,        requests_,
                  pages_,         streams_,     webhook_desk_, operator_token_, options.state_dir,
                  options.config_file},
        control_socket_(std::move(control)) {}

  void serve_control() {
    control_.emplace(services_, Door::control, "", control_socket_.socket(), k_control_limits);
  }
  void serve_board(const net::ServerSocket& socket, const std::string& host) {
    board_port_ = socket.address().port();
    board_.emplace(services_, Door::board, host, socket, k_board_limits);
  }
  void serve_webhooks(const net::ServerSocket& socket) {
    webhooks_port_ = socket.address().port();
    webhooks_.emplace(services_, Door::webhooks, "", socket, k_webhook_limits);
  }
  int board_port() const { return board_port_; }
  int webhooks_port() const { return webhooks_port_; }

  ~Parts() { pages_.stop(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

 private:
  ReaderPool readers_;
  RequestCounts requests_;
  SnapshotPages pages_;
  EventStreams streams_;
  WebhookDesk webhook_desk_;
  OperatorToken operator_token_;
  Services services_;
  ControlSocket control_socket_;
  int board_port_ = -1;
  int webhooks_port_ = -1;
  std::optional<Listener> control_;
  std::optional<Listener> board_;
  std::optional<Listener> webhooks_;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;
int Server::board_port() const {
  return parts_->board_port();
}
int Server::webhooks_port() const {
  return parts_->webhooks_port();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Ports& ports,
                                              OpenReader open_reader) {
  ORC_TRY(auto control, ControlSocket::listen(options.control_socket, options.control_mode));
  std::optional<net::ServerSocket> board;
  if (options.board_port >= 0) {
    ORC_TRY(board, listen_tcp(options.board_host, options.board_port));
  }
  std::optional<net::ServerSocket> webhooks;
  if (options.webhooks_port >= 0) {
    ORC_TRY(webhooks, listen_tcp(options.webhooks_host, options.webhooks_port));
  }
  return guard("http server", [&]() -> Result<std::unique_ptr<Server>> {
    auto parts =
        std::make_unique<Parts>(options, ports, std::move(open_reader), std::move(control));
    parts->serve_control();
    if (board) parts->serve_board(*board, options.board_host);
    if (webhooks) parts->serve_webhooks(*webhooks);
    return std::unique_ptr<Server>(new Server(std::move(parts)));
  });
}

}  // namespace orc::http
