// SPDX-License-Identifier: Apache-2.0
// A host that starts on what another one left: what it charges, what it repairs, what it holds, and
// that one bad row never stops the others.
#include <gtest/gtest.h>

#include "engine/reaper.h"
#include "engine_harness.h"
#include "unit/store/raw.h"

namespace orc::engine::test {
namespace {

using store::Raw;

constexpr const char* k_crashed = "UPDATE hosts SET stopped_at=NULL,start_ticks=start_ticks-1";
constexpr const char* k_running =
    "UPDATE jobs SET state='running',owner=(SELECT max(id) FROM hosts),started_at=1,"
    "deadline_at=9000000000000 WHERE state='queued'";

bool is_quarantined(const Task& task) {
  return task.hold && task.hold->hold == HoldClass::unknown &&
         task.hold->reason.starts_with("quarantined: ");
}

Reply waits() {
  return {.outcome = Deferred{.reason = ReasonCode::in_progress,
                              .text = "not yet",
                              .retry_after = Millis{3'600'000}}};
}

class Restart : public ::testing::Test {
 protected:
  // A task whose next attempt is queued for later.
  void begin(const std::string& work_item = "T-1", Stage stage = Stage::testing) {
    host.launcher().script(stage, waits());
    host.submit(work_item, stage);
    host.wait_for(work_item, [](const Task& task) { return task.rev > 2; });
  }
  void restart_after(const std::vector<std::string>& changes) {
    host.restart([&] {
      Raw raw(host.database());
      for (const std::string& change : changes) EXPECT_EQ(raw.run(change), "") << change;
    });
  }
  Task task(const std::string& work_item = "T-1") {
    return host.reader().task(work_item).value().value();
  }
  int count_events(const std::string& kind) {
    int count = 0;
    const auto events = host.reader().events(EventId{0}, TaskId{}, 1000).value();
    for (const Event& event : events) count += event.kind == kind ? 1 : 0;
    return count;
  }
  // Another task passes as if nothing had happened.
  void expect_others_go_on() {
    host.submit("T-99", Stage::review);
    EXPECT_EQ(host.wait_for_state("T-99", TaskState::waiting_human).stage, Stage::deploy);
  }

