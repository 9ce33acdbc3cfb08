// SPDX-License-Identifier: Apache-2.0
#include "http/listener.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/String.h>
#include <sys/socket.h>

#include <sstream>

#include "base/log.h"
#include "base/short_turns.h"
#include "http/handlers/handlers.h"
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

enum class Persistence : std::uint8_t { as_asked, close };

// RFC 9110, 13.1.2, for the strong ETags that this server gives.
bool is_known_to(const net::HTTPServerRequest& in, const Response& response) {
  if (!response.revalidates || !in.has("If-None-Match")) return false;
  const std::string& wanted = in.get("If-None-Match");
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") return wanted == "*" || wanted.find(value) != std::string::npos;
  }
  return false;
}

// Head and body in one piece. Poco's stream hands over 4 KiB at a time: sixty calls, packets and
// wake-ups of the reader for a full queue.
void send(net::StreamSocket& socket, const net::HTTPServerRequest& in, net::HTTPServerResponse& out,
          const Sendable& sendable, Persistence persistence) {
  const Response& response = sendable.response();
  const bool is_known = is_known_to(in, response);
  const bool has_body = !is_known && in.getMethod() != net::HTTPRequest::HTTP_HEAD;
  out.setStatus(is_known ? net::HTTPResponse::HTTP_NOT_MODIFIED
                         : static_cast<net::HTTPResponse::HTTPStatus>(response.status));
  out.setReason(net::HTTPResponse::getReasonForStatus(out.getStatus()));
  out.setContentType(response.content_type);
  out.set("X-Content-Type-Options", "nosniff");
  out.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  out.set("Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) out.set(name, value);
  if (persistence == Persistence::close) out.setKeepAlive(false);
  if (!is_known) out.setContentLength64(static_cast<Poco::Int64>(response.body.size()));
  out.setChunkedTransferEncoding(false);
  std::ostringstream head;
  out.write(head);
  std::string bytes = head.str();
  if (has_body) bytes += response.body;
  try {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const int count =
          socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent));
      if (count <= 0) throw net::NetException("the peer took no more of the answer");
      sent += static_cast<std::size_t>(count);
    }
  } catch (...) {
    // Poco would put an answer of its own behind half of ours.
    socket.shutdown();
    throw;
  }
}

// Exactly `length` bytes, or `malformed` if the sender stopped before.
Result<std::string> read_body(std::istream& in, std::size_t length) {
  std::string body(length, '\0');
  in.read(body.data(), static_cast<std::streamsize>(length));
  if (static_cast<std::size_t>(in.gcount()) == length) return body;
  return Error{ErrorKind::malformed, "the body is shorter than its Content-Length"};
}

// What a connection and its requests share.
struct Desk {
  const Services& services;
  Door door;
  const std::string& board_host;
  Connections& connections;
};

class Exchange : public net::HTTPRequestHandler {
 public:
  Exchange(const Desk& desk, Connection& connection) : desk_(desk), connection_(connection) {}

  void handleRequest(net::HTTPServerRequest& in, net::HTTPServerResponse& out) override {
    const RequestHead head = head_of(in);
    Request request = request_of(in);
    if (const auto problem = refuse_by_head(desk_.door, head, desk_.board_host)) {
      return refuse(request, *problem, in, out);
    }
    if (desk_.door == Door::control && comes_from_confined(socket_of(in))) {
      log(LogLevel::warning, "http.job_refused", "a program of a job asked on the control socket",
          {{"method", request.method}, {"path", request.path}});
      return refuse(request,
                    {403, "not_for_jobs", "a program that a job runs may not command the host"}, in,
                    out);
    }
    auto body = read_body(in.stream(), body_length(head));
    if (!body.ok()) return refuse(request, problem_of(body.error()), in, out);
    request.body = std::move(body).value();
    connection_.enter(Connection::Phase::handler);
    if (wants_stream(in)) return stream(request, in, out);
    const std::string method = request.method;
    const Dispatched answered = dispatch(desk_.services, std::move(request));
    desk_.services.requests.add(desk_.door, answered.route, method, answered.response->status());
    answer(in, out, *answered.response, Persistence::as_asked);
  }

 private:
  static std::string field(const net::HTTPServerRequest& in, const char* name) {
    return in.has(name) ? in.get(name) : std::string();
  }

  Request request_of(net::HTTPServerRequest& in) const {
    const std::string& uri = in.getURI();
    const std::size_t question = uri.find('?');
    Request request{.door = desk_.door,
                    .method = in.getMethod(),
                    .path = uri.substr(0, question),
                    .query = {},
                    .captured = {},
                    .body = {},
                    .actor = {"anonymous", "board"},
                    .if_match = field(in, "If-Match"),
                    .idempotency_key = field(in, "Idempotency-Key")};
    if (desk_.door == Door::board) {
      request.authorization = field(in, "Authorization");
      request.origin = field(in, "Origin");
      request.host = field(in, "Host");
    }
    if (question != std::string::npos) request.query = parse_query(uri.substr(question + 1));
    if (desk_.door == Door::control) {
      request.actor = {peer_user(socket_of(in)), "cli"};
      request.is_operator = true;
    }
    if (desk_.door == Door::webhooks) {
      for (const auto& [name, value] : in) request.fields[Poco::toLower(name)] = value;
    }
    return request;
  }

