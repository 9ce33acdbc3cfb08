// SPDX-License-Identifier: Apache-2.0
// What went wrong, as application/problem+json (RFC 9457) with a stable `code` and a `hint`. Pure;
// any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/ports.h"
#include "http/exchange.h"

namespace orc::http {

struct Problem {
  int status = 500;
  std::string code;    // stable; the title is made from it
  std::string detail;  // for people
  std::string hint = {};
};

Response to_response(const Problem& problem, const std::string& instance);
// An answer of the engine that is not `done`.
Problem problem_of(const engine::Answer& answer);
Problem problem_of(const Error& error);

}  // namespace orc::http
