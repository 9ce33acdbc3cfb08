// SPDX-License-Identifier: Apache-2.0
// The edge from staging to production, as the engine drives it.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/edge_plan.h"
#include "engine_harness.h"

namespace orc::engine::test {

namespace {

constexpr auto k_merge_on = [](config::Generation& generation) {
  generation.config.merge_gate.enabled = true;
  generation.config.merge_tries = 2;
  generation.config.gate_retry = {.attempts = 2, .backoff = Millis{1}};
};

const MergeCandidate k_candidate{.base_commit = "base",
                            .branch_commit = "",
                            .commit = "candidate",
                            .tree = "tree",
                            .content_id = "content-0",
                            .coverage = 81.5};

class Edge : public ::testing::Test {
 protected:
  explicit Edge(const std::function<void(config::Generation&)>& change = k_merge_on)
      : host(change) {}

  void judged() { host.launcher().script(JobKind::edge, {.candidate = k_candidate}); }
  std::vector<JobKind> kinds() {
    std::vector<JobKind> found;
    for (const jobs::JobRequest& request : host.launcher().launched())
      found.push_back(request.kind);
    return found;
  }
  Task staged(const std::string& id, const std::function<bool(const Task&)>& until) {
    host.submit(id, Stage::deploy_staging);
    return host.wait_for(id, until);
  }
  static bool waits_at_deploy(const Task& task) {
    return task.stage == Stage::deploy && task.state == TaskState::waiting_human;
  }
  static bool is_held(const Task& task) { return task.state == TaskState::held; }
  Merge merge_of(const Task& task) {
    const auto merges = host.reader().merges(task.id);
    return merges.ok() && !merges.value().empty() ? merges.value().front() : Merge{};
  }

