// SPDX-License-Identifier: Apache-2.0
// Signals that this process has sent to end what it or a job of it had started, counted where they
// are sent. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace orc {

enum class KillReason : std::uint8_t {
  timeout,    // it ran past its limit, or was silent past it
  cancelled,  // somebody asked for its end
  leftover,   // it outlived the program that had started it
};
std::string_view to_string(KillReason reason);

// Words of a label each: "SIGTERM" and "timeout".
struct KillCount {
  std::string_view signal;
  std::string_view reason;
  std::int64_t count = 0;
};

// What was counted since the last call, without the zeros.
std::vector<KillCount> take_kill_counts();
// Every pair of words there is, at 0.
std::vector<KillCount> no_kills();
// The pair with these words, at 0; nothing if no table knows them.
std::optional<KillCount> find_kill(std::string_view signal, std::string_view reason);

void count_kill(int signal, KillReason reason);
// Those of another process, which has told them.
void add_kills(const std::vector<KillCount>& kills);

// One end of a tree of processes: a group that gets the same signal again is counted once.
class KilledGroups {
 public:
  explicit KilledGroups(KillReason reason) : reason_(reason) {}
  void add(int group, int signal) {
    if (known_.emplace(group, signal).second) count_kill(signal, reason_);
  }

 private:
  KillReason reason_;
  std::set<std::pair<int, int>> known_;
};

}  // namespace orc
