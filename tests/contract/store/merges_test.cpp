// SPDX-License-Identifier: Apache-2.0
// The edge from staging to production: the merge lock, the intent, the landing, the baseline.
#include "fixture.h"

namespace orc::store {

class Merges : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    host_ = recorded_host();
    one_ = new_task("ORCH-1", Stage::deploy_staging);
    two_ = new_task("ORCH-2", Stage::deploy_staging);
    job_ = running_job(one_.id, host_, Stage::deploy_staging);
  }
  Write take(const Task& task) {
    Write taken = Write::lost;
    batch([&] {
      taken = must(store().take_merge_slot("shop", task.id, k_now));
      return Done{};
    });
    return taken;
  }
  Status open(const std::string& commit) {
    return store().open_merge({.task = one_.id,
                               .judged_by = job_.id,
                               .repo = "shop",
                               .base = "main",
                               .candidate = {.base_commit = "base",
                                             .commit = commit,
                                             .tree = "tree",
                                             .content_id = "content",
                                             .coverage = 80.5},
                               .at = k_now});
  }
  HostIdentity host_;
  Task one_, two_;
  Job job_;
};

TEST_F(Merges, OneTaskARepositoryHoldsTheLock) {
  EXPECT_EQ(take(one_), Write::written);
  EXPECT_EQ(take(one_), Write::written) << "it has it already";
  EXPECT_EQ(take(two_), Write::lost);
  const auto slots = must(store().merge_slots());
  ASSERT_EQ(slots.size(), 1U);
  EXPECT_EQ(slots[0].work_item, "ORCH-1");
  batch([&] {
    EXPECT_EQ(must(store().leave_merge_slot(one_.id, k_now)), Write::written);
    EXPECT_EQ(must(store().leave_merge_slot(one_.id, k_now)), Write::lost);
    return Done{};
  });
  EXPECT_EQ(take(two_), Write::written);
}

TEST_F(Merges, ALockOfATaskThatIsInNoMergeIsFree) {
  EXPECT_EQ(take(one_), Write::written);
  Task next = task(one_.id);
  next.state = TaskState::held;
  next.hold = Hold{HoldClass::operator_hold, "because"};
  batch([&] {
    EXPECT_EQ(
        must(store().write_task({next.id, next.stage, TaskState::active, next.rev}, next, k_now)),
        Write::written);
    return Done{};
  });
  EXPECT_EQ(take(two_), Write::written);
}

TEST_F(Merges, AnIntentIsSettledOnceAndANewOneWithdrawsTheOld) {
  batch([&] { return must(open("first")); });
  batch([&] { return must(open("second")); });
  auto merges = must(store().merges(one_.id));
  ASSERT_EQ(merges.size(), 2U);
  EXPECT_EQ(merges[0].candidate.commit, "second");
  EXPECT_EQ(merges[0].candidate.coverage, 80.5);
  EXPECT_EQ(merges[0].state, MergeState::judged);
  EXPECT_EQ(merges[1].state, MergeState::withdrawn);
  batch([&] {
    EXPECT_EQ(must(store().settle_merge(one_.id, MergeState::landed, k_now)), Write::written);
    EXPECT_EQ(must(store().settle_merge(one_.id, MergeState::base_moved, k_now)), Write::lost);
    return Done{};
  });
  merges = must(store().merges(one_.id));
  EXPECT_EQ(merges[0].state, MergeState::landed);
  EXPECT_TRUE(merges[0].settled_at.has_value());
}

TEST_F(Merges, TheCoverageBaselineNeverFalls) {
  const auto percent = [&] { return must(store().coverage_baselines()).at(0).percent; };
  const auto raise = [&](double to) {
    batch([&] { return must(store().raise_coverage("shop", to, "commit", k_now)); });
  };
  raise(80);
  raise(79);
  EXPECT_EQ(percent(), 80);
  raise(80.25);
  EXPECT_EQ(percent(), 80.25);
}

TEST_F(Merges, WhatWasTestedIsKnownUnderItsSuiteAlone) {
  batch([&] { return must(store().record_tested(one_.id, "suite", "content", job_.id, k_now)); });
  batch([&] { return must(store().record_tested(one_.id, "suite", "content", job_.id, k_now)); });
  EXPECT_EQ(must(store().tested_contents(one_.id, "suite")), std::vector<std::string>{"content"});
  EXPECT_TRUE(must(store().tested_contents(one_.id, "other")).empty());
  EXPECT_TRUE(must(store().tested_contents(two_.id, "suite")).empty());
}

TEST_F(Merges, GateRunsAreKeptAndCounted) {
  for (const GateResult result : {GateResult::not_run, GateResult::passed, GateResult::passed}) {
    batch([&] {
      return must(store().record_gate_run(
          {job_.id, EdgeGate::coverage, result, "text", Millis{12}, k_now}));
    });
  }
  const auto runs = must(store().gate_runs(one_.id));
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].result, GateResult::not_run);
  EXPECT_EQ(runs[2].duration, Millis{12});
  for (const GateCount& count : must(store().gate_counts()))
    EXPECT_EQ(count.count, count.result == GateResult::passed ? 2 : 1);
}

}  // namespace orc::store
