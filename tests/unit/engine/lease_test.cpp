// SPDX-License-Identifier: Apache-2.0
// One owner of a task's side effects, and one task of a repository between staging and production.
#include <gtest/gtest.h>

#include "engine_harness.h"
#include "unit/store/raw.h"

namespace orc::engine::test {
namespace {

using store::Raw;

// Stays at deploy-staging, and comes again when it is told to.
Reply waits() {
  return {.outcome = Deferred{.reason = ReasonCode::in_progress,
                              .text = "not yet",
                              .retry_after = Millis{3'600'000}}};
}

int count_events(EngineHarness& host, const std::string& kind) {
  int count = 0;
  const auto events = host.reader().events(EventId{0}, TaskId{}, 1000).value();
  for (const Event& event : events) count += event.kind == kind ? 1 : 0;
  return count;
}

int count_alerts(EngineHarness& host, const std::string& condition) {
  int count = 0;
  const auto alerts = host.reader().open_alerts().value();
  for (const Alert& alert : alerts) count += alert.condition == condition ? 1 : 0;
  return count;
}

class Leases : public ::testing::Test {
 protected:
  // A task in the middle of its transition: the lease is held over the wait for the next attempt.
  void begin(EngineHarness& host, const std::string& work_item = "T-1") {
    host.launcher().script(Stage::deploy_staging, waits());
    host.submit(work_item, Stage::deploy_staging);
    host.wait_for(work_item, [&](const Task& task) {
      return task.rev > 2 && host.reader().live_job(task.id).value()->state == JobState::queued;
    });
  }
  static std::optional<Lease> lease(EngineHarness& host, const std::string& work_item = "T-1") {
    return host.reader().lease(host.reader().task(work_item).value()->id).value();
  }
};

TEST_F(Leases, SpanTheAttemptsOfATransitionAndEndWithIt) {
  EngineHarness host;
  begin(host);
  ASSERT_TRUE(lease(host)->is_held());
  EXPECT_EQ(lease(host)->epoch, 1);
  EXPECT_EQ(lease(host)->owner.instance, host.engine().status()->host.instance);
  Raw(host.database()).run("UPDATE jobs SET run_after=0 WHERE state='queued'");
  host.submit("T-2", Stage::analysis);  // something happens, and the queue is looked at
  const Task task = host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_EQ(task.stage, Stage::deploy);
  EXPECT_FALSE(lease(host)->is_held()) << "released with the stage write";
  ASSERT_EQ(host.ask(Approve{"T-1", "go"}).kind, Answer::Kind::done);
  host.wait_for_state("T-1", TaskState::done);
  EXPECT_FALSE(lease(host)->is_held());
  EXPECT_EQ(lease(host)->epoch, 2) << "one for each transition";
}

TEST_F(Leases, AreNotTakenOutsideTheRegion) {
  EngineHarness host;
  host.submit("T-1");
  host.wait_for_state("T-1", TaskState::waiting_human);
  EXPECT_FALSE(lease(host));
}

TEST_F(Leases, AreReleasedByAHold) {
  EngineHarness host;
  host.launcher().script(Stage::deploy_staging,
                         {.outcome = Held{ReasonCode::tool_missing, "no ssh"}});
  host.submit("T-1", Stage::deploy_staging);
  host.wait_for_state("T-1", TaskState::held);
  EXPECT_FALSE(lease(host)->is_held());
}

TEST_F(Leases, KeepEveryCommandOutWhileTheTransitionRuns) {
  EngineHarness host;
  begin(host);
  for (const Request& request :
       {Request(Cancel{"T-1", ""}), Request(PutOnHold{"T-1", ""}), Request(Retry{"T-1", ""}),
        Request(Release{"T-1", ""}), Request(Approve{"T-1", ""}), Request(Reject{"T-1", "no"})}) {
    const Answer answer = host.ask(request);
    EXPECT_EQ(answer.code, "lease_held") << answer.text;
    EXPECT_EQ(answer.hint, "wait, or: orchestrator lease release T-1 --force");
  }
  EXPECT_EQ(host.reader().task("T-1").value()->state, TaskState::active);
}

TEST_F(Leases, AreTakenFromALiveOwnerByForceAloneAndThenTheTaskIsHeld) {
  EngineHarness host;
  begin(host);
  EXPECT_EQ(host.ask(ReleaseLease{"T-1", "", false}).code, "lease_held");
  ASSERT_EQ(host.ask(ReleaseLease{"T-1", "stuck", true}).kind, Answer::Kind::done);
  const Task task = host.reader().task("T-1").value().value();
  EXPECT_EQ(task.state, TaskState::held);
  EXPECT_EQ(task.hold->hold, HoldClass::operator_hold);
  EXPECT_FALSE(lease(host)->is_held());
  EXPECT_FALSE(host.reader().live_job(task.id).value()) << "its job counts for nothing any more";
  EXPECT_EQ(host.reader().open_alerts().value().size(), 1U);
  EXPECT_EQ(count_alerts(host, "lease:forced"), 1);
  EXPECT_EQ(count_events(host, "lease.forced"), 1);
  EXPECT_EQ(host.ask(ReleaseLease{"T-1", "", true}).code, "no_lease");
  EXPECT_EQ(host.ask(Cancel{"T-1", ""}).kind, Answer::Kind::done);
}

TEST_F(Leases, AreInertWhereTheyAreSwitchedOffOrOutOfScope) {
  for (const bool enabled : {false, true}) {
    EngineHarness host([&](config::Generation& g) {
      g.config.transition_lease.enabled = enabled;
      g.config.transition_lease.repos = RepoScope::parse("another");
    });
    begin(host);
    EXPECT_FALSE(lease(host));
    EXPECT_EQ(host.ask(Cancel{"T-1", ""}).kind, Answer::Kind::done);
  }
}

TEST_F(Leases, PassToTheNextHostWithoutAnAlertWhereTheLastOneStoppedAsAsked) {
  EngineHarness host;
  begin(host);
  host.restart();
  EXPECT_EQ(lease(host)->epoch, 2);
  EXPECT_EQ(lease(host)->owner.instance, host.engine().status()->host.instance);
  EXPECT_EQ(count_events(host, "lease.handed_over"), 1);
  EXPECT_TRUE(host.reader().open_alerts().value().empty());
}

TEST_F(Leases, OfAHostThatVanishedAreReclaimedAtOnceWithOneAlert) {
  EngineHarness host;
  begin(host);
  // As a crash leaves it; and again, while the alert is still open.
  for (int crash = 1; crash <= 2; ++crash) {
    host.restart([&] {
      Raw(host.database())
          .run(
              "UPDATE hosts SET stopped_at=NULL,start_ticks=start_ticks-1 WHERE id="
              "(SELECT max(id) FROM hosts)");
    });
    EXPECT_EQ(lease(host)->epoch, crash + 1);
    EXPECT_EQ(lease(host)->owner.instance, host.engine().status()->host.instance);
    EXPECT_EQ(count_events(host, "lease.reclaimed"), crash);
    EXPECT_EQ(count_alerts(host, "lease:reclaimed"), 1);
  }
}

TEST_F(Leases, OfALiveHostAreWaitedForAndSaidSo) {
  EngineHarness host;
  begin(host);
  host.restart([&] {
    // Another host, whose process is this one: alive, but not me.
    Raw raw(host.database());
    raw.run("UPDATE hosts SET stopped_at=NULL");
    raw.run("UPDATE jobs SET run_after=0 WHERE state='queued'");
  });
  const Task task = host.wait_for("T-1", [&](const Task& t) {
    const auto job = host.reader().live_job(t.id).value();
    return job && job->reason == k_waits_for_lease;
  });
  const Job job = host.reader().live_job(task.id).value().value();
  EXPECT_EQ(job.state, JobState::queued);
  EXPECT_EQ(lease(host)->epoch, 1) << "not taken from a live owner";
  const auto waiting = why_waiting(task, job, 0, 2, false, wall_now());
  EXPECT_EQ(waiting->code, WaitCode::lease_held);
  EXPECT_EQ(host.ask(Cancel{"T-1", ""}).code, "lease_held");
}

// --- the serial gate ---------------------------------------------------------------------------

class SerialGate : public Leases {};

TEST_F(SerialGate, LetsTheNextTaskInWhenTheOneInsideIsDone) {
  EngineHarness host;
  for (const char* id : {"T-1", "T-2"}) host.submit(id, Stage::deploy_staging);
  EXPECT_EQ(host.wait_for_state("T-1", TaskState::waiting_human).stage, Stage::deploy);
  host.wait_for("T-2", [&](const Task& task) {
    const auto job = host.reader().live_job(task.id).value();
    return job && job->reason == k_waits_at_serial_gate;
  });
  EXPECT_EQ(host.reader().task("T-2").value()->stage, Stage::deploy_staging);
  EXPECT_EQ(host.launcher().launched().size(), 1U);
  ASSERT_EQ(host.ask(Approve{"T-1", ""}).kind, Answer::Kind::done);
  host.wait_for_state("T-1", TaskState::done);
  EXPECT_EQ(host.wait_for_state("T-2", TaskState::waiting_human).stage, Stage::deploy);
}

TEST_F(SerialGate, DoesNotKeepOtherRepositoriesOrOtherStagesWaiting) {
  EngineHarness host([](config::Generation& g) {
    g.config.workers = 1;
    g.config.repos["other"] = {.name = "other", .clone = "/nowhere", .contract = "{}"};
  });
  begin(host);
  for (int i = 2; i < 40; ++i) host.submit("T-" + std::to_string(i), Stage::deploy_staging);
  host.ask(Submit{.work_item = "O-1",
                  .title = "t",
                  .repo = "other",
                  .branch = "b",
                  .from = Stage::deploy_staging});
  host.submit("T-40", Stage::analysis);
  EXPECT_EQ(host.wait_for_state("O-1", TaskState::waiting_human).stage, Stage::deploy);
  EXPECT_EQ(host.wait_for_state("T-40", TaskState::waiting_human).stage, Stage::analysis);
  EXPECT_EQ(host.reader().serial_places().value().size(), 40U);
}

TEST_F(SerialGate, GivesThePlaceOfATaskThatIsHeldOrCancelledToTheNext) {
  EngineHarness host;
  host.launcher().script(Stage::deploy_staging,
                         {.outcome = Held{ReasonCode::tool_missing, "no ssh"}});
  for (const char* id : {"T-1", "T-2", "T-3"}) host.submit(id, Stage::deploy_staging);
  host.wait_for_state("T-1", TaskState::held);
  EXPECT_EQ(host.wait_for_state("T-2", TaskState::waiting_human).stage, Stage::deploy);
  ASSERT_EQ(host.ask(Release{"T-1", ""}).kind, Answer::Kind::done);
  ASSERT_EQ(host.ask(Cancel{"T-2", ""}).kind, Answer::Kind::done);
  EXPECT_EQ(host.wait_for_state("T-3", TaskState::waiting_human).stage, Stage::deploy)
      << "the third came before the released one";
  EXPECT_EQ(host.reader().task("T-1").value()->stage, Stage::deploy_staging);
}

TEST_F(SerialGate, IsKeptByATaskThatIsHeldInProduction) {
  EngineHarness host;
  host.launcher().script(Stage::deploy, {.outcome = Held{ReasonCode::unknown, "no answer"}});
  for (const char* id : {"T-1", "T-2"}) host.submit(id, Stage::deploy_staging);
  host.wait_for_state("T-1", TaskState::waiting_human);
  host.ask(Approve{"T-1", ""});
  host.wait_for_state("T-1", TaskState::held);
  const auto places = host.reader().serial_places().value();
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].work_item, "T-1");
  EXPECT_TRUE(places[0].entered_at);
  EXPECT_EQ(host.reader().task("T-2").value()->stage, Stage::deploy_staging);
}

