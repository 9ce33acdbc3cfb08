// SPDX-License-Identifier: Apache-2.0
#include "base/redact.h"
#include "http/server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/ThreadPool.h>
#include <sys/socket.h>

#include "http/listeners.h"
#include "http/request_guard.h"
#include "http/routes.h"

namespace orc::http {

namespace {

namespace net = Poco::Net;

std::vector<std::string> all_of(const net::HTTPServerRequest& request, const std::string& name) {
  std::vector<std::string> values;
  for (auto field = request.find(name);
       field != request.end() && Poco::icompare(field->first, name) == 0; ++field) {
    values.push_back(field->second);
  }
  return values;
}

RequestHead head_of(const net::HTTPServerRequest& request) {
  return RequestHead{.method = request.getMethod(),
                     .target = request.getURI(),
                     .hosts = all_of(request, "Host"),
                     .content_lengths = all_of(request, "Content-Length"),
                     .transfer_encodings = all_of(request, "Transfer-Encoding"),
                     .content_types = all_of(request, "Content-Type")};
}

enum class Connection : std::uint8_t { as_asked, close };

void send(net::HTTPServerResponse& out, const Response& response, Connection connection) {
  out.setStatus(static_cast<net::HTTPResponse::HTTPStatus>(response.status));
  out.setReason(net::HTTPResponse::getReasonForStatus(out.getStatus()));
  out.setContentType(response.content_type);
  out.set("X-Content-Type-Options", "nosniff");
  out.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  out.set("Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) out.set(name, value);
  if (connection == Connection::close) out.setKeepAlive(false);
  const std::string body = redacted(response.body);
  out.sendBuffer(body.data(), body.size());
}

// Exactly `length` bytes, or `malformed` if the sender stopped before.
Result<std::string> read_body(std::istream& in, std::size_t length) {
  std::string body(length, '\0');
  in.read(body.data(), static_cast<std::streamsize>(length));
  if (static_cast<std::size_t>(in.gcount()) == length) return body;
  return Error{ErrorKind::malformed, "the body is shorter than its Content-Length"};
}

class Exchange : public net::HTTPRequestHandler {
 public:
  Exchange(const Services& services, Door door, const std::string& board_host)
      : services_(services), door_(door), board_host_(board_host) {}

  void handleRequest(net::HTTPServerRequest& in, net::HTTPServerResponse& out) override {
    const RequestHead head = head_of(in);
    Request request = request_of(in);
    if (const auto problem = refuse_by_head(door_, head, board_host_)) {
      return refuse(request, *problem, out);
    }
    if (door_ == Door::control && comes_from_confined(socket_of(in))) {
      log(LogLevel::warning, "http.job_refused", "a program of a job asked on the control socket",
          {{"method", request.method}, {"path", request.path}});
      return refuse(request,
                    {403, "not_for_jobs", "a program that a job runs may not command the host"},
                    out);
    }
    auto body = read_body(in.stream(), body_length(head));
    if (!body.ok()) return refuse(request, problem_of(body.error()), out);
    request.body = std::move(body).value();
    const std::string method = request.method;
    const Dispatched answered = dispatch(services_, std::move(request));
    services_.requests.add(door_, answered.route, method, answered.response.status);
    send(out, answered.response, Connection::as_asked);
  }

 private:
  Request request_of(net::HTTPServerRequest& in) const {
    const std::string& uri = in.getURI();
    const std::size_t question = uri.find('?');
    Request request{.door = door_,
                    .method = in.getMethod(),
                    .path = uri.substr(0, question),
                    .query = {},
                    .captured = {},
                    .body = {},
                    .actor = {"anonymous", "board"}};
    if (question != std::string::npos) request.query = parse_query(uri.substr(question + 1));
    if (door_ == Door::control) request.actor = {peer_user(socket_of(in)), "cli"};
    return request;
  }

  static int socket_of(net::HTTPServerRequest& in) {
    return dynamic_cast<net::HTTPServerRequestImpl&>(in).socket().impl()->sockfd();
  }

  void refuse(const Request& request, const Problem& problem, net::HTTPServerResponse& out) {
    services_.requests.add(door_, "refused", request.method, problem.status);
    send(out, to_response(problem, request.path), Connection::close);
  }

  const Services& services_;
  Door door_;
  const std::string& board_host_;
};

class Factory : public net::HTTPRequestHandlerFactory {
 public:
  Factory(const Services& services, Door door, std::string board_host)
      : services_(services), door_(door), board_host_(std::move(board_host)) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new Exchange(services_, door_, board_host_);
  }

 private:
  const Services& services_;
  Door door_;
  std::string board_host_;
};

struct Limits {
  int threads;
  Poco::Timespan read;        // of one read; Poco has no total
  Poco::Timespan keep_alive;  // an idle connection holds its thread as long
};
constexpr int k_max_queued = 64;
constexpr int k_threads = 8;
const Limits k_control_limits{k_threads, Poco::Timespan(10, 0), Poco::Timespan(5, 0)};
const Limits k_board_limits{k_threads, Poco::Timespan(5, 0), Poco::Timespan(2, 0)};

// One listener with threads of its own.
class Listener {
 public:
  Listener(Factory::Ptr factory, const net::ServerSocket& socket, const Limits& limits)
      : socket_(socket),
        pool_(2, limits.threads),
        server_(factory, pool_, socket_, params_of(limits)) {
    server_.start();
  }
  ~Listener() {
    // Poco looks every 250 ms whether it was stopped; this wakes it at once.
    ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR);
    server_.stopAll(true);
    pool_.joinAll();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  static net::HTTPServerParams::Ptr params_of(const Limits& limits) {
    net::HTTPServerParams::Ptr params = new net::HTTPServerParams;
    params->setMaxThreads(limits.threads);
    params->setMaxQueued(k_max_queued);
    params->setTimeout(limits.read);
    params->setKeepAliveTimeout(limits.keep_alive);
    return params;
  }

