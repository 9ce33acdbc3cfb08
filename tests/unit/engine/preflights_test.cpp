// SPDX-License-Identifier: Apache-2.0
// What preflights change: alerts and the holds they explain, and nothing else.
#include <gtest/gtest.h>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

using config::PreflightRound;
using config::PreflightRow;
using config::PreflightState;

class PreflightRounds : public ::testing::Test {
 protected:
  void tell(PreflightState state, const std::string& repo = "", bool complete = true,
            const std::string& plugin = "fake") {
    const WallTime now = wall_now();
    PreflightRound round{.complete = complete, .began = now + Millis{1}, .ended = now, .rows = {}};
    round.rows.push_back({.plugin = plugin, .repo = repo, .state = state, .text = "no pytest"});
    host_.engine().use_preflights(std::move(round));
  }
  void tell_nothing() {
    host_.engine().use_preflights({.complete = true, .began = wall_now(), .ended = wall_now()});
  }
  // Every happening before this one has been handled once it is answered.
  void settle() { host_.ask(Resume{"settle"}); }
  std::vector<std::string> open_alerts() {
    settle();
    std::vector<std::string> conditions;
    const auto alerts = host_.reader().open_alerts();
    for (const Alert& alert : alerts.value()) {
      if (!alert.task.value) conditions.push_back(alert.condition);
    }
    return conditions;
  }
  Task hold(const std::string& work_item, ReasonCode reason = ReasonCode::tool_missing) {
    host_.launcher().script(Stage::testing, {.outcome = Held{reason, "no pytest"}});
    host_.submit(work_item, Stage::testing);
    return host_.wait_for_state(work_item, TaskState::held);
  }
  TaskState state_of(const std::string& work_item) {
    settle();
    return host_.reader().task(work_item).value()->state;
  }

  EngineHarness host_;
};

TEST_F(PreflightRounds, RaiseOneAlertHoweverOftenTheyFail) {
  tell(PreflightState::failed);
  tell(PreflightState::failed);
  EXPECT_EQ(open_alerts(), std::vector<std::string>{"preflight:fake"});
  const StatusPtr status = host_.engine().status();
  ASSERT_EQ(status->preflights.size(), 1U);
  EXPECT_EQ(status->preflights[0].row.state, PreflightState::failed);
  EXPECT_EQ(status->preflights[0].row.text, "no pytest");
  tell(PreflightState::passed);
  EXPECT_TRUE(open_alerts().empty());
}

TEST_F(PreflightRounds, ReleaseTheHoldTheyExplainOnceTheyPassAgain) {
  hold("T-1");
  tell(PreflightState::failed);
  EXPECT_EQ(state_of("T-1"), TaskState::held);
  tell(PreflightState::passed);
  EXPECT_EQ(host_.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
}

TEST_F(PreflightRounds, ReleaseItAlsoWhenTheHostWasRestartedInBetween) {
  hold("T-1");
  tell(PreflightState::failed);
  settle();
  host_.restart();
  tell(PreflightState::passed);
  EXPECT_EQ(host_.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
}

TEST_F(PreflightRounds, ReleaseNothingThatTheyHaveNeverSeenFail) {
  hold("T-1");
  tell(PreflightState::passed);
  tell(PreflightState::unknown);
  tell(PreflightState::passed);
  EXPECT_EQ(state_of("T-1"), TaskState::held);
}

TEST_F(PreflightRounds, ReleaseNeitherOtherClassesNorOtherPluginsNorOtherRepositories) {
  hold("T-1", ReasonCode::contract_broken);
  tell(PreflightState::failed);
  tell(PreflightState::passed);
  EXPECT_EQ(state_of("T-1"), TaskState::held);
  hold("T-2");
  tell(PreflightState::failed, "", true, "other");
  tell(PreflightState::passed, "", true, "other");
  EXPECT_EQ(state_of("T-2"), TaskState::held);
  tell(PreflightState::failed, "elsewhere");
  tell(PreflightState::passed, "elsewhere");
  EXPECT_EQ(state_of("T-2"), TaskState::held);
}

TEST_F(PreflightRounds, ForgetWhatIsNotConfiguredAnyMoreWithoutReleasingAnything) {
  hold("T-1");
  tell(PreflightState::failed);
  tell_nothing();
  EXPECT_TRUE(open_alerts().empty());
  EXPECT_EQ(state_of("T-1"), TaskState::held);
  EXPECT_TRUE(host_.engine().status()->preflights.empty());
}

TEST_F(PreflightRounds, RememberARepositoryWhileItsPluginGivesNoAnswer) {
  tell(PreflightState::failed, "shop");
  tell(PreflightState::unknown);
  EXPECT_EQ(open_alerts(), std::vector<std::string>{"preflight:fake:shop"});
}

}  // namespace
}  // namespace orc::engine::test
