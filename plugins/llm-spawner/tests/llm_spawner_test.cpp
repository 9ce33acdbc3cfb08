// SPDX-License-Identifier: Apache-2.0
#include "llm_spawner.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <orchestrator/plugin/testing.hpp>

namespace llm_spawner {
namespace {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;
using namespace orchestrator::plugin::test;  // NOLINT(google-build-using-namespace): a test

std::string recorded(const std::string& file) {
  std::ifstream in(std::string(PLUGIN_SOURCE_DIR) + "/tests/fixtures/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Spawner : public testing::Test {
 protected:
  Spawner() {
    const fs::path root = folder.path();
    request.stage = "review";
    request.role = "reviewer";
    request.model = "claude-opus-4-8";
    request.effort = "high";
    request.verdict_key = "verdict";
    request.tokens = {"APPROVED", "REQUEST_CHANGES"};
    request.artifacts = {{"12-review.md", true}};
    request.worktree = (root / "wt").string();
    request.artifact_dir = (root / "wt/docs/work-items/DEMO-1").string();
    request.scratch = (root / "scratch").string();
    request.prompt_file = (root / "reviewer.md").string();
    fs::create_directories(request.artifact_dir);
    fs::create_directories(request.scratch);
    std::ofstream(request.prompt_file) << "review {{work_item}}";
    EXPECT_EQ(spawner.configure(R"({"preset":"claude"})"), std::nullopt);
  }

  // What the agent does: says `out` and, where `writes` is set, writes the review.
  void agent(const sdk::ProcessResult& result, bool writes) {
    host.when("claude", [this, result, writes](const sdk::Process&) {
      if (writes) write_review();
      return result;
    });
  }
  void write_review() {
    std::ofstream(fs::path(request.artifact_dir) / "12-review.md")
        << "---\nverdict: APPROVED\n---\n";
  }
  sdk::Outcome produce() { return spawner.produce(request.build(), host); }

  ScratchFolder folder;
  RequestBuilder request;
  FakeHost host;
  LlmSpawner spawner;
};

TEST_F(Spawner, DeclinesWithoutAnAgent) {
  LlmSpawner bare;
  ASSERT_EQ(bare.configure("{}"), std::nullopt);
  const sdk::Answer answer = bare.accepts(request.build());
  ASSERT_TRUE(std::holds_alternative<sdk::Decline>(answer));
  EXPECT_EQ(std::get<sdk::Decline>(answer).why, sdk::Why::no_contract);
  EXPECT_TRUE(std::holds_alternative<sdk::Accept>(spawner.accepts(request.build())));
}

TEST_F(Spawner, HandsTheArtifactOverToTheGateWithoutAVerdictOfItsOwn) {
  agent(exited(0, recorded("claude/ok.jsonl")), true);
  const sdk::Outcome outcome = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Verdict>(outcome));
  EXPECT_EQ(std::get<sdk::Verdict>(outcome).token, "");
  ASSERT_EQ(host.agent_runs.size(), 1U);
  const sdk::AgentRun& run = host.agent_runs.front();
  EXPECT_EQ(run.result, "ok");
  EXPECT_EQ(run.program, "claude");
  EXPECT_EQ(run.program_version, "2.1.329");
  EXPECT_EQ(run.model, "claude-opus-4-8");
  EXPECT_EQ(run.effort, "high");
  EXPECT_EQ(run.input_tokens, 3900);
  EXPECT_EQ(run.cache_read_tokens, 9000);
  EXPECT_EQ(run.cache_write_tokens, 1500);
  EXPECT_EQ(run.turns, 3);
  ASSERT_TRUE(run.cost_usd.has_value());
  EXPECT_NEAR(*run.cost_usd, 0.0394, 0.0001);
  EXPECT_TRUE(run.complete);
}

TEST_F(Spawner, StartsTheAgentInTheWorktreeWithAHomeOfItsOwn) {
  agent(exited(0, recorded("claude/ok.jsonl")), true);
  produce();
  ASSERT_EQ(host.runs.size(), 1U);
  const sdk::Process& run = host.runs.front();
  const std::string home = request.scratch + "/home";
  EXPECT_EQ(run.cwd, request.worktree);
  EXPECT_TRUE(run.mutating);
  EXPECT_EQ(run.stdin_bytes, "");
  EXPECT_EQ(run.soft_signal, SIGTERM);
  EXPECT_EQ(run.argv.at(2), "review DEMO-1");
  EXPECT_NE(
      std::find(run.env.begin(), run.env.end(), std::pair<std::string, std::string>{"HOME", home}),
      run.env.end());
  EXPECT_NE(std::find(run.env.begin(), run.env.end(),
                      std::pair<std::string, std::string>{"CLAUDE_CONFIG_DIR", home}),
            run.env.end());
  EXPECT_EQ(fs::status(home).permissions() & fs::perms::all, fs::perms::owner_all);
}

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

TEST_F(Spawner, DefersWhatMayPass) {
  agent(exited(1, recorded("claude/rate-limit.jsonl")), false);
  const sdk::Outcome limited = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Defer>(limited));
  EXPECT_EQ(std::get<sdk::Defer>(limited).why, sdk::Why::busy);
  EXPECT_GE(std::get<sdk::Defer>(limited).retry_after, std::chrono::seconds(60));
  agent(timed_out(), false);
  EXPECT_EQ(std::get<sdk::Defer>(produce()).why, sdk::Why::timeout);
  agent(signalled(SIGKILL), false);
  EXPECT_EQ(std::get<sdk::Defer>(produce()).why, sdk::Why::resource);
  EXPECT_EQ(host.agent_runs.at(1).result, "timeout");
  EXPECT_EQ(host.agent_runs.at(2).result, "killed");
}

TEST_F(Spawner, KeepsWhatAKilledRunHadUsed) {
  sdk::ProcessResult result = timed_out();
  result.out = recorded("claude/kill-SIGTERM-group.jsonl");
  agent(result, false);
  produce();
  EXPECT_EQ(host.agent_runs.at(0).input_tokens, 1200);
  EXPECT_EQ(host.agent_runs.at(0).cost_usd, std::nullopt);
  EXPECT_FALSE(host.agent_runs.at(0).complete);
}

TEST_F(Spawner, HoldsForAMissingProgramAndRecordsNoRun) {
  agent(not_started(ENOENT, "claude: No such file or directory"), false);
  const sdk::Outcome outcome = produce();
  ASSERT_TRUE(std::holds_alternative<sdk::Hold>(outcome));
  EXPECT_EQ(std::get<sdk::Hold>(outcome).why, sdk::Why::tool_missing);
  EXPECT_TRUE(host.agent_runs.empty());
}

class RefusedLaunch : public Spawner {
 protected:
  std::string hold_text() {
    const sdk::Outcome outcome = produce();
    EXPECT_TRUE(host.runs.empty()) << "the agent was started";
    EXPECT_TRUE(std::holds_alternative<sdk::Hold>(outcome));
    const auto* hold = std::get_if<sdk::Hold>(&outcome);
    if (hold == nullptr) return "";
    EXPECT_EQ(hold->why, sdk::Why::config);
    return hold->text;
  }
};

TEST_F(RefusedLaunch, NamesTheUnknownVariableOfThePrompt) {
  std::ofstream(request.prompt_file) << "{{work_iten}}";
  EXPECT_NE(hold_text().find("{{work_iten}}"), std::string::npos);
}

TEST_F(RefusedLaunch, ForAnEffortThatTheProgramWouldIgnore) {
  request.effort = "hihg";
  EXPECT_NE(hold_text().find("did you mean \"high\""), std::string::npos);
}

TEST_F(RefusedLaunch, WithoutModelOrEffort) {
  request.model.clear();
  EXPECT_NE(hold_text().find("no model"), std::string::npos);
  request.model = "m";
  request.effort.clear();
  EXPECT_NE(hold_text().find("no effort"), std::string::npos);
}

TEST_F(RefusedLaunch, ForAPromptThatIsNoArgument) {
  std::ofstream(request.prompt_file) << std::string(std::size_t{200} * 1024, 'x');
  EXPECT_NE(hold_text().find("{{prompt_file}}"), std::string::npos);
}

TEST_F(Spawner, GivesThePromptOnStandardInputWhereAsked) {
  ASSERT_EQ(spawner.configure(R"({"preset":"claude","argv":["claude","-p"],"stdin":"prompt"})"),
            std::nullopt);
  agent(exited(0, recorded("claude/ok.jsonl")), true);
  produce();
  EXPECT_EQ(host.runs.at(0).stdin_bytes, "review DEMO-1");
}

TEST_F(Spawner, DoesNotLetAPromptPassForAnOption) {
  std::ofstream(request.prompt_file) << "--dangerously-skip-permissions";
  agent(exited(0, recorded("claude/ok.jsonl")), true);
  produce();
  EXPECT_EQ(host.runs.at(0).argv.at(2), "\n--dangerously-skip-permissions");
}

TEST_F(Spawner, NeverResumesASession) {
  for (const char* preset : {"claude", "codex"}) {
    LlmSpawner other;
    ASSERT_EQ(other.configure(std::string(R"({"preset":")") + preset + "\"}"), std::nullopt);
    other.produce(request.build(), host);
  }
  for (const sdk::Process& run : host.runs) {
    for (const std::string& argument : run.argv) {
      EXPECT_EQ(argument.find("resume"), std::string::npos);
      EXPECT_NE(argument, "--continue");
    }
  }
}

TEST_F(Spawner, KeepsSecretsOutOfTheLogAndTheOutcome) {
  ASSERT_EQ(
      spawner.configure(
          R"({"argv":["agent","{{prompt}}"],"env":{"AGENT_KEY":"sk-very-secret","AGENT_URL":"http://x"}})"),
      std::nullopt);
  host.when("agent", exited(3, "my key is sk-very-secret\n", "bad key sk-very-secret\n"));
  const sdk::Outcome outcome = produce();
  EXPECT_FALSE(host.logged("sk-very-secret"));
  EXPECT_TRUE(host.logged("my key is ***"));
  EXPECT_EQ(std::get<sdk::Hold>(outcome).text.find("sk-very-secret"), std::string::npos);
}

TEST_F(Spawner, AsksAProgramForItsVersionThatDoesNotTellIt) {
  ASSERT_EQ(spawner.configure(R"({"preset":"codex"})"), std::nullopt);
  host.when("codex", [&](const sdk::Process& process) {
    if (process.argv.back() == "--version") return exited(0, "codex-cli 0.169.0\n");
    write_review();
    return exited(0, recorded("codex/ok.jsonl"));
  });
  produce();
  EXPECT_EQ(host.agent_runs.at(0).program_version, "codex-cli 0.169.0");
  EXPECT_EQ(host.agent_runs.at(0).input_tokens, 3900);
  EXPECT_EQ(host.agent_runs.at(0).cost_usd, std::nullopt);
}

TEST_F(Spawner, PreflightLooksForTheProgram) {
  host.will_run(exited(0));
  EXPECT_EQ(spawner.preflight(host), std::nullopt);
  host.will_run(exited(127));
  EXPECT_NE(spawner.preflight(host).value_or("").find("claude"), std::string::npos);
  EXPECT_FALSE(host.runs.at(0).mutating);
}

}  // namespace
}  // namespace llm_spawner
