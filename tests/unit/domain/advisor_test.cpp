// SPDX-License-Identifier: Apache-2.0
#include "domain/advisor.h"

#include <gtest/gtest.h>

namespace orc {
namespace {

ShadowCount alike(const char* decided, const char* verdict, std::int64_t count) {
  return {.stage = Stage::testing,
          .shadow = "test-runner",
          .decider = "llm-spawner",
          .decided = decided,
          .outcome = "verdict",
          .verdict = verdict,
          .count = count,
          .shadow_ms = 2'000 * count,
          .decider_ms = 60'000 * count,
          .cost_usd = 0.25 * static_cast<double>(count),
          .costs_known = count};
}

TEST(Wilson, IsTheKnownInterval) {
  EXPECT_EQ(wilson(0, 0).low, 0.0);
  EXPECT_EQ(wilson(0, 0).high, 1.0);
  // 8 of 10, computed by hand: 0.4902 … 0.9433.
  EXPECT_NEAR(wilson(8, 10).low, 0.4902, 0.0005);
  EXPECT_NEAR(wilson(8, 10).high, 0.9433, 0.0005);
  EXPECT_NEAR(wilson(0, 30).high, 0.1135, 0.0005);
  EXPECT_EQ(wilson(30, 30).high, 1.0);
}

TEST(Advise, NamesARoleOnceThereIsEnoughAgreement) {
  const auto all = advise({alike("PASS", "PASS", 25), alike("FAIL", "FAIL", 10)});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].advice, Advice::determinize);
  EXPECT_EQ(all[0].role, Role::tester);
  EXPECT_EQ(all[0].compared, 35);
  EXPECT_EQ(all[0].agreed, 35);
  EXPECT_EQ(all[0].shadow_ms_each, 2'000);
  EXPECT_EQ(all[0].decider_ms_each, 60'000);
  EXPECT_DOUBLE_EQ(*all[0].cost_usd_each, 0.25);
}

TEST(Advise, AsksForMoreEvidenceBeforeThat) {
  EXPECT_EQ(advise({alike("PASS", "PASS", k_least_compared - 1)})[0].advice, Advice::more_evidence);
}

TEST(Advise, NeverNamesAShadowThatWouldHaveLetSomethingThrough) {
  for (const char* const rejected : {"FAIL", "BLOCKED"}) {
    const auto all = advise({alike("PASS", "PASS", 10'000), alike(rejected, "PASS", 1)});
    EXPECT_EQ(all[0].unsafe, 1);
    EXPECT_EQ(all[0].advice, Advice::look_at_these);
  }
}

TEST(Advise, CountsTheStricterOneApart) {
  const auto all = advise({alike("PASS", "PASS", 30), alike("PASS", "FAIL", 10)});
  EXPECT_EQ(all[0].unsafe, 0);
  EXPECT_EQ(all[0].stricter, 10);
  EXPECT_EQ(all[0].advice, Advice::disagrees);
}

TEST(Advise, TakesNoRunWithoutAVerdictForAgreement) {
  ShadowCount held = alike("PASS", "", 100);
  held.outcome = "held";
  const auto all = advise({held, alike("PASS", "PASS", 5)});
  EXPECT_EQ(all[0].runs, 105);
  EXPECT_EQ(all[0].compared, 5);
  EXPECT_EQ(all[0].without_verdict.at("held"), 100);
  EXPECT_EQ(all[0].advice, Advice::more_evidence);
}

TEST(Advise, DoesNotTakeAnUnknownTokenForAgreement) {
  const auto all = advise({alike("", "", 40)});
  EXPECT_EQ(all[0].agreed, 0);
  EXPECT_NE(all[0].advice, Advice::determinize);
}

TEST(Advise, PutsWhatCouldBeDoneNextFirst) {
  ShadowCount dear = alike("SUCCESS", "SUCCESS", 5);
  dear.stage = Stage::deploy_staging;
  dear.shadow = "staging-runner";
  dear.cost_usd = 1000;
  const auto all = advise({dear, alike("PASS", "PASS", 40)});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].shadow, "test-runner");
  EXPECT_EQ(all[1].role, Role::deployer);
}

}  // namespace
}  // namespace orc