  EngineHarness host;
};

TEST_F(Edge, LandsWhatWasJudgedAndThenGoesOn) {
  judged();
  const Task task = staged("E-1", waits_at_deploy);
  ASSERT_TRUE(waits_at_deploy(task));
  EXPECT_EQ(kinds(), (std::vector{JobKind::produce, JobKind::edge, JobKind::land}));
  const auto launched = host.launcher().launched();
  ASSERT_TRUE(launched[2].edge.landing.has_value()) << "the intent was not there before the push";
  EXPECT_EQ(launched[2].edge.landing->commit, "candidate");
  EXPECT_EQ(merge_of(task).state, MergeState::landed);
  EXPECT_EQ(host.reader().pull_request(task.id).value()->state, "merged");
  EXPECT_TRUE(host.reader().merge_slots().value().empty());
}

TEST_F(Edge, RaisesTheCoverageWithTheLandingAlone) {
  judged();
  host.launcher().script(JobKind::land,
                         {.outcome = EdgeResult{EdgeEnd::blocked, EdgeGate::merge, "no"}});
  const Task held = staged("E-2", is_held);
  ASSERT_TRUE(is_held(held));
  EXPECT_TRUE(host.reader().coverage_baselines().value().empty());
  judged();
  host.ask(Release{"E-2", "again"});
  ASSERT_TRUE(waits_at_deploy(host.wait_for("E-2", waits_at_deploy)));
  const auto baselines = host.reader().coverage_baselines().value();
  ASSERT_EQ(baselines.size(), 1U);
  EXPECT_EQ(baselines[0].percent, 81.5);
}

TEST_F(Edge, SendsTheCodesFaultBackAndNamesTheGate) {
  host.launcher().script(
      JobKind::edge,
      {.outcome = EdgeResult{EdgeEnd::failed, EdgeGate::security, "lint: 1 findings"}});
  host.launcher().script(Stage::development, {.outcome = Held{ReasonCode::config, "stop here"}});
  const Task task = staged("E-3", is_held);
  EXPECT_EQ(task.stage, Stage::development);
  EXPECT_EQ(task.code_fail, 1);
  EXPECT_EQ(task.feedback, "security_gate: lint: 1 findings");
}

TEST_F(Edge, DefersWhatIsNobodysFaultWithinItsOwnBudget) {
  for (int i = 0; i < 2; ++i) {
    host.launcher().script(
        JobKind::edge,
        {.outcome = Deferred{.reason = ReasonCode::timeout, .text = "the re-test timed out"}});
  }
  const Task task = staged("E-4", is_held);
  EXPECT_EQ(task.stage, Stage::deploy_staging);
  EXPECT_EQ(task.code_fail, 0);
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::infra_budget);
  EXPECT_EQ(kinds(), (std::vector{JobKind::produce, JobKind::edge, JobKind::edge}));
  EXPECT_TRUE(host.reader().merge_slots().value().empty()) << "a held task keeps the merge lock";
}

TEST_F(Edge, StartsOverWhenTheBaseMovedAndGivesUpAfterItsTries) {
  for (int i = 0; i < 2; ++i) {
    judged();
    host.launcher().script(
        JobKind::land, {.outcome = EdgeResult{EdgeEnd::base_moved, EdgeGate::merge, "moved"}});
  }
  const Task task = staged("E-5", is_held);
  EXPECT_EQ(task.stage, Stage::deploy_staging);
  EXPECT_EQ(task.code_fail, 0);
  ASSERT_TRUE(task.hold);
  EXPECT_EQ(task.hold->hold, HoldClass::infra_budget);
  EXPECT_EQ(kinds(), (std::vector{JobKind::produce, JobKind::edge, JobKind::land, JobKind::edge,
                                  JobKind::land}));
}

TEST_F(Edge, TellsAReTestWhatHasPassedUnderTheSameSuite) {
  judged();
  host.submit("E-6", Stage::testing);
  ASSERT_TRUE(waits_at_deploy(host.wait_for("E-6", waits_at_deploy)));
  for (const jobs::JobRequest& request : host.launcher().launched()) {
    if (request.kind != JobKind::edge) continue;
    EXPECT_EQ(request.edge.tested_contents, std::vector<std::string>{"content-0"});
  }
}

class EdgeOff : public Edge {
 protected:
  EdgeOff() : Edge([](config::Generation&) {}) {}
};

TEST_F(EdgeOff, GoesOnAsIfThereWereNoGates) {
  ASSERT_TRUE(waits_at_deploy(staged("E-7", waits_at_deploy)));
  EXPECT_EQ(kinds(), std::vector{JobKind::produce});
}

TEST(EdgePlan, HoldsTheGatesThatAreOnInScopeAndHaveSomethingToLookAt) {
  config::Config config;
  config.repos["shop"] = {.name = "shop", .clone = "/shop"};
  Task task;
  task.repo = "shop";
  EXPECT_EQ(edge_plan(config, task), EdgePlan{EdgeGate::merge});
  config.repos["shop"].gates.coverage.report = "c.xml";
  config.repos["shop"].gates.image.revision = {"cat", "REVISION"};
  EXPECT_EQ(edge_plan(config, task),
            (EdgePlan{EdgeGate::merge, EdgeGate::coverage, EdgeGate::image}));
  config.coverage_gate.enabled = false;
  config.merge_gate.repos = RepoScope::parse("other");
  EXPECT_EQ(edge_plan(config, task), EdgePlan{EdgeGate::image});
  config.repos["shop"].clone.clear();
  EXPECT_TRUE(edge_plan(config, task).empty());
}

TEST(EdgeSteps, FollowTheGatesThatAct) {
  const EdgePlan all{EdgeGate::merge, EdgeGate::security, EdgeGate::coverage, EdgeGate::image};
  EXPECT_EQ(step_after(JobKind::produce, all), JobKind::edge);
  EXPECT_EQ(step_after(JobKind::edge, all), JobKind::land);
  EXPECT_EQ(step_after(JobKind::land, all), JobKind::image);
  EXPECT_EQ(step_after(JobKind::image, all), std::nullopt);
  EXPECT_EQ(step_after(JobKind::produce, {}), std::nullopt);
  EXPECT_EQ(step_after(JobKind::edge, {EdgeGate::security}), std::nullopt);
  EXPECT_EQ(step_after(JobKind::produce, {EdgeGate::image}), JobKind::image);
  EXPECT_EQ(step_after(JobKind::ci, all), std::nullopt);
}

TEST(Suite, HasANameOfItsOwnForEachDifference) {
  const jobs::RequestLink link{.plugin = "p", .library = "/l", .settings = "{}"};
  jobs::RequestLink other = link;
  other.settings = "{\"a\":1}";
  EXPECT_EQ(suite_of("{}", {link}), suite_of("{}", {link}));
  EXPECT_NE(suite_of("{}", {link}), suite_of("{}", {other}));
  EXPECT_NE(suite_of("{}", {link}), suite_of("{}", {link, link}));
  EXPECT_NE(suite_of("{}", {link}), suite_of("{ }", {link}));
}

}  // namespace

}  // namespace orc::engine::test