  static int socket_of(net::HTTPServerRequest& in) {
    return dynamic_cast<net::HTTPServerRequestImpl&>(in).socket().impl()->sockfd();
  }

  static bool wants_stream(const net::HTTPServerRequest& in) {
    return in.getMethod() == "GET" && in.getURI().starts_with(k_events_path) &&
           field(in, "Accept").find("text/event-stream") != std::string::npos;
  }

  void stream(const Request& request, net::HTTPServerRequest& in, net::HTTPServerResponse& out) {
    if (const auto problem = refuse_query(events_route(), request))
      return refuse(request, *problem, in, out);
    const auto wish = stream_wish(desk_.services, request, field(in, "Last-Event-ID"));
    if (!wish.ok()) return refuse(request, problem_of(wish.error()), in, out);
    if (const auto* problem = std::get_if<Problem>(&wish.value()))
      return refuse(request, *problem, in, out);
    auto& impl = dynamic_cast<net::HTTPServerRequestImpl&>(in);
    if (!desk_.services.streams.add(impl.socket(), std::get<StreamWish>(wish.value()))) {
      return refuse(request, Problem{503, "too_many_streams", "too many event streams are open"},
                    in, out);
    }
    connection_.hand_over();
    impl.detachSocket();
    desk_.services.requests.add(desk_.door, k_events_path, request.method, 200);
  }

  void refuse(const Request& request, const Problem& problem, net::HTTPServerRequest& in,
              net::HTTPServerResponse& out) {
    desk_.services.requests.add(desk_.door, "refused", request.method, problem.status);
    answer(in, out, Sendable(to_response(problem, request.path)), Persistence::close);
  }

  void answer(net::HTTPServerRequest& in, net::HTTPServerResponse& out, const Sendable& sendable,
              Persistence persistence) {
    connection_.enter(Connection::Phase::answer);
    send(dynamic_cast<net::HTTPServerRequestImpl&>(in).socket(), in, out, sendable, persistence);
    connection_.enter(Connection::Phase::head);
  }

  const Desk& desk_;
  Connection& connection_;
};

// Poco makes the handler when a request's head is read.
class OneConnection : public net::HTTPRequestHandlerFactory {
 public:
  OneConnection(const Desk& desk, int fd) : desk_(desk), watched_(desk.connections.watch(fd)) {}
  ~OneConnection() override { desk_.connections.forget(watched_); }
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    watched_->enter(Connection::Phase::body);
    return new Exchange(desk_, *watched_);
  }

 private:
  const Desk& desk_;
  std::shared_ptr<Connection> watched_;
};

class Factory : public net::TCPServerConnectionFactory {
 public:
  Factory(const Services& services, Door door, std::string board_host, Connections& connections,
          net::HTTPServerParams::Ptr params)
      : board_host_(std::move(board_host)),
        desk_{services, door, board_host_, connections},
        params_(std::move(params)) {}
  // Called by the thread that will serve the connection.
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    thread_local const bool asked = (take_short_turns(), true);
    (void)asked;
    return new net::HTTPServerConnection(socket, params_,
                                         new OneConnection(desk_, socket.impl()->sockfd()));
  }

 private:
  const std::string board_host_;
  const Desk desk_;
  const net::HTTPServerParams::Ptr params_;
};

constexpr int k_max_queued = 64;

net::HTTPServerParams::Ptr params_of(const Limits& limits) {
  net::HTTPServerParams::Ptr params = new net::HTTPServerParams;
  params->setMaxThreads(limits.threads);
  params->setMaxQueued(k_max_queued);
  params->setTimeout(limits.read);
  params->setKeepAliveTimeout(limits.keep_alive);
  return params;
}

}  // namespace

Listener::Listener(const Services& services, Door door, std::string board_host,
                   const net::ServerSocket& socket, const Limits& limits)
    : socket_(socket),
      connections_(static_cast<std::size_t>(limits.threads) / 2),
      pool_(2, limits.threads),
      server_(new Factory(services, door, std::move(board_host), connections_, params_of(limits)),
              pool_, socket_, params_of(limits)) {
  server_.start();
}

Listener::~Listener() {
  // Poco looks every 250 ms whether it was stopped; this wakes it at once.
  ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR);
  server_.stop();
  connections_.cut_all();
  pool_.joinAll();
}

}  // namespace orc::http
