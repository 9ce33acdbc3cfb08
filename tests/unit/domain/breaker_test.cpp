// SPDX-License-Identifier: Apache-2.0
#include "domain/breaker.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

constexpr BreakerLimits k_limits{
    .faults = 3, .window = Millis{1000}, .canary_after = Millis{100}};

Breaker after_faults(std::initializer_list<std::int64_t> times) {
  Breaker breaker{.producer = "staging-runner", .reason = ReasonCode::network};
  for (const std::int64_t at : times) breaker = after_fault(breaker, k_limits, WallTime{at});
  return breaker;
}

TEST(Breaker, OpensWithSoManyFaultsWithinTheWindow) {
  EXPECT_FALSE(after_faults({0, 10}).open);
  const Breaker open = after_faults({0, 10, 20});
  EXPECT_TRUE(open.open);
  EXPECT_EQ(open.next_try, WallTime{120});
  EXPECT_EQ(to_words(open), "staging-runner: 3 times network");
}

TEST(Breaker, ForgetsWhatIsFurtherBackThanTheWindow) {
  EXPECT_FALSE(after_faults({0, 500, 1011}).open);
  EXPECT_TRUE(after_faults({0, 500, 1011, 1012}).open);
}

TEST(Breaker, WaitsTwiceAsLongAfterEveryCanaryButNeverLongerThanAnHour) {
  Breaker breaker = after_faults({0, 1, 2});
  breaker = after_canary(breaker, WallTime{200});
  EXPECT_EQ(breaker.next_try, WallTime{400});
  for (int i = 0; i < 40; ++i) breaker = after_canary(breaker, WallTime{0});
  EXPECT_EQ(breaker.next_try, WallTime{3'600'000});
}

TEST(Breaker, AFaultWhileItIsOpenPutsTheNextTryOff) {
  Breaker breaker = after_faults({0, 1, 2});
  const WallTime before = breaker.next_try;
  breaker = after_fault(breaker, k_limits, WallTime{before.ms + 5000});
  EXPECT_TRUE(breaker.open);
  EXPECT_GT(breaker.next_try, WallTime{before.ms + 5000});
}

TEST(Breaker, CountsAnewOnceItWasClosed) {
  Breaker breaker = closed(after_faults({0, 1, 2}), WallTime{3});
  EXPECT_FALSE(breaker.open);
  breaker = after_fault(after_fault(breaker, k_limits, WallTime{4}), k_limits, WallTime{5});
  EXPECT_FALSE(breaker.open);
}

TEST(Breaker, NeverOpensAtALimitOfZero) {
  Breaker breaker;
  for (int i = 0; i < 50; ++i) breaker = after_fault(breaker, {.faults = 0}, WallTime{i});
  EXPECT_FALSE(breaker.open);
}

TEST(Breaker, CountsFaultsOfTheSurroundingsAlone) {
  for (const ReasonCode counted : {ReasonCode::timeout, ReasonCode::network, ReasonCode::resource,
                                   ReasonCode::busy, ReasonCode::tool_missing,
                                   ReasonCode::credentials})
    EXPECT_TRUE(is_class_of_faults(counted)) << to_string(counted);
  for (const ReasonCode free : {ReasonCode::none, ReasonCode::cancelled, ReasonCode::in_progress,
                                ReasonCode::unknown, ReasonCode::contract_broken})
    EXPECT_FALSE(is_class_of_faults(free)) << to_string(free);
}

}  // namespace
}  // namespace orc
