// SPDX-License-Identifier: Apache-2.0
// Refuses a request by its header fields alone, before a byte of its body is read: what two parsers
// could read differently (RFC 9112, 6.3), what has no end, what is too large, and what was sent to
// another host. Every refusal also ends the connection, so that a body left unread is never taken
// for the next request. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"
#include "http/problem.h"

namespace orc::http {

inline constexpr std::size_t k_max_body = 1024 * 1024;

struct RequestHead {
  std::string method;
  std::string target;
  std::vector<std::string> hosts;
  std::vector<std::string> content_lengths;
  std::vector<std::string> transfer_encodings;
  std::vector<std::string> content_types;
};

// `board_host` is the configured name or address of the board.
std::optional<Problem> refuse_by_head(Door door, const RequestHead& head,
                                      std::string_view board_host);
// How many bytes of body follow, for a head that was not refused.
std::size_t body_length(const RequestHead& head);
// "localhost", 127.0.0.0/8, ::1, or `board_host`; a port is ignored. Protects against DNS
// rebinding.
bool is_known_host(std::string_view host, std::string_view board_host);

}  // namespace orc::http
