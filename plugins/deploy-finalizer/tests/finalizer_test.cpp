// SPDX-License-Identifier: Apache-2.0
#include "finalizer_fixture.h"

namespace deploy_finalizer {
namespace {

TEST_F(Finalizer, StartsThenTellsTheResultOnTheNextAttempt) {
  const sdk::Outcome first = attempt();
  ASSERT_EQ(why(first), sdk::Why::in_progress);
  EXPECT_EQ(std::get<sdk::Defer>(first).retry_after, std::chrono::seconds(2));
  const sdk::Outcome second = attempt();
  EXPECT_EQ(token(second), "SUCCESS");
  EXPECT_NE(std::get<sdk::Verdict>(second).body.find(k_commit), std::string::npos);
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, MapsAFailingCommandToFailedAndShowsItsOutput) {
  deploys("echo disk full; exit 4");
  attempt();
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(token(outcome), "FAILED");
  EXPECT_NE(std::get<sdk::Verdict>(outcome).summary.find("exit code 4"), std::string::npos);
  EXPECT_NE(std::get<sdk::Verdict>(outcome).body.find("    disk full"), std::string::npos);
}

// --- a crash between any two steps ---

TEST_F(Finalizer, CrashBeforeTheIntentHasDoneNothing) {
  fs::create_directory(state / "deploy-run-9");
  std::ofstream(state / "intent.json.new") << "{\"id\":";
  attempt();
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, CrashBetweenIntentAndStartStartsOnce) {
  starts_reach_the_shell = false;
  attempt();
  EXPECT_EQ(executed(), 0U);
  fs::remove(current() / "launches");
  starts_reach_the_shell = true;
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, CrashAfterTheStartBeforeTheAnswerDoesNotStartAgain) {
  attempt();
  request.resume_token.clear();
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, CrashBetweenMarkerAndCommandIsHeldNotRepeated) {
  starts_reach_the_shell = false;
  attempt();
  fs::create_directory(current() / "started");
  starts_reach_the_shell = true;
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(why(outcome), sdk::Why::unknown);
  EXPECT_NE(std::get<sdk::Hold>(outcome).text.find("/result"), std::string::npos);
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  EXPECT_EQ(executed(), 0U);
}

TEST_F(Finalizer, AResultOfAnotherDeploymentIsNotBelieved) {
  starts_reach_the_shell = false;
  attempt();
  fs::create_directory(current() / "started");
  std::ofstream(current() / "result") << "deploy-run-0 exit 0\n";
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(why(outcome), sdk::Why::unknown);
  EXPECT_NE(std::get<sdk::Hold>(outcome).text.find("not the result of this deployment"),
            std::string::npos);
  EXPECT_EQ(executed(), 0U);
}

TEST_F(Finalizer, CrashBeforeTheResultWasRenamedIsHeldNotRepeated) {
  attempt();
  fs::rename(current() / "result", current() / "result.tmp");
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, CrashAfterTheVerdictWasToldTellsItAgain) {
  deploys("exit 1");
  attempt();
  EXPECT_EQ(token(attempt()), "FAILED");
  EXPECT_EQ(token(attempt()), "FAILED");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, LostRecordIsHeldNotRepeated) {
  attempt();
  fs::remove(state / "intent.json");
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, DamagedRecordIsHeldNotRepeated) {
  attempt();
  std::ofstream(state / "intent.json") << "{";
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  EXPECT_EQ(executed(), 1U);
}

// --- another round ---

TEST_F(Finalizer, DeploysAnotherCommitAnew) {
  attempt();
  attempt();
  const fs::path first = current();
  request.commit = k_other_commit;
  new_visit();
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 2U);
  EXPECT_TRUE(fs::exists(first / "result")) << "the earlier record is kept";
}

TEST_F(Finalizer, NeverDeploysACommitThatNobodyConfirmed) {
  attempt();
  request.commit = k_other_commit;
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(why(outcome), sdk::Why::unknown);
  EXPECT_NE(std::get<sdk::Hold>(outcome).text.find("the branch moved"), std::string::npos);
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, HoldsATaskWithoutACommit) {
  request.commit.clear();
  EXPECT_EQ(why(attempt()), sdk::Why::config);
  EXPECT_FALSE(fs::exists(state / "intent.json"));
}

TEST_F(Finalizer, DeploysAFailedCommitAgainOnlyAfterAFreshConfirmation) {
  deploys("exit 1");
  attempt();
  EXPECT_EQ(token(attempt()), "FAILED");
  new_visit();
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  EXPECT_EQ(executed(), 2U);
}

TEST_F(Finalizer, NeverDeploysASucceededCommitAgain) {
  attempt();
  EXPECT_EQ(token(attempt()), "SUCCESS");
  new_visit();
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, ALateStartOfAnEarlierCommitCannotDeployIt) {
  starts_reach_the_shell = false;
  attempt();
  const std::vector<std::string> late = host.runs.back().argv;
  starts_reach_the_shell = true;
  request.commit = k_other_commit;
  new_visit();
  attempt();
  test::Started(late).wait();
  EXPECT_EQ(executed(), 1U);
}

// --- while it runs ---

TEST_F(Finalizer, WaitsForARunningCommandUpToTheLimitAndThenAsksAHuman) {
  starts_reach_the_shell = false;
  deploys("sleep 60");
  attempt();
  test::Started wrapper(host.runs.back().argv);
  ASSERT_TRUE(test::eventually([&] { return executed() == 1; }));
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  host.advance(std::chrono::seconds(101));
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(why(outcome), sdk::Why::unknown);
  EXPECT_NE(std::get<sdk::Hold>(outcome).text.find("still runs"), std::string::npos);
  request.commit = k_other_commit;
  new_visit();
  EXPECT_EQ(why(attempt()), sdk::Why::unknown) << "two deploys at once";
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, ListensToWhatAHumanFound) {
  starts_reach_the_shell = false;
  attempt();
  fs::create_directory(current() / "started");
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  std::ofstream(current() / "result") << "deploy-run-1 not-run\n";
  starts_reach_the_shell = true;
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Finalizer, GivesUpOnStartsThatNeverBecomeAProcess) {
  starts_reach_the_shell = false;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(why(attempt()), sdk::Why::in_progress) << i;
  host.advance(std::chrono::seconds(61));
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
}

// --- the surroundings ---

TEST_F(Finalizer, HoldsForAMissingProgramAndDeploysOnceItIsThere) {
  const std::string program = (folder.path() / "tool").string();
  settings = R"({"command":[")" + program + R"("],"revision_command":["revision"]})";
  attempt();
  EXPECT_EQ(why(attempt()), sdk::Why::tool_missing);
  fs::create_symlink("/bin/true", program);
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  EXPECT_EQ(token(attempt()), "SUCCESS");
}

TEST_F(Finalizer, NeverCallsAnInfrastructureFaultAFailedDeploy) {
  for (const auto& [code, expected] : {std::pair{124, sdk::Why::unknown},
                                       {125, sdk::Why::unknown},
                                       {127, sdk::Why::unknown},
                                       {126, sdk::Why::unknown},
                                       {137, sdk::Why::unknown},
                                       {255, sdk::Why::unknown}}) {
    request.commit = std::string(39, 'a') + static_cast<char>('0' + code % 10);
    new_visit();
    deploys("exit " + std::to_string(code));
    attempt();
    EXPECT_EQ(why(attempt()), expected) << code;
  }
}

TEST_F(Finalizer, TellsAMachineWithoutResourcesFromAMissingShell) {
  host.when("sh", not_started(EAGAIN));
  EXPECT_EQ(why(attempt()), sdk::Why::resource);
  host.when("sh", not_started(ENOENT));
  EXPECT_EQ(why(attempt()), sdk::Why::tool_missing);
}

TEST_F(Finalizer, HoldsWithoutAFolderThatOutlivesTheJob) {
  host.has_state_dir = false;
  EXPECT_EQ(why(attempt()), sdk::Why::config);
  EXPECT_TRUE(host.runs.empty());
}

TEST_F(Finalizer, HoldsForAValueThatIsNoPlainWord) {
  settings = R"({"command":["deploy","{branch}"],"revision_command":["revision"]})";
  request.branch = "x;reboot";
  EXPECT_EQ(why(attempt()), sdk::Why::config);
  EXPECT_FALSE(fs::exists(state / "intent.json"));
}

// --- whether to take the job ---

TEST_F(Finalizer, DeclinesWithoutACommandAndForOtherStages) {
  DeployFinalizer bare;
  ASSERT_EQ(bare.configure("{}"), std::nullopt);
  EXPECT_EQ(std::get<sdk::Decline>(bare.accepts(request.build())).why, sdk::Why::no_contract);
  DeployFinalizer ready;
  ASSERT_EQ(ready.configure(settings), std::nullopt);
  EXPECT_TRUE(std::holds_alternative<sdk::Accept>(ready.accepts(request.build())));
  request.stage = "testing";
  EXPECT_EQ(std::get<sdk::Decline>(ready.accepts(request.build())).why, sdk::Why::out_of_scope);
}

TEST_F(Finalizer, PreflightLooksForItsPrograms) {
  DeployFinalizer finalizer;
  ASSERT_EQ(finalizer.configure(R"({"command":["/no/such/deploy-it"],"revision_command":["x"]})"), std::nullopt);
  EXPECT_NE(finalizer.preflight(host).value_or("").find("flock"), std::string::npos);
  host.when("flock", exited(0));
  host.when("timeout", exited(0));
  EXPECT_NE(finalizer.preflight(host).value_or("").find("deploy-it"), std::string::npos);
  ASSERT_EQ(finalizer.configure(R"({"command":["/bin/true"],"revision_command":["x"]})"), std::nullopt);
  EXPECT_EQ(finalizer.preflight(host), std::nullopt);
  EXPECT_FALSE(host.runs.back().detached);
}

}  // namespace
}  // namespace deploy_finalizer
