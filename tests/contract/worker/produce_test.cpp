// SPDX-License-Identifier: Apache-2.0
// How a production may end, and that none of the other ways is a verdict.
#include <csignal>

#include "artifacts/frontmatter.h"
#include "support/host_harness.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

using Production = WorkerTest;

TEST_F(Production, AVerdictBecomesTheStagesArtifact) {
  add_probe("accept");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Verdict>(report).summary, "all green");
  ASSERT_EQ(report.artifacts, std::vector<std::string>{"13-test-report.md"});
  const std::string file = artifact("13-test-report.md");
  const auto frontmatter = artifacts::Frontmatter::parse(file);
  ASSERT_TRUE(frontmatter.ok()) << frontmatter.error().message;
  const std::vector<std::pair<const char*, const char*>> expected{
      {"work_item", "DEMO-1"},    {"stage", "testing"}, {"author", "probe/0"}, {"status", "PASS"},
      {"model", "probe/0 1.2.3"}, {"result", "PASS"},   {"verdict", "PASS"}};
  for (const auto& [key, value] : expected) {
    EXPECT_EQ(frontmatter.value().scalar(key).value(), value) << key;
  }
  EXPECT_NE(file.find("# Report\n\n12 passed"), std::string::npos);
}

TEST_F(Production, WhatAProducerLeftInItsScratchFolderIsRemoved) {
  add_probe("litter");
  expect<Verdict>(run());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "scratch" / "litter.txt"));
}

TEST_F(Production, ADeferralKeepsItsResumeToken) {
  request_.resume_token = "step 3";
  add_probe("defer");
  const auto deferred = expect<Deferred>(run());
  EXPECT_EQ(deferred.reason, ReasonCode::network);
  EXPECT_EQ(deferred.retry_after, Millis(30'000));
  EXPECT_EQ(deferred.resume_token, "step 3+1");
}

TEST_F(Production, AHoldNamesItsReason) {
  add_probe("hold");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Held>(report).reason, ReasonCode::tool_missing);
  EXPECT_TRUE(report.artifacts.empty());
}

struct Breach {
  const char* plugin;
  const char* mode;
  const char* text;  // part of what is said about it
};
void PrintTo(const Breach& breach, std::ostream* out) {
  *out << breach.plugin << " " << breach.mode;
}

class ContractBreach : public WorkerTest, public ::testing::WithParamInterface<Breach> {};

TEST_P(ContractBreach, IsAFailedRunWithoutArtifacts) {
  add_link(GetParam().plugin, GetParam().mode);
  add_probe("accept");
  const jobs::WorkerReport report = run();
  EXPECT_NE(expect<FailedRun>(report).text.find(GetParam().text), std::string::npos)
      << text_of(report.outcome);
  EXPECT_TRUE(report.artifacts.empty());
  EXPECT_EQ(report.producer, std::string(GetParam().plugin) + "/0");
  EXPECT_EQ(report.decisions.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Production, ContractBreach,
                         ::testing::Values(Breach{"probe", "bad_token", "GREEN"},
                                           Breach{"probe", "bad_body", "UTF-8"},
                                           Breach{"probe", "throw_produce", "exception"},
                                           Breach{"probe", "exit0", "without a report"},
                                           Breach{"probe", "crash_produce", "signal 9"},
                                           Breach{"raw-probe", "twice", "second outcome"},
                                           Breach{"raw-probe", "none", "without an outcome"},
                                           Breach{"raw-probe", "throws", "over the line"},
                                           Breach{"raw-probe", "after_error", "failed"},
                                           Breach{"raw-probe", "decline_late", "declined after"}));

TEST_F(Production, ACrashDoesNotHideItsSideEffects) {
  add_probe("crash_produce");
  const jobs::WorkerReport report = run();
  expect<FailedRun>(report);
  EXPECT_EQ(report.side_effects, 1);
}

TEST_F(Production, AHangingPluginIsGivenUpAtItsDeadline) {
  add_probe("hang_produce");
  request_.chain[0].timeout = Millis(100);
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Deferred>(report).reason, ReasonCode::timeout);
  EXPECT_EQ(report.producer, "probe/0");
  EXPECT_EQ(std::get<process::Exited>(*end_).code, 0);
}

TEST_F(Production, TheJobsLimitCapsTheLinksOwn) {
  add_probe("until_cancel");
  request_.chain[0].timeout = Millis(3'600'000);
  request_.limit = Millis(400);
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Deferred>(report).resume_token, "where I was");
}

