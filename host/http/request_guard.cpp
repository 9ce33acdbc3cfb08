// SPDX-License-Identifier: Apache-2.0
#include "http/request_guard.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace orc::http {

namespace {

constexpr std::size_t k_max_length_digits = 15;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_length(std::string_view text) {
  return !text.empty() && text.size() <= k_max_length_digits &&
         std::all_of(text.begin(), text.end(), is_digit);
}

bool is_loopback_v4(std::string_view host) {
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           const auto number = is_length(part) ? parse_integer(part) : std::nullopt;
           return number && *number <= 255;
         });
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::optional<Problem> refuse_framing(const RequestHead& head) {
  if (!head.transfer_encodings.empty() && !head.content_lengths.empty()) {
    return Problem{400, "ambiguous_length",
                   "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (!head.transfer_encodings.empty()) {
    return Problem{411, "length_required", "a body in chunks is not accepted",
                   "send a Content-Length"};
  }
  if (head.content_lengths.size() > 1) {
    return Problem{400, "ambiguous_length", "more than one Content-Length"};
  }
  if (head.content_lengths.size() == 1 && !is_length(head.content_lengths.front())) {
    return Problem{400, "bad_length", "Content-Length is not a number of bytes"};
  }
  return std::nullopt;
}

std::optional<Problem> refuse_body(const RequestHead& head) {
  const std::size_t length = body_length(head);
  if (length > k_max_body) {
    return Problem{413, "body_too_large",
                   "the body is larger than " + std::to_string(k_max_body) + " bytes"};
  }
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && length > 0) return Problem{400, "unexpected_body", head.method + " takes no body"};
  if (length == 0) return std::nullopt;
  for (const std::string& type : head.content_types) {
    if (lower(trim(type.substr(0, type.find(';')))) != "application/json") {
      return Problem{415, "not_json", "the body must be application/json",
                     "send Content-Type: application/json"};
    }
  }
  return std::nullopt;
}

}  // namespace

std::size_t body_length(const RequestHead& head) {
  if (head.content_lengths.empty()) return 0;
  return static_cast<std::size_t>(parse_integer(head.content_lengths.front()).value_or(0));
}

bool is_known_host(std::string_view host, std::string_view board_host) {
  const std::string name = lower(without_port(host));
  return name == "localhost" || name == "[::1]" || is_loopback_v4(name) ||
         (!board_host.empty() && name == lower(board_host));
}

std::optional<Problem> refuse_by_head(Door door, const RequestHead& head,
                                      std::string_view board_host) {
  if (auto problem = refuse_framing(head)) return problem;
  if (!head.target.starts_with('/')) {
    return Problem{400, "bad_target", "the request target must be a path"};
  }
  if (head.hosts.size() > 1) return Problem{400, "ambiguous_host", "more than one Host"};
  if (door == Door::board &&
      (head.hosts.empty() || !is_known_host(head.hosts.front(), board_host))) {
    return Problem{421, "unknown_host", "this server does not answer under that name",
                   "use the address from http.board.listen"};
  }
  return refuse_body(head);
}

}  // namespace orc::http
