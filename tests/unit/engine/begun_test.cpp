// SPDX-License-Identifier: Apache-2.0
// Nobody deploys beside a deploy that is under way.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "engine_harness.h"

namespace orc::engine::test {
namespace {

// A chain of two, as deploy-finalizer with the LLM behind it.
void two_deployers(config::Generation& generation) {
  generation.config.plugins["second"] = generation.config.plugins["fake"];
  generation.config.plugins["second"].name = "second";
  generation.plugins["second"] = generation.plugins["fake"];
  generation.plugins["second"].name = "second";
  generation.config.stages[Stage::deploy].producers = {"fake", "second"};
}

class Begun : public ::testing::Test {
 protected:
  // Confirmed, and the first attempt has come back with this.
  void deploy(ReasonCode reason) {
    host.launcher().script(Stage::deploy, {.outcome = Deferred{.reason = reason,
                                                               .text = "not yet",
                                                               .retry_after = Millis{300},
                                                               .resume_token = "deploy-1"}});
    host.submit("T-1", Stage::deploy);
    host.wait_for_state("T-1", TaskState::waiting_human);
    ASSERT_EQ(host.ask(Approve{"T-1", "go"}).kind, Answer::Kind::done);
    host.wait_for("T-1", [&](const Task&) { return !asked().empty(); });
  }
  // Who was asked, attempt by attempt.
  std::vector<std::string> asked() {
    std::vector<std::string> attempts;
    for (const jobs::JobRequest& request : host.launcher().launched()) {
      attempts.emplace_back();
      for (const jobs::RequestLink& link : request.chain) attempts.back() += link.plugin + " ";
    }
    return attempts;
  }
  EngineHarness host{two_deployers};
};

TEST_F(Begun, IsGoneOnWithByWhoeverBeganIt) {
  deploy(ReasonCode::in_progress);
  host.wait_for_state("T-1", TaskState::done);
  EXPECT_EQ(asked(), (std::vector<std::string>{"fake second ", "fake "}));
}

TEST_F(Begun, IsHeldWhereItsProducerWasSwitchedOffMeanwhile) {
  deploy(ReasonCode::in_progress);
  ASSERT_EQ(host.ask(KillPlugin{"fake", "enough", "", std::nullopt}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::held).hold->hold, HoldClass::no_producer);
  EXPECT_EQ(asked(), std::vector<std::string>{"fake second "}) << "the second was never asked";
}

// A lease that somebody holds is waited for, and the wait writes its own reason.
TEST_F(Begun, IsNotForgottenWhileItWaitsForALease) {
  deploy(ReasonCode::in_progress);
  ASSERT_EQ(host.ask(Drain{"a wait"}).kind, Answer::Kind::done);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(host.database().c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);
  EXPECT_EQ(sqlite3_exec(database, "UPDATE jobs SET reason='lease_held' WHERE state='queued'",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  ASSERT_EQ(host.ask(Resume{"go on"}).kind, Answer::Kind::done);
  host.wait_for_state("T-1", TaskState::done);
  EXPECT_EQ(asked(), (std::vector<std::string>{"fake second ", "fake "}));
}

TEST_F(Begun, AsksTheChainAnewWhereNothingHasBegun) {
  deploy(ReasonCode::network);
  host.wait_for_state("T-1", TaskState::done);
  EXPECT_EQ(asked(), (std::vector<std::string>{"fake second ", "fake second "}));
}

}  // namespace
}  // namespace orc::engine::test
