// SPDX-License-Identifier: Apache-2.0
// Only what this run wrote, well-formed, counts as its artifact.
#include <set>

#include "spawner_fixture.h"

namespace llm_spawner {
namespace {

TEST_F(Spawner, RecordsASuccessWithoutArtifactAsBadAndLeavesItToTheGate) {
  agent(exited(0, recorded("claude/missing-artifact.jsonl")), false);
  const sdk::Outcome outcome = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Verdict>(outcome));
  EXPECT_NE(std::get<sdk::Verdict>(outcome).summary.find("12-review.md"), std::string::npos);
  EXPECT_EQ(host.agent_runs.at(0).result, "bad_artifact");
}

TEST_F(Spawner, DoesNotTakeAnOlderArtifactForThisRuns) {
  write_review();
  agent(exited(0, recorded("claude/ok.jsonl")), false);
  produce();
  EXPECT_EQ(host.agent_runs.at(0).result, "bad_artifact");
}

TEST_F(Spawner, MovesAnOlderArtifactOutOfTheWorktreeAndKeepsIt) {
  write_review();
  host.when("claude", [&](const sdk::Process&) {
    EXPECT_FALSE(fs::exists(fs::path(request.artifact_dir) / "12-review.md"));
    return exited(0, recorded("claude/ok.jsonl"));
  });
  produce();
  EXPECT_TRUE(fs::exists(host.state_dir() + "/set-aside/1-1/older/12-review.md"));
}

TEST_F(Spawner, SetsTheArtifactOfAFailedRunAside) {
  agent(exited(1, recorded("claude/auth-mid.jsonl")), true);
  produce();
  EXPECT_FALSE(fs::exists(fs::path(request.artifact_dir) / "12-review.md"));
  EXPECT_TRUE(fs::exists(host.state_dir() + "/set-aside/1-1/failed/12-review.md"));
}

TEST_F(Spawner, SetsTheArtifactOfAKilledRunAside) {
  agent(timed_out(), true);
  EXPECT_TRUE(std::holds_alternative<sdk::Defer>(produce()));
  EXPECT_FALSE(fs::exists(fs::path(request.artifact_dir) / "12-review.md"));
}

TEST_F(Spawner, TellsThatItsPermissionsRefusedTheArtifact) {
  agent(exited(0, recorded("claude/flag-sid.jsonl")), false);
  const sdk::Outcome outcome = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Verdict>(outcome));
  const std::string& summary = std::get<sdk::Verdict>(outcome).summary;
  EXPECT_NE(summary.find("missing 12-review.md"), std::string::npos) << summary;
  EXPECT_NE(summary.find("refused: Write "), std::string::npos) << summary;
  EXPECT_EQ(host.agent_runs.size(), 1U) << "a repair would meet the same refusal";
}

class MalformedReview : public Spawner {
 protected:
  // What the agent writes, one text a run.
  void agent_writes(const std::vector<std::string>& texts) {
    host.when("claude", [this, texts](const sdk::Process& process) {
      prompts.push_back(process.argv.at(2));
      homes.insert(process.env.front().second);
      std::ofstream(fs::path(request.artifact_dir) / "12-review.md")
          << texts.at(std::min(prompts.size(), texts.size()) - 1);
      return exited(0, recorded("claude/ok.jsonl"));
    });
  }

  std::vector<std::string> prompts;
  std::set<std::string> homes;
};

TEST_F(MalformedReview, GetsOneRepairInASessionOfItsOwn) {
  agent_writes({"# Review\n\nverdict: APPROVED\n", "---\nverdict: APPROVED\n---\n"});
  EXPECT_TRUE(std::holds_alternative<sdk::Verdict>(produce()));
  ASSERT_EQ(prompts.size(), 2U);
  EXPECT_NE(prompts[1].find("first line is not"), std::string::npos) << prompts[1];
  EXPECT_NE(prompts[1].find("APPROVED, REQUEST_CHANGES"), std::string::npos);
  EXPECT_EQ(homes.size(), 2U);
  EXPECT_EQ(host.agent_runs.at(0).result, "bad_artifact");
  EXPECT_EQ(host.agent_runs.at(1).result, "ok");
}

