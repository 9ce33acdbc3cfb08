// SPDX-License-Identifier: Apache-2.0
#include "process/capture.h"

#include <algorithm>

namespace orc::process {

void Capture::append(std::string_view bytes) {
  const std::size_t to_head = std::min(bytes.size(), half_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() > half_) {
    dropped_ += tail_.size() + (bytes.size() - half_);
    tail_.clear();
    bytes.remove_prefix(bytes.size() - half_);
  }
  tail_.append(bytes);
  // Trimming only at twice the size keeps the cost per byte constant.
  if (tail_.size() >= 2 * half_) {
    const std::size_t surplus = tail_.size() - half_;
    tail_.erase(0, surplus);
    dropped_ += surplus;
  }
}

std::uint64_t Capture::cut() const {
  return dropped_ + (tail_.size() > half_ ? tail_.size() - half_ : 0);
}

std::string Capture::text() && {
  const std::uint64_t missing = cut();
  if (missing == 0) return std::move(head_) + tail_;
  const std::string_view kept =
      std::string_view(tail_).substr(tail_.size() > half_ ? tail_.size() - half_ : 0);
  return std::move(head_) + "\n[... " + std::to_string(missing) + " bytes cut ...]\n" +
         std::string(kept);
}

}  // namespace orc::process