  net::ServerSocket socket_;
  Poco::ThreadPool pool_;
  net::HTTPServer server_;
};

}  // namespace

class Server::Parts {
 public:
  Parts(const ServerOptions& options, const Ports& ports, OpenReader open_reader,
        ControlSocket control)
      : readers_(std::move(open_reader)),
        services_{ports.commands, ports.status, ports.reloads,
                  readers_,       requests_,    options.state_dir},
        control_socket_(std::move(control)) {}

  void serve_control() {
    control_.emplace(new Factory(services_, Door::control, ""), control_socket_.socket(),
                     k_control_limits);
  }
  void serve_board(const net::ServerSocket& socket, const std::string& host) {
    board_port_ = socket.address().port();
    board_.emplace(new Factory(services_, Door::board, host), socket, k_board_limits);
  }
  int board_port() const { return board_port_; }

 private:
  ReaderPool readers_;
  RequestCounts requests_;
  Services services_;
  ControlSocket control_socket_;
  int board_port_ = -1;
  std::optional<Listener> control_;
  std::optional<Listener> board_;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;
int Server::board_port() const {
  return parts_->board_port();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Ports& ports,
                                              OpenReader open_reader) {
  ORC_TRY(auto control, ControlSocket::listen(options.control_socket, options.control_mode));
  std::optional<net::ServerSocket> board;
  if (options.board_port >= 0) {
    ORC_TRY(board, listen_tcp(options.board_host, options.board_port));
  }
  return guard("http server", [&]() -> Result<std::unique_ptr<Server>> {
    auto parts =
        std::make_unique<Parts>(options, ports, std::move(open_reader), std::move(control));
    parts->serve_control();
    if (board) parts->serve_board(*board, options.board_host);
    return std::unique_ptr<Server>(new Server(std::move(parts)));
  });
}

}  // namespace orc::http
