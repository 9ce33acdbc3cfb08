// SPDX-License-Identifier: Apache-2.0
// What did not pass its self-test is not used, and nobody judges in its place.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

ResolvedChain chain_of(const std::vector<std::string>& plugins) {
  ResolvedChain chain;
  for (const std::string& name : plugins)
    chain.links.push_back({.position = static_cast<int>(chain.links.size()), .plugin = name});
  return chain;
}

class TrustOf : public ::testing::Test {
 protected:
  TrustOf() {
    for (const char* const name : {"first", "tested", "last"}) {
      generation_.plugins[name].name = name;
      generation_.plugins[name].type = name;
      generation_.plugins[name].sha256 = std::string("hash of ") + name;
    }
  }
  static SelftestRound round_of(const std::string& sha256, bool passed) {
    return {
        .rows = {{.subject = "tested", .sha256 = sha256, .passed = passed, .text = "said pass"}},
        .loaded = {sha256}};
  }
  config::Generation generation_;
  Trust trust_{{"tested"}, {}};
};

TEST_F(TrustOf, APluginWithFixturesIsAwaitedUntilItWasTried) {
  const ResolvedChain chain = chain_of({"first", "tested", "last"});
  EXPECT_EQ(trust_.awaited(chain, generation_), "tested");
  EXPECT_FALSE(trust_.awaited(chain_of({"first", "last"}), generation_));
  trust_.take(round_of("hash of tested", true));
  EXPECT_FALSE(trust_.awaited(chain, generation_));
}

TEST_F(TrustOf, AnotherLibraryIsTriedAnew) {
  trust_.take(round_of("hash of an older one", true));
  EXPECT_TRUE(trust_.awaited(chain_of({"tested"}), generation_));
}

TEST_F(TrustOf, ALibraryThatIsNotLoadedAnyMoreIsForgotten) {
  trust_.take(round_of("hash of an older one", false));
  trust_.take(round_of("hash of tested", true));
  ASSERT_EQ(trust_.rows()->size(), 1u);
  EXPECT_TRUE(trust_.rows()->front().passed);
}

TEST_F(TrustOf, ALinkThatFailedIsPassedOverWithTheReason) {
  trust_.take(round_of("hash of tested", false));
  ResolvedChain chain = chain_of({"first", "tested", "last"});
  trust_.pass_over(chain, generation_);
  ASSERT_EQ(chain.links.size(), 2u);
  EXPECT_EQ(chain.links[0].plugin, "first");
  EXPECT_EQ(chain.links[1].plugin, "last");
  ASSERT_EQ(chain.skipped.size(), 1u);
  EXPECT_EQ(chain.skipped[0].reason, "selftest");
  EXPECT_EQ(chain.skipped[0].text, "failed its self-test: said pass");
}

TEST_F(TrustOf, AGateThatFailedBeforeTheStartIsKnownFromTheStart) {
  const Trust trust({}, {{.subject = "check_tests_passed", .text = "said pass"}});
  EXPECT_EQ(trust.against_gate("check_tests_passed"),
            "check_tests_passed failed its self-test: said pass");
  EXPECT_FALSE(trust.against_gate("check_ci_green"));
  EXPECT_EQ(trust.rows()->size(), 1u);
}

TEST(Distrusted, GatesHoldWhateverTheVerdictSaysAndOneAlertNamesThem) {
  EngineHarness host;
  host.engine().use_selftests(
      {.rows = {{.subject = "check_tests_passed", .text = "the case \"red\" says pass"}},
       .loaded = {}});
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.stage, Stage::testing);
  EXPECT_EQ(task.hold->hold, HoldClass::environment);
  EXPECT_NE(task.hold->reason.find("check_tests_passed failed its self-test"), std::string::npos);
  const auto alerts = host.reader().open_alerts().value();
  EXPECT_TRUE(std::any_of(alerts.begin(), alerts.end(), [](const Alert& alert) {
    return alert.condition == "selftest:check_tests_passed";
  }));
}

TEST(Distrusted, AProducerIsPassedOverAndATaskWithoutAnotherOneIsHeld) {
  EngineHarness host([](config::Generation& generation) {
    generation.plugins["fake"].sha256 = "hash";
  });
  host.engine().use_selftests(
      {.rows = {{.subject = "fake", .sha256 = "hash", .text = "the case \"red\" says pass"}},
       .loaded = {"hash"}});
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(task.hold->hold, HoldClass::no_producer);
  EXPECT_NE(task.hold->reason.find("failed its self-test: the case"), std::string::npos)
      << task.hold->reason;
  EXPECT_EQ(host.reader().open_alerts().value().size(), 2u) << "the task's, and the plugin's";
}

TEST(Untried, AJobWaitsUntilItsPluginWasTriedAndThenGoesOn) {
  EngineHarness host(
      [](config::Generation& generation) {
        generation.plugins["fake"].type = "fake";
        generation.plugins["fake"].sha256 = "hash";
      },
      Trust{{"fake"}, {}});
  host.submit("T-1", Stage::testing);
  const Task task = host.wait_for("T-1", [&host](const Task& seen) {
    const auto job = host.reader().live_job(seen.id).value();
    return job && job->reason == k_waits_for_selftest;
  });
  const auto waiting = host.reader().live_job(task.id).value();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->reason, k_waits_for_selftest);
  EXPECT_TRUE(host.launcher().launched().empty());
  host.engine().use_selftests({.rows = {{.subject = "fake", .sha256 = "hash", .passed = true}},
                               .loaded = {"hash"}});
  host.wait_for("T-1", [](const Task& seen) { return seen.stage != Stage::testing; });
  EXPECT_FALSE(host.launcher().launched().empty());
}

}  // namespace
}  // namespace orc::engine::test
