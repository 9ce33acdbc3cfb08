// SPDX-License-Identifier: Apache-2.0
// Who may change something at the board. Anybody who reaches it may read; a write needs the
// operator's token, and, from a browser, a page of the board itself behind it. Pure but for the log;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace orc::http {

class OperatorToken {
 public:
  // Empty: nobody has one.
  explicit OperatorToken(const std::string& token);
  bool is_set() const { return !digest_.empty(); }
  // Whether an Authorization field carries it (RFC 6750, 2.1); takes as long however wrong.
  bool is_carried_by(std::string_view authorization) const;

 private:
  std::string digest_;
};

// Marks a request that carries the token as the operator's. The answer for one that may not do what
// it asks; nothing for any other.
std::optional<Response> admit_at_board(const OperatorToken& token, Request& request);

}  // namespace orc::http
