// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <csignal>

#include "spawner_fixture.h"

namespace llm_spawner {
namespace {

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
  const std::string home = request.scratch + "/run-1/home";
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

TEST_F(Spawner, WritesTheFilesOfAPresetIntoItsHome) {
  ASSERT_EQ(
      spawner.configure(
          R"({"preset":"gemini","home_files":{"x/y.json":"{{provider}}|{{home}}"},"provider":"{{home}}"})"),
      std::nullopt);
  std::string settings, own;
  host.when("gemini", [&](const sdk::Process& process) {
    const fs::path home = process.env.front().second;
    const auto text = [](const fs::path& path) {
      std::ifstream in(path);
      return std::string{std::istreambuf_iterator<char>(in), {}};
    };
    settings = text(home / ".gemini/settings.json");
    own = text(home / "x/y.json");
    EXPECT_EQ(fs::status(home / "x/y.json").permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    write_review();
    return exited(0, recorded("gemini/ok.jsonl"));
  });
  produce();
  EXPECT_NE(settings.find("gemini-api-key"), std::string::npos);
  EXPECT_EQ(own, "{{home}}|" + request.scratch + "/run-1/home")
      << "a value is never expanded again";
}

TEST_F(Spawner, RecordsNoEffortThatTheProgramIsNotTold) {
  ASSERT_EQ(spawner.configure(R"({"preset":"gemini"})"), std::nullopt);
  host.when("gemini", exited(0, recorded("gemini/ok.jsonl")));
  produce();
  EXPECT_EQ(host.agent_runs.at(0).effort, "");
  EXPECT_EQ(host.agent_runs.at(0).turns, std::nullopt);
  EXPECT_EQ(host.agent_runs.at(0).cost_usd, std::nullopt);
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
