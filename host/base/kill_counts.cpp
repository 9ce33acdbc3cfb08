// SPDX-License-Identifier: Apache-2.0
#include "base/kill_counts.h"

#include <array>
#include <atomic>
#include <csignal>

namespace orc {

namespace {

struct SignalWord {
  int number;
  std::string_view word;
};
// What a program may be asked to end with is its plugin's choice.
constexpr std::array k_signals{SignalWord{SIGTERM, "SIGTERM"}, SignalWord{SIGKILL, "SIGKILL"},
                               SignalWord{SIGINT, "SIGINT"}, SignalWord{SIGHUP, "SIGHUP"},
                               SignalWord{0, "other"}};
constexpr std::array k_reasons{KillReason::timeout, KillReason::cancelled, KillReason::leftover};

using Counts =
    std::array<std::array<std::atomic<std::int64_t>, k_reasons.size()>, k_signals.size()>;
Counts g_counts{};
std::atomic<bool> g_any{false};

std::size_t row_of(int signal) {
  std::size_t row = 0;
  while (row + 1 < k_signals.size() && k_signals[row].number != signal) ++row;
  return row;
}

}  // namespace

std::string_view to_string(KillReason reason) {
  switch (reason) {
    case KillReason::timeout:
      return "timeout";
    case KillReason::cancelled:
      return "cancelled";
    case KillReason::leftover:
      return "leftover";
  }
  return "leftover";
}

void count_kill(int signal, KillReason reason) {
  g_counts[row_of(signal)][static_cast<std::size_t>(reason)].fetch_add(1);
  g_any = true;
}

void add_kills(const std::vector<KillCount>& kills) {
  for (const KillCount& kill : kills) {
    for (std::size_t row = 0; row < k_signals.size(); ++row) {
      for (const KillReason reason : k_reasons) {
        if (k_signals[row].word != kill.signal || to_string(reason) != kill.reason) continue;
        g_counts[row][static_cast<std::size_t>(reason)].fetch_add(kill.count);
        g_any = true;
      }
    }
  }
}

std::vector<KillCount> no_kills() {
  std::vector<KillCount> all;
  for (const SignalWord& signal : k_signals) {
    for (const KillReason reason : k_reasons) all.push_back({signal.word, to_string(reason), 0});
  }
  return all;
}

std::optional<KillCount> find_kill(std::string_view signal, std::string_view reason) {
  for (const KillCount& known : no_kills()) {
    if (known.signal == signal && known.reason == reason) return known;
  }
  return std::nullopt;
}

std::vector<KillCount> take_kill_counts() {
  if (!g_any.exchange(false)) return {};
  std::vector<KillCount> taken;
  for (std::size_t row = 0; row < k_signals.size(); ++row) {
    for (const KillReason reason : k_reasons) {
      const std::int64_t count = g_counts[row][static_cast<std::size_t>(reason)].exchange(0);
      if (count > 0) taken.push_back({k_signals[row].word, to_string(reason), count});
    }
  }
  return taken;
}

}  // namespace orc
