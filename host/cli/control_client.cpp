// SPDX-License-Identifier: Apache-2.0
#include "cli/control_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <istream>
#include <iterator>

namespace orc::cli {

namespace {

namespace net = Poco::Net;

constexpr Millis k_connect_timeout{2'000};
constexpr std::string_view k_system_socket = "/run/orchestrator/control.sock";

Poco::Timespan timespan(Millis duration) {
  return Poco::Timespan(duration.count() * 1000);
}

Error connection_error(const std::filesystem::path& socket, int code, const std::string& what) {
  switch (code) {
    case EACCES:
    case EPERM:
      return {ErrorKind::refused, "not permitted to use " + socket.string()};
    case ENOENT:
      return {ErrorKind::unavailable, "no orchestrator runs here: no " + socket.string()};
    case ECONNREFUSED:
      return {ErrorKind::unavailable, "no orchestrator listens on " + socket.string()};
    default:
      return {ErrorKind::unavailable, socket.string() + ": " + what};
  }
}

Result<net::StreamSocket> connect(const std::filesystem::path& path) {
  constexpr std::size_t k_longest_path = 107;
  if (path.native().size() > k_longest_path) {
    return Error{ErrorKind::unavailable, path.string() + ": too long for a socket's path"};
  }
  try {
    net::StreamSocket socket;
    socket.connect(net::SocketAddress(net::SocketAddress::UNIX_LOCAL, path.string()),
                   timespan(k_connect_timeout));
    return socket;
  } catch (const Poco::Exception& e) {
    return connection_error(path, e.code(), e.displayText());
  }
}

}  // namespace

struct ControlClient::Call {
  std::string method;
  std::string target;
  std::string body;
  Millis timeout;
};

Result<Reply> ControlClient::call(const Call& call) const {
  ORC_TRY(const auto socket, connect(socket_));
  try {
    net::HTTPClientSession session(socket);
    session.setTimeout(timespan(call.timeout));
    net::HTTPRequest request(call.method, call.target, net::HTTPMessage::HTTP_1_1);
    request.setHost("localhost");
    request.setKeepAlive(false);
    if (call.method != net::HTTPRequest::HTTP_GET) {
      request.setContentType("application/json");
      request.setContentLength64(static_cast<Poco::Int64>(call.body.size()));
    }
    session.sendRequest(request) << call.body;
    net::HTTPResponse response;
    std::istream& in = session.receiveResponse(response);
    std::string body{std::istreambuf_iterator<char>(in), {}};
    return Reply{static_cast<int>(response.getStatus()), std::move(body)};
  } catch (const Poco::Exception& e) {
    return Error{ErrorKind::unavailable,
                 "no answer from " + socket_.string() + ": " + e.displayText()};
  }
}

namespace {

// HTML Living Standard, 9.2.6, as far as the host writes it: one line of data a message.
void read_stream(std::istream& in, const std::function<bool(const StreamMessage&)>& take) {
  constexpr std::string_view k_event = "event: ";
  constexpr std::string_view k_data = "data: ";
  StreamMessage message;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(k_event)) message.event = line.substr(k_event.size());
    if (line.starts_with(k_data)) message.data = line.substr(k_data.size());
    if (!line.empty() || message.data.empty()) continue;
    if (!take(message)) return;
    message = {};
  }
}

}  // namespace

Result<Reply> ControlClient::listen(const std::string& target,
                                    const std::function<bool(const StreamMessage&)>& take) const {
  // The host says every 15 seconds that it is there.
  constexpr Millis k_silence{45'000};
  ORC_TRY(const auto socket, connect(socket_));
  try {
    net::HTTPClientSession session(socket);
    session.setTimeout(timespan(k_silence));
    net::HTTPRequest request("GET", target, net::HTTPMessage::HTTP_1_1);
    request.setHost("localhost");
    request.set("Accept", "text/event-stream");
    session.sendRequest(request);
    net::HTTPResponse response;
    std::istream& in = session.receiveResponse(response);
    const int status = static_cast<int>(response.getStatus());
    if (status != 200) return Reply{status, {std::istreambuf_iterator<char>(in), {}}};
    read_stream(in, take);
    return Reply{status, ""};
  } catch (const Poco::Exception& e) {
    return Error{ErrorKind::unavailable,
                 "no answer from " + socket_.string() + ": " + e.displayText()};
  }
}

Result<Reply> ControlClient::get(const std::string& target) const {
  return get(target, k_command_timeout);
}

Result<Reply> ControlClient::get(const std::string& target, Millis timeout) const {
  return call({"GET", target, "", timeout});
}

Result<Reply> ControlClient::post(const std::string& target, const std::string& body,
                                  Millis timeout) const {
  return call({"POST", target, body, timeout});
}

Result<Reply> ControlClient::remove(const std::string& target, const std::string& body) const {
  return call({"DELETE", target, body, k_command_timeout});
}

std::filesystem::path find_control_socket(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* named = std::getenv("ORCH_SOCKET"); named != nullptr && *named != '\0')
    return named;
  std::error_code ignored;
  if (std::filesystem::exists(k_system_socket, ignored)) return k_system_socket;
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') {
    const auto own = std::filesystem::path(home) / ".local/state/orchestrator/control.sock";
    if (std::filesystem::exists(own, ignored)) return own;
  }
  return k_system_socket;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  constexpr std::string_view k_marks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       k_marks.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += k_digits[byte >> 4U];
    out += k_digits[byte & 0xFU];
  }
  return out;
}

}  // namespace orc::cli
