// SPDX-License-Identifier: Apache-2.0
// What is kept of a stream: the first and the last half of a cap. Memory stays below 1.5 times the
// cap, however much is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orc::process {

class Capture {
 public:
  explicit Capture(std::size_t cap) : half_(cap / 2) {}

  void append(std::string_view bytes);
  bool truncated() const { return cut() > 0; }
  // Head and tail; where something was cut, a line between them says how much.
  std::string text() &&;

 private:
  std::uint64_t cut() const;

  std::size_t half_;
  std::string head_;
  std::string tail_;  // up to two halves; the surplus in front counts as cut
  std::uint64_t dropped_ = 0;
};

}  // namespace orc::process
