// SPDX-License-Identifier: Apache-2.0
#include "domain/monitor.h"

#include <algorithm>
#include <cmath>

#include "base/enum_names.h"

namespace orc {

namespace {

constexpr EnumNames<Health, 3> k_healths{
    {{Health::healthy, "healthy"}, {Health::unhealthy, "unhealthy"}, {Health::unknown, "unknown"}}};
constexpr EnumNames<MonitorState, 7> k_states{{{MonitorState::baseline, "baseline"},
                                               {MonitorState::watching, "watching"},
                                               {MonitorState::healthy, "healthy"},
                                               {MonitorState::degraded, "degraded"},
                                               {MonitorState::unobserved, "unobserved"},
                                               {MonitorState::superseded, "superseded"},
                                               {MonitorState::abandoned, "abandoned"}}};
constexpr EnumNames<RollbackState, 6> k_rollbacks{{{RollbackState::none, "none"},
                                                   {RollbackState::intended, "intended"},
                                                   {RollbackState::succeeded, "succeeded"},
                                                   {RollbackState::failed, "failed"},
                                                   {RollbackState::unknown, "unknown"},
                                                   {RollbackState::not_run, "not_run"}}};

using Measure = std::optional<double> Sample::*;

std::optional<double> median(const std::vector<Sample>& samples, Measure measure) {
  std::vector<double> values;
  for (const Sample& sample : samples) {
    if (sample.health == Health::healthy && sample.*measure) values.push_back(*(sample.*measure));
  }
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string rounded(double value) {
  const auto tenths = static_cast<long long>(std::llround(value * 10));
  const std::string whole = std::to_string(tenths / 10);
  return tenths % 10 == 0 ? whole : whole + "." + std::to_string(tenths % 10);
}

struct Limit {
  double value;
  std::string text;
};

// The tighter of the absolute limit and the one above the baseline.
std::optional<Limit> tighter(std::optional<Limit> one, std::optional<Limit> other) {
  if (!one) return other;
  return other && other->value < one->value ? other : one;
}

std::optional<Limit> latency_limit(const std::vector<Sample>& baseline, const Thresholds& limits) {
  std::optional<Limit> absolute;
  std::optional<Limit> relative;
  if (limits.max_latency) {
    absolute = {static_cast<double>(limits.max_latency->count()), "max_latency"};
  }
  const auto before = median(baseline, &Sample::latency_ms);
  if (limits.latency_increase && before) {
    relative = {*before * (100 + *limits.latency_increase) / 100,
                "latency_increase over " + rounded(*before) + " ms before"};
  }
  return tighter(absolute, relative);
}

std::optional<Limit> error_limit(const std::vector<Sample>& baseline, const Thresholds& limits) {
  std::optional<Limit> absolute;
  std::optional<Limit> relative;
  if (limits.max_error_rate) {
    absolute = {static_cast<double>(*limits.max_error_rate), "max_error_rate"};
  }
  const auto before = median(baseline, &Sample::error_rate);
  if (limits.error_rate_increase && before) {
    relative = {*before + *limits.error_rate_increase,
                "error_rate_increase over " + rounded(*before) + " % before"};
  }
  return tighter(absolute, relative);
}

std::optional<std::string> beyond(const std::optional<double>& value,
                                  const std::optional<Limit>& limit, const char* what,
                                  const char* unit) {
  if (!value || !limit || *value <= limit->value) return std::nullopt;
  return what + rounded(*value) + unit + ", the limit is " + rounded(limit->value) + unit + " (" +
         limit->text + ")";
}

}  // namespace

std::string_view to_string(Health health) {
  return name_in(k_healths, health);
}
std::optional<Health> parse_health(std::string_view text) {
  return value_in(k_healths, text);
}
std::string_view to_string(MonitorState state) {
  return name_in(k_states, state);
}
std::optional<MonitorState> parse_monitor_state(std::string_view text) {
  return value_in(k_states, text);
}
std::string_view to_string(RollbackState state) {
  return name_in(k_rollbacks, state);
}
std::optional<RollbackState> parse_rollback_state(std::string_view text) {
  return value_in(k_rollbacks, text);
}

std::optional<std::string> what_is_bad(const Sample& sample, const std::vector<Sample>& baseline,
                                       const Thresholds& thresholds) {
  switch (sample.health) {
    case Health::unknown:
      return std::nullopt;
    case Health::unhealthy:
      return sample.text;
    case Health::healthy:
      break;
  }
  const auto slow =
      beyond(sample.latency_ms, latency_limit(baseline, thresholds), "latency ", " ms");
  if (slow) return slow;
  return beyond(sample.error_rate, error_limit(baseline, thresholds), "error rate ", " %");
}

Judgement judge(const std::vector<Sample>& baseline, const std::vector<Sample>& samples,
                const Thresholds& thresholds, bool window_over) {
  int bad = 0;
  int asked = 0;
  for (const Sample& sample : samples) {
    if (sample.health == Health::unknown) continue;
    ++asked;
    const auto why = what_is_bad(sample, baseline, thresholds);
    bad = why ? bad + 1 : 0;
    if (bad < thresholds.failures) continue;
    return {MonitorState::degraded, std::to_string(bad) + " bad samples in a row; last: " + *why};
  }
  if (!window_over) return {MonitorState::watching, ""};
  if (asked < thresholds.failures) {
    return {MonitorState::unobserved,
            "only " + std::to_string(asked) + " of " + std::to_string(samples.size()) +
                " samples could ask the service" +
                (samples.empty() ? "" : "; last: " + samples.back().text)};
  }
  return {MonitorState::healthy, std::to_string(asked) + " samples"};
}

}  // namespace orc
