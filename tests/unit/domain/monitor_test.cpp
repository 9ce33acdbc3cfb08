// SPDX-License-Identifier: Apache-2.0
#include "domain/monitor.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

Sample answers(double latency_ms, std::optional<double> error_rate = std::nullopt) {
  return {.health = Health::healthy,
          .latency_ms = latency_ms,
          .error_rate = error_rate,
          .text = "answers"};
}
const Sample k_down{.health = Health::unhealthy, .text = "refused"};
const Sample k_unseen{.health = Health::unknown, .text = "no curl"};

MonitorState state_of(const std::vector<Sample>& samples, bool window_over = false) {
  return judge({}, samples, {.failures = 3}, window_over).state;
}

TEST(PostDeployMonitor, IsDegradedByEnoughBadSamplesInARow) {
  EXPECT_EQ(state_of({k_down, k_down}), MonitorState::watching);
  EXPECT_EQ(state_of({k_down, k_down, k_down}), MonitorState::degraded);
  EXPECT_EQ(state_of({k_down, k_down, answers(1), k_down, k_down}), MonitorState::watching);
  EXPECT_EQ(judge({}, {k_down, k_down, k_down}, {.failures = 3}, false).text,
            "3 bad samples in a row; last: refused");
}

TEST(PostDeployMonitor, NeverCountsWhatItCouldNotSeeAsBadOrAsGood) {
  EXPECT_EQ(state_of({k_unseen, k_unseen, k_unseen, k_unseen}), MonitorState::watching);
  EXPECT_EQ(state_of({k_down, k_unseen, k_down, k_unseen, k_down}), MonitorState::degraded);
}

TEST(PostDeployMonitor, IsHealthyOnlyIfItSawEnough) {
  EXPECT_EQ(state_of({answers(1), answers(1), answers(1)}, true), MonitorState::healthy);
  EXPECT_EQ(state_of({answers(1), k_unseen, k_unseen, k_unseen}, true), MonitorState::unobserved);
  EXPECT_EQ(state_of({}, true), MonitorState::unobserved);
}

TEST(PostDeployMonitor, ComparesLatencyWithTheTighterOfBothLimits) {
  const std::vector<Sample> baseline{answers(90), answers(100), answers(5000)};
  const Thresholds limits{.failures = 1, .max_latency = Millis{250}, .latency_increase = 200};
  EXPECT_EQ(what_is_bad(answers(250), baseline, limits), std::nullopt);
  EXPECT_EQ(what_is_bad(answers(251), baseline, limits).value_or(""),
            "latency 251 ms, the limit is 250 ms (max_latency)");
  const Thresholds relative{.failures = 1, .latency_increase = 100};
  EXPECT_EQ(what_is_bad(answers(200), baseline, relative), std::nullopt);
  EXPECT_EQ(what_is_bad(answers(200.5), baseline, relative).value_or(""),
            "latency 200.5 ms, the limit is 200 ms (latency_increase over 100 ms before)");
  EXPECT_EQ(what_is_bad(answers(9000), {}, relative), std::nullopt) << "nothing to compare with";
}

TEST(PostDeployMonitor, ComparesTheErrorRateWithTheBaseline) {
  const std::vector<Sample> baseline{answers(1, 2.0), answers(1, 2.0), k_down};
  const Thresholds limits{.failures = 1, .max_error_rate = 20, .error_rate_increase = 3};
  EXPECT_EQ(what_is_bad(answers(1, 5.0), baseline, limits), std::nullopt);
  EXPECT_EQ(what_is_bad(answers(1, 5.1), baseline, limits).value_or(""),
            "error rate 5.1 %, the limit is 5 % (error_rate_increase over 2 % before)");
  EXPECT_EQ(what_is_bad(answers(1, 19.0), {}, limits), std::nullopt);
  EXPECT_TRUE(what_is_bad(answers(1, 21.0), {}, limits));
  EXPECT_EQ(what_is_bad(answers(1), baseline, limits), std::nullopt) << "it was not told";
}

TEST(PostDeployMonitor, ReadsItsWordsBack) {
  EXPECT_EQ(parse_monitor_state(to_string(MonitorState::superseded)), MonitorState::superseded);
  EXPECT_EQ(parse_rollback_state(to_string(RollbackState::not_run)), RollbackState::not_run);
  EXPECT_EQ(parse_health(to_string(Health::unknown)), Health::unknown);
  EXPECT_EQ(parse_health("fine"), std::nullopt);
}

}  // namespace
}  // namespace orc
