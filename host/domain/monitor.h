// SPDX-License-Identifier: Apache-2.0
// The post-deploy monitor: samples of a service before and after a deploy, and the one rule that
// says what they mean. Pure; any thread.
//
//   baseline ──deployed──▶ watching ──window over──▶ healthy | unobserved
//      │                      ├──bad samples──▶ degraded (alert; rollback at most once)
//      └──not deployed──▶ abandoned └──another deploy of the repository──▶ superseded
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace orc {

enum class Health : std::uint8_t {
  healthy,
  unhealthy,  // the service was asked and did not answer well, or not at all
  unknown,    // it could not be asked: says nothing about the service
};
std::string_view to_string(Health health);
std::optional<Health> parse_health(std::string_view text);

// What one sample saw.
struct Sample {
  Health health = Health::unknown;
  std::optional<double> latency_ms;
  std::optional<double> error_rate;  // percent
  std::string text;
  bool before_deploy = false;
  WallTime at;
};

enum class MonitorState : std::uint8_t {
  baseline,    // sampled before the deploy
  watching,    // deployed; the window is open
  healthy,     // the window is over, and nothing was wrong
  degraded,    // too many bad samples in a row
  unobserved,  // the window is over, and the service could not be asked often enough
  superseded,  // another deploy of the repository came in between
  abandoned,   // there was no successful deploy to watch
};
inline constexpr std::array k_monitor_states{
    MonitorState::baseline, MonitorState::watching,   MonitorState::healthy,  MonitorState::degraded,
    MonitorState::unobserved, MonitorState::superseded, MonitorState::abandoned};
std::string_view to_string(MonitorState state);
std::optional<MonitorState> parse_monitor_state(std::string_view text);

enum class RollbackState : std::uint8_t {
  none,
  intended,  // its command will run, or runs: never a second time
  succeeded,
  failed,
  unknown,  // it began, and nobody knows how it ended
  not_run,  // it could not be started
};
// Those of a monitor that has something to roll back.
inline constexpr std::array k_rollback_states{RollbackState::intended, RollbackState::succeeded,
                                              RollbackState::failed, RollbackState::unknown,
                                              RollbackState::not_run};
std::string_view to_string(RollbackState state);
std::optional<RollbackState> parse_rollback_state(std::string_view text);

struct Monitor {
  std::int64_t id = 0;
  TaskId task;
  std::string work_item;
  std::string repo;
  std::string commit;
  MonitorState state = MonitorState::baseline;
  std::string text;
  RollbackState rollback = RollbackState::none;
  std::string rollback_text;
  WallTime started_at;
  WallTime until;  // baseline: the deploy waits for it no longer; then the end of the window
  std::optional<WallTime> ended_at;
};

struct Thresholds {
  int failures = 3;  // bad samples in a row
  std::optional<Millis> max_latency;
  std::optional<int> latency_increase;     // percent above the median of the baseline
  std::optional<int> max_error_rate;       // percent
  std::optional<int> error_rate_increase;  // percentage points above the median of the baseline
};

// Why a sample is bad; nothing for a good one, and for one that says nothing.
std::optional<std::string> what_is_bad(const Sample& sample, const std::vector<Sample>& baseline,
                                       const Thresholds& thresholds);

struct Judgement {
  MonitorState state = MonitorState::watching;
  std::string text;
};
// `samples`: of the window, oldest first. Samples that say nothing neither count nor interrupt.
Judgement judge(const std::vector<Sample>& baseline, const std::vector<Sample>& samples,
                const Thresholds& thresholds, bool window_over);

}  // namespace orc