TEST_F(MalformedReview, IsRepairedOnceAndThenLeftToTheGate) {
  agent_writes({"---\nverdict: MAYBE\n---\n"});
  const sdk::Outcome outcome = produce();
  EXPECT_EQ(prompts.size(), 2U);
  ASSERT_TRUE(std::holds_alternative<sdk::Verdict>(outcome));
  EXPECT_EQ(std::get<sdk::Verdict>(outcome).token, "");
  EXPECT_EQ(host.agent_runs.at(1).result, "bad_artifact");
  EXPECT_TRUE(fs::exists(fs::path(request.artifact_dir) / "12-review.md"))
      << "the gate has to see it";
}

TEST_F(MalformedReview, IsNotRepairedWhereSwitchedOffOrWithoutTime) {
  agent_writes({"---\nverdict: APPROVED\nverdict: REQUEST_CHANGES\n---\n"});
  host.remaining_ms = std::chrono::seconds(30);
  produce();
  EXPECT_EQ(prompts.size(), 1U);
  host.remaining_ms = std::chrono::minutes(30);
  ASSERT_EQ(spawner.configure(R"({"preset":"claude","repair":false})"), std::nullopt);
  produce();
  EXPECT_EQ(prompts.size(), 2U);
}

TEST_F(MalformedReview, WhoseRepairFailsIsAFailedRun) {
  host.when("claude", [this](const sdk::Process& process) {
    prompts.push_back(process.argv.at(2));
    std::ofstream(fs::path(request.artifact_dir) / "12-review.md") << "no block";
    return prompts.size() == 1 ? exited(0, recorded("claude/ok.jsonl"))
                               : exited(1, recorded("claude/overload.jsonl"));
  });
  EXPECT_TRUE(std::holds_alternative<sdk::Defer>(produce()));
  EXPECT_FALSE(fs::exists(fs::path(request.artifact_dir) / "12-review.md"));
}

TEST_F(Spawner, DoesNotTakeALinkOrAnEmptyFileForAnArtifact) {
  const fs::path review = fs::path(request.artifact_dir) / "12-review.md";
  host.when("claude", [&](const sdk::Process&) {
    fs::create_symlink("/etc/hostname", review);
    return exited(0, recorded("claude/ok.jsonl"));
  });
  produce();
  fs::remove(review);
  host.when("claude", [&](const sdk::Process&) {
    std::ofstream touch(review);
    return exited(0, recorded("claude/ok.jsonl"));
  });
  produce();
  EXPECT_EQ(host.agent_runs.at(0).result, "bad_artifact");
  EXPECT_EQ(host.agent_runs.at(1).result, "bad_artifact");
}

TEST_F(Spawner, FindsArtifactsByPattern) {
  request.verdict_key.clear();
  request.artifacts = {{"06-adr/ADR-*.md", true}, {"07-infra-requirements.md", false}};
  host.when("claude", [&](const sdk::Process&) {
    fs::create_directories(request.artifact_dir + "/06-adr");
    std::ofstream(request.artifact_dir + "/06-adr/ADR-001-queue.md") << "x";
    return exited(0, recorded("claude/ok.jsonl"));
  });
  produce();
  EXPECT_EQ(host.agent_runs.at(0).result, "ok");
}

TEST_F(Spawner, AsksADeveloperForNoArtifact) {
  request.stage = "development";
  request.role = "developer";
  request.artifacts.clear();
  agent(exited(0, recorded("claude/ok.jsonl")), false);
  EXPECT_TRUE(std::holds_alternative<sdk::Verdict>(produce()));
  EXPECT_EQ(host.agent_runs.at(0).result, "ok");
}

TEST_F(Spawner, LetsAnErrorOutrankAWrittenArtifact) {
  agent(exited(1, recorded("claude/auth-mid.jsonl")), true);
  const sdk::Outcome outcome = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Hold>(outcome));
  EXPECT_EQ(std::get<sdk::Hold>(outcome).why, sdk::Why::credentials);
  EXPECT_EQ(host.agent_runs.at(0).result, "auth");
}

}  // namespace
}  // namespace llm_spawner
