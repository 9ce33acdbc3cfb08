// SPDX-License-Identifier: Apache-2.0
#include "engine/provider_gate.h"

#include <gtest/gtest.h>

namespace orc::engine {
namespace {

using Kind = ProviderGate::Admission::Kind;

class Gate : public testing::Test {
 protected:
  ProviderGate::Change ended(std::int64_t job, const std::string& result, Millis retry_after = {}) {
    return gate.note({.plugin = "llm",
                      .model = "m",
                      .job = JobId{job},
                      .task = TaskId{job},
                      .result = result,
                      .text = result,
                      .retry_after = retry_after},
                     now);
  }
  ProviderGate::Admission ask(std::int64_t job, const std::string& model = "m") {
    return gate.ask("llm", model, TaskId{job}, now, [this](TaskId id) { return alive == id; });
  }

  ProviderGate gate;
  WallTime now{1'700'000'000'000};
  TaskId alive{0};
};

TEST_F(Gate, IsOpenUntilSomethingIsKnown) {
  EXPECT_EQ(ask(1).kind, Kind::open);
  ended(1, "killed");
  ended(1, "timeout");
  ended(1, "no such word");
  EXPECT_EQ(ask(2).kind, Kind::open);
}

TEST_F(Gate, ClosesAtOnceForTheTimeThatARateLimitNames) {
  const auto change = ended(1, "rate_limit", std::chrono::minutes(5));
  ASSERT_EQ(change.closed.size(), 1U);
  EXPECT_FALSE(change.wants_alert);
  EXPECT_TRUE(change.keep_until);
  EXPECT_EQ(ask(2).kind, Kind::wait);
  EXPECT_EQ(ask(2).until, now + std::chrono::minutes(5));
  now = now + std::chrono::minutes(5);
  EXPECT_EQ(ask(2).kind, Kind::trial);
}

TEST_F(Gate, LetsOneJobTryAndTheOthersWait) {
  ended(1, "rate_limit");
  now = now + std::chrono::minutes(2);
  EXPECT_EQ(ask(2).kind, Kind::trial);
  alive = TaskId{2};
  EXPECT_EQ(ask(3).kind, Kind::wait);
  const auto change = ended(2, "ok");
  EXPECT_EQ(change.opened.size(), 1U);
  EXPECT_TRUE(change.recalls);
  EXPECT_EQ(ask(3).kind, Kind::open);
}

TEST_F(Gate, GivesTheTrialOnWhenItToldNothing) {
  ended(1, "rate_limit");
  now = now + std::chrono::minutes(2);
  EXPECT_EQ(ask(2).kind, Kind::trial);
  alive = TaskId{2};
  EXPECT_TRUE(ended(2, "timeout").recalls);
  EXPECT_EQ(ask(3).kind, Kind::trial);
  alive = TaskId{0};  // cancelled before it ran
  EXPECT_EQ(ask(4).kind, Kind::trial);
}

TEST_F(Gate, WaitsTwiceAsLongAfterEachFailedTrialAndThenStaysShut) {
  ended(1, "rate_limit");
  Millis last{0};
  for (int trial = 1; trial <= 12; ++trial) {
    const auto pauses = gate.pauses();
    ASSERT_TRUE(pauses.at(0).trial_at) << trial;
    const Millis wait = *pauses.at(0).trial_at - now;
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, std::chrono::hours(1));
    last = wait;
    now = *pauses.at(0).trial_at;
    ASSERT_EQ(ask(100 + trial).kind, Kind::trial);
    EXPECT_EQ(ended(100 + trial, "rate_limit").wants_alert, trial >= 2);
  }
  EXPECT_FALSE(gate.pauses().at(0).trial_at);
}

TEST_F(Gate, BreaksAfterFiveFailuresInAQuarterOfAnHour) {
  for (int job = 1; job <= 4; ++job) {
    const auto change = ended(job, "overload");
    EXPECT_TRUE(change.closed.empty());
    EXPECT_TRUE(change.keep_until) << "no task pays for it";
    now = now + std::chrono::minutes(1);
  }
  EXPECT_EQ(ask(9).kind, Kind::open);
  const auto change = ended(5, "network");
  EXPECT_EQ(change.closed.size(), 1U);
  EXPECT_TRUE(change.wants_alert);
  EXPECT_EQ(ask(9).kind, Kind::wait);
}

TEST_F(Gate, ForgetsFailuresThatLieApart) {
  for (int job = 1; job <= 10; ++job) {
    EXPECT_TRUE(ended(job, "overload").closed.empty());
    now = now + std::chrono::minutes(4);
  }
}

TEST_F(Gate, CountsTheSameEndOnce) {
  for (int again = 0; again < 10; ++again) EXPECT_TRUE(ended(1, "overload").closed.empty());
}

TEST_F(Gate, StaysShutForCredentialsUntilSomebodySaysSo) {
  const auto change = ended(1, "auth");
  EXPECT_TRUE(change.wants_alert);
  now = now + std::chrono::hours(1000);
  EXPECT_EQ(ask(2).kind, Kind::wait);
  EXPECT_EQ(ask(2).until, std::nullopt);
  EXPECT_TRUE(gate.try_now("other", now).closed.empty());
  EXPECT_EQ(gate.try_now("llm", now).closed.size(), 1U);
  EXPECT_EQ(ask(2).kind, Kind::trial);
}

TEST_F(Gate, KeepsOneModelApartFromTheOthers) {
  ended(1, "model_unavailable");
  EXPECT_EQ(ask(2, "m").kind, Kind::wait);
  EXPECT_EQ(ask(2, "other").kind, Kind::open);
}

// A task that nobody else's provider refuses pays from its own budget, or it would come back for
// ever.
TEST_F(Gate, LeavesATaskThatFailsAloneToItsOwnBudget) {
  ended(1, "overload");
  now = now + std::chrono::seconds(1);
  ended(2, "ok");
  now = now + std::chrono::seconds(1);
  const auto change = ended(1, "overload");
  EXPECT_FALSE(change.keep_until);
  EXPECT_TRUE(change.closed.empty());
}

TEST_F(Gate, KnowsAfterARestartWhatWasStored) {
  const auto pauses = [&] {
    ended(1, "auth");
    return gate.pauses();
  }();
  ProviderGate next;
  next.load(pauses);
  EXPECT_EQ(next.ask("llm", "m", TaskId{2}, now, [](TaskId) { return false; }).kind, Kind::wait);
  next.load({});
  EXPECT_EQ(next.ask("llm", "m", TaskId{2}, now, [](TaskId) { return false; }).kind, Kind::open);
}

}  // namespace
}  // namespace orc::engine
