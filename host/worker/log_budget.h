// SPDX-License-Identifier: Apache-2.0
// How much a plugin may write to the job's log: 1,000 lines at once, 200 a second after that, 16
// MiB in all.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/time.h"

namespace orc::worker {

class LogBudget {
 public:
  enum class Answer : unsigned char { write, write_last, drop };

  // `write_last`: the first line beyond the budget; says so in the log, once per drought.
  Answer take(std::size_t bytes, MonoTime now) {
    constexpr double k_burst = 1000;
    constexpr double k_per_second = 200;
    constexpr std::size_t k_most_bytes = 16 << 20;
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    lines_ = std::min(k_burst, lines_ + passed.count() * k_per_second);
    const bool fits = lines_ >= 1 && bytes <= k_most_bytes - bytes_;
    if (!fits) {
      const bool first = !dry_;
      dry_ = true;
      return first ? Answer::write_last : Answer::drop;
    }
    dry_ = false;
    lines_ -= 1;
    bytes_ += bytes;
    return Answer::write;
  }

 private:
  double lines_ = 1000;
  std::size_t bytes_ = 0;
  bool dry_ = false;
  MonoTime last_ = mono_now();
};

}  // namespace orc::worker
