// SPDX-License-Identifier: Apache-2.0
#include "jobs/job_folder.h"

#include <gtest/gtest.h>

#include "jobs/job_json.h"
#include "support/temp_dir.h"

namespace orc::jobs {
namespace {

JobRequest full_request() {
  JobRequest request;
  request.job = JobId{41};
  request.attempt = 3;
  request.kind = JobKind::ci;
  request.run_id = "41-3-abcdef";
  request.generation = 7;
  request.work_item = "ORCH-116";
  request.title = "Ünïcode \"quoted\"";
  request.request = "line 1\nline 2";
  request.feedback = "red";
  request.stage = Stage::deploy_staging;
  request.model = "m";
  request.effort = "high";
  request.prompt_file = "/p/tester.md";
  request.repo = "demo";
  request.clone_url = "/srv/demo.git";
  request.default_branch = "main";
  request.branch = "task/ORCH-116";
  request.head_commit = std::string(40, 'a');
  request.previous_commit = std::string(40, 'b');
  request.contract = R"({"test":{"command":["pytest"]}})";
  request.bare_repository = "/s/repos/demo.git";
  request.worktree = "/s/work/ORCH-116";
  request.verification = "/s/verify/41-3";
  request.plugin_state = "/s/plugin-state/ORCH-116";
  request.chain = {{.position = 1,
                    .plugin = "staging-runner/web",
                    .library = "/s/plugins/x.so",
                    .settings = R"({"a":1})",
                    .timeout = Millis(5)},
                   {.position = 4, .plugin = "llm-spawner", .library = "/l.so", .settings = "{}"}};
  request.resume_token = "token";
  request.decide_timeout = Millis(1);
  request.kill_grace = Millis(2);
  request.limit = Millis(3);
  return request;
}

TEST(JobRequest, IsReadBackAsItWasWritten) {
  const test::TempDir temp;
  const std::filesystem::path folder = temp.path() / "jobs" / "41-3";
  ASSERT_TRUE(create(folder, full_request()).ok());
  const Result<JobRequest> read = read_request(folder);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(to_json(read.value()), to_json(full_request()));
  EXPECT_EQ(read.value().stage, Stage::deploy_staging);
  EXPECT_EQ(read.value().kind, JobKind::ci);
  EXPECT_EQ(read.value().title, full_request().title);
  EXPECT_EQ(read.value().chain.at(1).position, 4);
  EXPECT_EQ(read.value().chain.at(0).settings, R"({"a":1})");
  EXPECT_EQ(read.value().limit, Millis(3));
}

TEST(JobRequest, IsNeverWrittenOverAnEarlierAttempt) {
  const test::TempDir temp;
  ASSERT_TRUE(create(temp.path() / "1-1", full_request()).ok());
  const Status second = create(temp.path() / "1-1", JobRequest{});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(read_request(temp.path() / "1-1").value().work_item, "ORCH-116");
}

TEST(JobRequest, RefusesAStageThatDoesNotExist) {
  std::string text = to_json(full_request());
  text.replace(text.find("deploy-staging"), 14, "deploy-nowhere");
  const Result<JobRequest> read = parse_request(text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::malformed);
  EXPECT_NE(read.error().message.find("deploy-nowhere"), std::string::npos);
}

class EveryOutcome : public ::testing::TestWithParam<JobOutcome> {};

TEST_P(EveryOutcome, IsReadBackAsItWasWritten) {
  const test::TempDir temp;
  WorkerReport report;
  report.outcome = GetParam();
  report.decisions = {{2, "test-runner", Decision::declined, "no_contract", "no test block"}};
  report.producer = "llm-spawner";
  report.artifacts = {"13-test-report.md", "junit.xml"};
  AgentRun run;
  run.job = JobId{5};
  run.stage = Stage::testing;
  run.role = Role::tester;
  run.input_tokens = 12;
  run.cost_usd = 0.25;
  report.agent_runs = {run};
  report.side_effects = 2;
  report.kills = {{"SIGTERM", "timeout", 2}, {"SIGKILL", "leftover", 1}};
  report.duration = Millis(1234);
  ASSERT_TRUE(write_report(temp.path(), report, Durability::process).ok());
  const Result<WorkerReport> read = read_report(temp.path());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(name_of(read.value().outcome), name_of(GetParam()));
  EXPECT_EQ(to_json(read.value()), to_json(report));
  EXPECT_EQ(read.value().agent_runs.at(0).output_tokens, std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    WorkerReport, EveryOutcome,
    ::testing::Values(JobOutcome(Verdict{"PASS", "fine"}),
                      JobOutcome(Deferred{ReasonCode::network, "down", Millis(60'000), "resume"}),
                      JobOutcome(Held{ReasonCode::tool_missing, "no ssh"}),
                      JobOutcome(NobodyAccepted{}), JobOutcome(FaultWhileDeciding{1, "signal 11"}),
                      JobOutcome(FailedRun{"exit 0 without an outcome"}),
                      JobOutcome(WorkerFault{"no space"}), JobOutcome(CiResult{true, "green"})));

TEST(WorkerReport, IsNotFoundWhileTheWorkerRuns) {
  const test::TempDir temp;
  EXPECT_EQ(read_report(temp.path()).error().kind, ErrorKind::not_found);
}

TEST(WorkerReport, RefusesAKindThatDoesNotExist) {
  WorkerReport report;
  report.outcome = NobodyAccepted{};
  std::string text = to_json(report);
  text.replace(text.find("nobody_accepted"), 15, "everybody_happy");
  EXPECT_EQ(parse_report(text).error().kind, ErrorKind::malformed);
}

TEST(WorkerReport, IsNotJudgedByACountThatItsReaderDoesNotKnow) {
  WorkerReport report;
  report.outcome = NobodyAccepted{};
  report.kills = {{"SIGTERM", "boredom", 2}, {"SIGTERM", "timeout", -7}};
  const Result<WorkerReport> read = parse_report(to_json(report));
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read.value().kills.size(), 1U);
  EXPECT_EQ(read.value().kills[0].reason, "timeout");
  EXPECT_EQ(read.value().kills[0].count, 0);
}

TEST(WorkerReport, TakesBytesThatAreNoText) {
  WorkerReport report;
  report.outcome = FailedRun{"\xff\xfe"};
  const Result<WorkerReport> read = parse_report(to_json(report));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(text_of(read.value().outcome), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Progress, KeepsWhatACrashMustNotTakeAlong) {
  const test::TempDir temp;
  EXPECT_FALSE(read_progress(temp.path()).has_value());
  Progress progress;
  progress.phase = Progress::Phase::producing;
  progress.link = 1;
  progress.text = "suite runs";
  progress.decisions = {{0, "a", Decision::declined, "out_of_scope", ""}};
  progress.side_effects = 1;
  ASSERT_TRUE(ProgressFile::open(temp.path()).value().write(progress).ok());
  const std::optional<Progress> read = read_progress(temp.path());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->phase, Progress::Phase::producing);
  EXPECT_EQ(read->link, 1);
  EXPECT_EQ(read->decisions.size(), 1u);
  EXPECT_EQ(read->side_effects, 1);
}

TEST(WorkerLock, NamesItsHolderAndRefusesASecondOne) {
  const test::TempDir temp;
  EXPECT_FALSE(live_worker(temp.path()).has_value());
  {
    const Result<WorkerLock> lock = WorkerLock::acquire(temp.path());
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(live_worker(temp.path()), identify_self());
    const Result<WorkerLock> second = WorkerLock::acquire(temp.path());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    EXPECT_EQ(live_worker(temp.path()), identify_self());
  }
  EXPECT_FALSE(live_worker(temp.path()).has_value());
  EXPECT_TRUE(WorkerLock::acquire(temp.path()).ok());
}

}  // namespace
}  // namespace orc::jobs
