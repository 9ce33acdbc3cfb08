// SPDX-License-Identifier: Apache-2.0
// One request and its answer, free of the HTTP library. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/redact.h"
#include "engine/ports.h"

namespace orc::http {

// Through which listener a request came: it decides what may be asked.
enum class Door : std::uint8_t {
  control,   // the Unix socket: everything but webhooks; the peer's user is the actor
  board,     // TCP: reads, and writes with the operator's token
  webhooks,  // TCP: signed calls of forges, and nothing else
};
std::string_view to_string(Door door);

inline bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

struct Request {
  Door door = Door::control;
  std::string method;
  std::string path;                          // as sent, without the query
  std::map<std::string, std::string> query;  // decoded
  std::vector<std::string> captured;         // decoded {placeholders} of the route, in order
  std::string body;
  engine::Actor actor;
  bool is_operator = false;  // may see and do what only an operator may
  // Header fields that a handler may ask for; empty where they were not sent.
  std::string if_match;
  std::string idempotency_key;
  std::string authorization = {};
  std::string origin = {};
  std::string host = {};
  // At the webhooks' door: every header field, by its name in lower case.
  std::map<std::string, std::string> fields = {};
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Its ETag names exactly these bytes: whoever has them already is told so instead (RFC 9110,
  // 13.1.2).
  bool revalidates = false;
};

// An answer without the secrets that this process knows: the only one that a door sends. A page
// for many readers is looked through once.
class Sendable {
 public:
  explicit Sendable(Response response) : response_(std::move(response)) {
    response_.body = redacted(std::move(response_.body));
  }
  const Response& response() const { return response_; }
  int status() const { return response_.status; }

 private:
  Response response_;
};

}  // namespace orc::http
