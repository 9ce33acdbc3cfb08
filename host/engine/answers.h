// SPDX-License-Identifier: Apache-2.0
// The answers that several commands give.
#pragma once

#include <string>
#include <utility>

#include "engine/ports.h"

namespace orc::engine {

inline Answer invalid(std::string code, std::string text, std::string hint = "") {
  return {.kind = Answer::Kind::invalid,
          .code = std::move(code),
          .text = std::move(text),
          .hint = std::move(hint)};
}

inline std::string with_reason(const std::string& what, const std::string& reason) {
  return reason.empty() ? what : what + ": " + reason;
}

}  // namespace orc::engine