  EngineHarness host;
};

TEST_F(Restart, ChargesAnAttemptThatWasLostWithItsHostToTheBudgetForInfrastructure) {
  begin();
  restart_after({k_crashed, k_running});
  const Task after = host.wait_for("T-1", [](const Task& t) { return t.stage != Stage::testing; });
  EXPECT_NE(after.stage, Stage::testing) << "it ran again at once";
  EXPECT_EQ(after.code_fail, 0);
  EXPECT_EQ(count_events("job.lost"), 1);
}

TEST_F(Restart, HoldsATaskWhoseAttemptsEndTheHostEachTime) {
  begin();
  restart_after({k_crashed, k_running, "UPDATE tasks SET infra_fail=2"});
  const Task held = host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(held.hold->hold, HoldClass::infra_budget);
  EXPECT_EQ(held.stage, Stage::testing);
  EXPECT_EQ(held.code_fail, 0);
  expect_others_go_on();
}

TEST_F(Restart, ChargesNothingWhereTheHostStoppedAsAsked) {
  begin();
  restart_after({k_running});
  const Task after = host.wait_for("T-1", [](const Task& t) { return t.stage != Stage::testing; });
  EXPECT_NE(after.stage, Stage::testing) << "it ran again";
  EXPECT_EQ(count_events("job.lost"), 0);
}

TEST_F(Restart, QuarantinesAJobWhoseEndHasEndedThreeHosts) {
  begin();
  restart_after({k_crashed, k_running,
                 "INSERT INTO recoveries SELECT id,3 FROM jobs WHERE "
                 "state='running'"});
  const Task held = host.wait_for_state("T-1", TaskState::held);
  EXPECT_TRUE(is_quarantined(held));
  expect_others_go_on();
}

TEST_F(Restart, KeepsAnOperatorsDrain) {
  ASSERT_EQ(host.ask(Drain{"upgrade"}).kind, Answer::Kind::done);
  host.restart();
  EXPECT_TRUE(host.engine().status()->draining);
  EXPECT_EQ(host.submit("T-1").code, "draining");
  ASSERT_EQ(host.ask(Resume{""}).kind, Answer::Kind::done);
  host.restart();
  EXPECT_EQ(host.submit("T-1").kind, Answer::Kind::done);
}

// --- the reconciler's first look ---------------------------------------------------------------

TEST_F(Restart, GivesAnActiveTaskWithoutAJobANewOne) {
  begin();
  restart_after({"DELETE FROM jobs WHERE state='queued'"});
  const Task after = host.wait_for("T-1", [](const Task& t) { return t.stage != Stage::testing; });
  EXPECT_NE(after.stage, Stage::testing);
  EXPECT_EQ(after.code_fail, 0);
}

TEST_F(Restart, HoldsATaskWithoutAJobWhereNobodyKnowsHowFarItsSideEffectsCame) {
  begin("T-1", Stage::deploy_staging);
  restart_after({"DELETE FROM jobs WHERE state='queued'"});
  const Task held = host.wait_for_state("T-1", TaskState::held);
  EXPECT_TRUE(is_quarantined(held));
  EXPECT_FALSE(host.reader().lease(held.id).value()->is_held());
}

TEST_F(Restart, HoldsATaskWhoseJobIsAtAStageThatDoesNotExistAndGoesOnWithTheOthers) {
  begin();
  restart_after({"UPDATE jobs SET stage='nonsense',run_after=0 WHERE state='queued'"});
  const Task held = host.wait_for_state("T-1", TaskState::held);
  EXPECT_TRUE(is_quarantined(held));
  EXPECT_NE(held.hold->reason.find("nonsense"), std::string::npos) << held.hold->reason;
  expect_others_go_on();
}

TEST_F(Restart, DoesNotFallOverARunningJobAtTheTerminalStage) {
  begin();
  restart_after({k_crashed, k_running, "UPDATE jobs SET stage='done' WHERE state='running'"});
  EXPECT_TRUE(is_quarantined(host.wait_for_state("T-1", TaskState::held)));
  expect_others_go_on();
}

TEST_F(Restart, HoldsARowWithAWordThatNobodyKnowsUnderANameThatSaysSo) {
  host.launcher().script(Stage::testing, {.outcome = Held{ReasonCode::tool_missing, "no pytest"}});
  host.submit("T-1", Stage::testing);
  host.wait_for_state("T-1", TaskState::held);
  restart_after({"UPDATE tasks SET hold_class='nonsense'"});
  const Task held = host.wait_for("T-1", is_quarantined);
  ASSERT_TRUE(held.hold);
  EXPECT_TRUE(is_quarantined(held));
  EXPECT_NE(held.hold->reason.find("nonsense"), std::string::npos);
  expect_others_go_on();
  EXPECT_EQ(host.ask(Release{"T-1", "looked"}).kind, Answer::Kind::done);
}

TEST_F(Restart, HoldsATaskThatWaitsForAPersonWhoseBranchWasMoved) {
  host.submit("T-1", Stage::deploy_staging);
  const Task waiting = host.wait_for_state("T-1", TaskState::waiting_human);
  ASSERT_FALSE(waiting.head_commit.empty());
  std::filesystem::create_directories(host.state() / "repos" / "demo.git");
  host.set_heads({{waiting.branch, waiting.head_commit}});
  host.restart();
  host.submit("T-2", Stage::analysis);
  host.wait_for_state("T-2", TaskState::waiting_human);
  EXPECT_EQ(task().state, TaskState::waiting_human) << "it is where the host left it";
  host.set_heads({{waiting.branch, "elsewhere"}});
  host.restart();
  const Task held = host.wait_for_state("T-1", TaskState::held);
  EXPECT_TRUE(is_quarantined(held));
  EXPECT_NE(held.hold->reason.find("elsewhere"), std::string::npos) << held.hold->reason;
}

// --- the reaper's eyes -------------------------------------------------------------------------

TEST(SilenceLimit, IsThatOfThePluginAtWorkAndElseTheGeneralOne) {
  orc::test::TempDir folder;
  config::Config config;
  config.silent_after = Millis{1000};
  config.plugins["slow"].silent_after = Millis{5000};
  config.plugins["plain"];
  const std::vector<jobs::RequestLink> links{{.plugin = "plain"}, {.plugin = "slow"}};
  EXPECT_EQ(silence_limit(config, links, folder.path()), Millis{1000}) << "nobody is at work yet";
  auto progress = jobs::ProgressFile::open(folder.path());
  ASSERT_TRUE(progress.ok());
  ASSERT_TRUE(progress.value().write({.phase = jobs::Progress::Phase::producing, .link = 1}).ok());
  EXPECT_EQ(silence_limit(config, links, folder.path()), Millis{5000});
}

TEST(SignOfLife, ChangesWithTheLogAndWithTheProgress) {
  orc::test::TempDir folder;
  const SignOfLife nothing = look_for_sign(folder.path());
  store::put_bytes(folder.path() / "log", "began\n");
  const SignOfLife logged = look_for_sign(folder.path());
  EXPECT_FALSE(logged == nothing);
  EXPECT_TRUE(look_for_sign(folder.path()) == logged);
  auto progress = jobs::ProgressFile::open(folder.path());
  ASSERT_TRUE(progress.ok());
  ASSERT_TRUE(progress.value().write({.link = 0}).ok());
  EXPECT_FALSE(look_for_sign(folder.path()) == logged);
}

}  // namespace
}  // namespace orc::engine::test