TEST_F(Production, ARedVerdictAfterTheDeadlineIsATimeOut) {
  add_probe("sleep_then_fail");
  request_.chain[0].timeout = Millis(100);
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Deferred>(report).reason, ReasonCode::timeout);
  EXPECT_TRUE(report.artifacts.empty());
  EXPECT_TRUE(survivors().empty());
}

TEST_F(Production, CancellingEndsItAndItsProcesses) {
  add_probe("sleep_then_fail");
  start();
  wait_for_progress(
      [](const jobs::Progress& p) { return p.phase == jobs::Progress::Phase::producing; });
  ::kill(worker_.pid, SIGTERM);
  EXPECT_EQ(expect<Deferred>(wait()).reason, ReasonCode::cancelled);
  EXPECT_TRUE(survivors().empty());
}

TEST_F(Production, NothingOfItSurvives) {
  add_probe("orphan");
  expect<Verdict>(run());
  EXPECT_TRUE(survivors().empty());
}

TEST_F(Production, ADeploysDetachedChildOutlivesTheJobWithItsDaemonsAndWithoutItsMark) {
  request_.stage = Stage::deploy;
  add_probe("detached");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Deferred>(report).reason, ReasonCode::in_progress);
  EXPECT_EQ(expect<Deferred>(report).text, "started") << "it is the last program of its job";
  EXPECT_EQ(report.side_effects, 1);
  for (const char* name : {"daemon.pid", "detached.pid"}) {
    ASSERT_TRUE(test::wait_for_text(request_.worktree / name, "\n")) << name;
    const int pid = std::stoi(test::read_text(request_.worktree / name));
    EXPECT_EQ(::kill(pid, SIGKILL), 0) << name << ": it did not survive";
  }
  EXPECT_EQ(test::read_text(request_.worktree / "detached.env").find("ORCH_RUN_ID"),
            std::string::npos);
  EXPECT_TRUE(survivors().empty());
}

TEST_F(Production, NothingButADeployMayOutliveItsJob) {
  add_probe("detached");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Held>(report).reason, ReasonCode::config);
  EXPECT_EQ(report.side_effects, 0);
  EXPECT_FALSE(std::filesystem::exists(request_.worktree / "detached.pid"));
}

TEST_F(Production, AnAgentsArtifactIsCollectedAsItIs) {
  add_probe("agent");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Verdict>(report).token, "");
  EXPECT_EQ(report.artifacts, std::vector<std::string>{"13-test-report.md"});
  EXPECT_NE(artifact("13-test-report.md").find("by an agent"), std::string::npos);
  ASSERT_EQ(report.agent_runs.size(), 1u);
  EXPECT_EQ(report.agent_runs[0].job, request_.job);
  EXPECT_EQ(report.agent_runs[0].role, Role::tester);
  EXPECT_EQ(report.agent_runs[0].input_tokens, 10);
  EXPECT_EQ(report.agent_runs[0].output_tokens, std::nullopt);
}

TEST_F(Production, AnOlderArtifactIsMovedAwayBefore) {
  const auto older = request_.worktree / "docs/work-items/DEMO-1/13-test-report.md";
  std::filesystem::create_directories(older.parent_path());
  ASSERT_TRUE(write_file_atomically(older, "older", Durability::process).ok());
  add_probe("defer");
  const jobs::WorkerReport report = run();
  expect<Deferred>(report);
  EXPECT_FALSE(std::filesystem::exists(older));
  EXPECT_EQ(read_file(folder_ / "older/13-test-report.md", 100).value(), "older");
}

}  // namespace
}  // namespace orc::worker
