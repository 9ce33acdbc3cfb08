// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly the bytes it is given, and shows what came back.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/time.h"
#include "base/unique_fd.h"

namespace orc::test {

using Json = nlohmann::ordered_json;

struct RawReply {
  int status = 0;  // 0: the connection was closed without an answer
  std::string head;
  std::string body;
  bool closed = false;  // the server ended the connection
  Json json() const { return Json::parse(body, nullptr, false); }
  bool has_header(const std::string& line) const {
    return head.find(line + "\r\n") != std::string::npos;
  }
};

class RawConnection {
 public:
  static RawConnection to_unix(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    return RawConnection(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  static RawConnection to_port(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return RawConnection(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }

  bool connected() const { return static_cast<bool>(fd_); }
  void send(const std::string& bytes) {
    ASSERT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  // One answer, by its Content-Length.
  RawReply receive() {
    RawReply reply;
    std::size_t head_end = std::string::npos;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) {
        reply.closed = true;
        return reply;
      }
    }
    reply.head = buffer_.substr(0, head_end + 2);
    reply.status = std::stoi(reply.head.substr(9, 3));
    const std::size_t field = reply.head.find("Content-Length: ");
    const std::size_t length =
        field != std::string::npos && !head_only_ ? std::stoul(reply.head.substr(field + 16)) : 0;
    while (buffer_.size() < head_end + 4 + length && read_more()) {
    }
    reply.body = buffer_.substr(head_end + 4, length);
    buffer_.erase(0, head_end + 4 + length);
    reply.closed = reply.has_header("Connection: Close") || reply.has_header("Connection: close");
    return reply;
  }
  void expect_no_bodies() { head_only_ = true; }
  // Reads on until what has come holds the text; false at the end or after the deadline.
  bool receive_until(const std::string& text) {
    while (buffer_.find(text) == std::string::npos) {
      if (!read_more()) return false;
    }
    return true;
  }
  // Reads on to the end; false after the deadline.
  bool receive_to_the_end() {
    const MonoTime before = mono_now();
    while (read_more()) {
    }
    return mono_now() - before < Millis{5000};
  }
  const std::string& received() const { return buffer_; }
  bool is_at_end() { return buffer_.empty() && !read_more(); }

 private:
  RawConnection(int family, const sockaddr* address, socklen_t size)
      : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (::connect(fd_.get(), address, size) != 0) fd_.reset();
  }
  bool read_more() {
    constexpr int k_deadline_ms = 10'000;
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, k_deadline_ms) != 1) return false;
    char chunk[4096];
    const ssize_t count = ::recv(fd_.get(), chunk, sizeof(chunk), 0);
    if (count <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(count));
    return true;
  }

  UniqueFd fd_;
  std::string buffer_;
  bool head_only_ = false;
};

}  // namespace orc::test
