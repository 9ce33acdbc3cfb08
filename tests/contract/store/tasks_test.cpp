// SPDX-License-Identifier: Apache-2.0
#include "contract/store/fixture.h"

namespace orc::store {

using Tasks = StoreContract;

TEST_F(Tasks, KeepsEveryFieldOfANewTask) {
  EXPECT_EQ(must(store().next_task_number()), 1);
  const Task made = new_task("ORCH-1");
  EXPECT_EQ(must(store().next_task_number()), 2);

  const Task read = must(reader()->task("ORCH-1")).value();
  EXPECT_EQ(read.id, made.id);
  EXPECT_EQ(read.work_item, "ORCH-1");
  EXPECT_EQ(read.title, "Say hello");
  EXPECT_EQ(read.request, "Please say hello.");
  EXPECT_EQ(read.repo, "demo");
  EXPECT_EQ(read.repo_url, "/srv/git/demo");
  EXPECT_EQ(read.branch, "task/ORCH-1");
  EXPECT_EQ(read.stage, Stage::analysis);
  EXPECT_EQ(read.state, TaskState::active);
  EXPECT_EQ(read.rev, made.rev);
  EXPECT_EQ(read.submitted_by, "alice");
  EXPECT_EQ(read.created_at, k_now);
  EXPECT_EQ(read.stage_since, k_now);
  EXPECT_FALSE(read.hold);
  EXPECT_FALSE(must(reader()->task("ORCH-2")));
  EXPECT_FALSE(must(reader()->task(TaskId{99})));
}

TEST_F(Tasks, RefusesASecondTaskOfAWorkItemAndKeepsTheRestOfTheBatch) {
  new_task("ORCH-1");
  must(store().begin());
  must(store().append_event({.kind = "test", .actor = "a", .at = k_now}));
  EXPECT_EQ(error_of(store().insert_task(described("ORCH-1"), k_now)).kind, ErrorKind::conflict);
  must(store().commit());
  EXPECT_EQ(must(store().events({}, {}, 10)).size(), 1U);
  EXPECT_EQ(must(store().tasks({})).size(), 1U);
}

TEST_F(Tasks, WritesWhatMayChangeAndGrowsTheRevision) {
  const Task before = new_task("ORCH-1");
  Task next = before;
  next.title = "Say it louder";
  next.stage = Stage::architecture;
  next.state = TaskState::held;
  next.hold = Hold{HoldClass::environment, "ssh is missing"};
  next.code_fail = 1;
  next.contract_fail = 2;
  next.infra_fail = 3;
  next.head_commit = "abc";
  next.content_id = "def";
  next.feedback = "louder";
  next.stage_since = k_now + Millis{7};
  next.repo = "may not change";
  ASSERT_EQ(write(before, next), Write::written);

  const Task after = task(before.id);
  EXPECT_EQ(after.rev, before.rev + 1);
  EXPECT_EQ(after.title, "Say it louder");
  EXPECT_EQ(after.stage, Stage::architecture);
  EXPECT_EQ(after.state, TaskState::held);
  ASSERT_TRUE(after.hold);
  EXPECT_EQ(after.hold->hold, HoldClass::environment);
  EXPECT_EQ(after.hold->reason, "ssh is missing");
  EXPECT_EQ(after.code_fail, 1);
  EXPECT_EQ(after.contract_fail, 2);
  EXPECT_EQ(after.infra_fail, 3);
  EXPECT_EQ(after.head_commit, "abc");
  EXPECT_EQ(after.content_id, "def");
  EXPECT_EQ(after.feedback, "louder");
  EXPECT_EQ(after.stage_since, k_now + Millis{7});
  EXPECT_EQ(after.repo, "demo");
  EXPECT_EQ(after.request, before.request);
}

TEST_F(Tasks, LosesAWriteWithAnOldRevisionOrAnOtherStage) {
  const Task before = new_task("ORCH-1");
  Task next = before;
  next.feedback = "first";
  ASSERT_EQ(write(before, next), Write::written);
  next.feedback = "second";
  EXPECT_EQ(write(before, next), Write::lost);

  Task elsewhere = task(before.id);
  elsewhere.stage = Stage::architecture;
  next.stage = Stage::architecture;
  EXPECT_EQ(write(elsewhere, next), Write::lost);
  EXPECT_EQ(task(before.id).feedback, "first");
  EXPECT_EQ(task(before.id).stage, Stage::analysis);
}

TEST_F(Tasks, MovesAlongTheStageTableAndNowhereElse) {
  int item = 0;
  for (const Stage from : k_stages) {
    for (const Stage to : k_stages) {
      if (from == Stage::done) continue;
      const Task before = new_task("ORCH-" + std::to_string(++item), from);
      Task next = before;
      next.stage = to;
      if (to == Stage::done) next.state = TaskState::done;
      must(store().begin());
      const auto result =
          store().write_task({before.id, before.stage, before.state, before.rev}, next, k_now);
      must(store().commit());
      const bool legal = from == to || is_legal_transition(from, to);
      ASSERT_EQ(result.ok(), legal) << to_string(from) << " to " << to_string(to);
      if (!legal) {
        EXPECT_EQ(result.error().kind, ErrorKind::refused);
        EXPECT_EQ(task(before.id).stage, from);
        EXPECT_EQ(task(before.id).rev, before.rev);
      }
    }
  }
}

TEST_F(Tasks, AFinishedTaskStaysFinished) {
  const Task before = new_task("ORCH-1");
  Task next = before;
  next.state = TaskState::cancelled;
  ASSERT_EQ(write(before, next), Write::written);
  const Task cancelled = task(before.id);
  next = cancelled;
  next.state = TaskState::active;
  must(store().begin());
  EXPECT_EQ(
      error_of(store().write_task({cancelled.id, cancelled.stage, cancelled.state, cancelled.rev},
                                  next, k_now))
          .kind,
      ErrorKind::refused);
  must(store().commit());
  EXPECT_EQ(task(before.id).state, TaskState::cancelled);
}

TEST_F(Tasks, ListsByStageStateRepositoryAndPage) {
  for (int i = 1; i <= 5; ++i) new_task("ORCH-" + std::to_string(i));
  const Task second = task(TaskId{2});
  Task held = second;
  held.state = TaskState::held;
  held.hold = Hold{HoldClass::operator_hold, "wait"};
  ASSERT_EQ(write(second, held), Write::written);
  const Task third = task(TaskId{3});
  Task moved = third;
  moved.stage = Stage::architecture;
  ASSERT_EQ(write(third, moved), Write::written);

  const auto from = reader();
  EXPECT_EQ(must(from->tasks({})).size(), 5U);
  EXPECT_EQ(must(from->tasks({.limit = 2})).back().id, TaskId{2});
  EXPECT_EQ(must(from->tasks({.after = TaskId{2}, .limit = 2})).front().id, TaskId{3});
  ASSERT_EQ(must(from->tasks({.state = TaskState::held})).size(), 1U);
  EXPECT_EQ(must(from->tasks({.state = TaskState::held})).front().id, TaskId{2});
  ASSERT_EQ(must(from->tasks({.stage = Stage::architecture})).size(), 1U);
  EXPECT_EQ(must(from->tasks({.stage = Stage::architecture, .state = TaskState::active})).size(),
            1U);
  EXPECT_TRUE(must(from->tasks({.stage = Stage::review, .state = TaskState::active})).empty());
  EXPECT_EQ(must(from->tasks({.state = TaskState::active, .after = TaskId{1}})).size(), 3U);
  EXPECT_TRUE(must(from->tasks({.repo = "other"})).empty());
  EXPECT_EQ(must(from->tasks({.state = TaskState::active, .repo = "demo"})).size(), 4U);
}

TEST_F(Tasks, CountsByStageStateHoldAndWhetherTheJobRuns) {
  const HostIdentity host = recorded_host();
  const Task queued = new_task("ORCH-1");
  new_job(queued.id);
  const Task running = new_task("ORCH-2");
  running_job(running.id, host);
  Task held = new_task("ORCH-3");
  held.state = TaskState::held;
  held.hold = Hold{HoldClass::blocked, "says so"};
  held.stage_since = k_now + Millis{-50};
  ASSERT_EQ(write(task(held.id), held), Write::written);
  for (const char* item : {"ORCH-4", "ORCH-5"}) {
    const Task before = new_task(item, Stage::deploy);
    Task done = before;
    done.stage = Stage::done;
    done.state = TaskState::done;
    ASSERT_EQ(write(before, done), Write::written);
  }
  const Task before = new_task("ORCH-6", Stage::review);
  Task cancelled = before;
  cancelled.state = TaskState::cancelled;
  ASSERT_EQ(write(before, cancelled), Write::written);

  std::map<std::string, StageCount> counts;
  for (const StageCount& count : must(reader()->stage_counts())) {
    const std::string key = std::string(to_string(count.stage)) + "/" +
                            std::string(to_string(count.state)) + (count.running ? "/running" : "");
    EXPECT_TRUE(counts.emplace(key, count).second) << key;
  }
  ASSERT_EQ(counts.size(), 5U);
  EXPECT_EQ(counts.at("analysis/active").count, 1);
  EXPECT_EQ(counts.at("analysis/active/running").count, 1);
  EXPECT_EQ(counts.at("analysis/held").hold, HoldClass::blocked);
  EXPECT_EQ(counts.at("analysis/held").oldest, k_now + Millis{-50});
  EXPECT_EQ(counts.at("done/done").count, 2);
  EXPECT_EQ(counts.at("review/cancelled").count, 1);
}

}  // namespace orc::store