TEST_F(SerialGate, SurvivesARestartAndLetsEverybodyGoWhenItIsSwitchedOff) {
  EngineHarness host;
  begin(host);
  host.submit("T-2", Stage::deploy_staging);
  const auto waits_there = [&](const Task& task) {
    const auto job = host.reader().live_job(task.id).value();
    return job && job->reason == k_waits_at_serial_gate;
  };
  host.wait_for("T-2", waits_there);
  host.restart();
  host.submit("T-3", Stage::deploy_staging);
  EXPECT_TRUE(waits_there(host.wait_for("T-3", waits_there)));
  EXPECT_EQ(host.launcher().launched().size(), 0U) << "nobody was let in beside the first";
  host.engine().use_generation(one_plugin_generation(host.state(), [](config::Generation& g) {
    g.number = 2;
    g.config.serial_gate.enabled = false;
  }));
  EXPECT_EQ(host.wait_for_state("T-2", TaskState::waiting_human).stage, Stage::deploy);
  EXPECT_EQ(host.wait_for_state("T-3", TaskState::waiting_human).stage, Stage::deploy);
}

TEST(WhyAtSerialGate, NamesWhoIsInsideAndThePosition) {
  const SerialPlace inside{.work_item = "T-1", .repo = "demo", .entered_at = WallTime{1}};
  const Waiting waiting = at_serial_gate({inside, {.work_item = "T-2", .repo = "demo"}});
  EXPECT_EQ(waiting.code, WaitCode::serial_gate);
  EXPECT_EQ(waiting.position, 3);
  EXPECT_NE(waiting.text.find("T-1"), std::string::npos);
  EXPECT_EQ(waiting.next, "orchestrator task why T-1");
}

}  // namespace
}  // namespace orc::engine::test
