// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <gtest/gtest.h>

#include <csignal>

#include "placeholders.h"

namespace llm_spawner {
namespace {

Settings accepted(const std::string& json) {
  auto parsed = parse_settings(json);
  EXPECT_TRUE(std::holds_alternative<Settings>(parsed)) << json;
  return std::holds_alternative<Settings>(parsed) ? std::get<Settings>(parsed) : Settings{};
}

std::string refused(const std::string& json) {
  auto parsed = parse_settings(json);
  EXPECT_TRUE(std::holds_alternative<std::string>(parsed)) << json;
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
}

TEST(Settings, WithoutProgramAreValidAndEmpty) {
  EXPECT_TRUE(accepted("{}").argv.empty());
  EXPECT_TRUE(accepted(R"({"stdin":"none"})").argv.empty());
}

TEST(Settings, PresetsBringTheirCommandLineAndSignal) {
  EXPECT_EQ(accepted(R"({"preset":"claude"})").argv.front(), "claude");
  EXPECT_EQ(accepted(R"({"preset":"claude"})").soft_signal, SIGTERM);
  EXPECT_EQ(accepted(R"({"preset":"codex"})").soft_signal, SIGINT);
}

TEST(Settings, OwnArgumentsReplaceThePresetsButKeepItsDialect) {
  const Settings settings = accepted(
      R"({"preset":"codex","argv":["/opt/codex","exec","{{prompt}}"],"soft_signal":"SIGHUP"})");
  EXPECT_EQ(settings.argv, (std::vector<std::string>{"/opt/codex", "exec", "{{prompt}}"}));
  EXPECT_EQ(settings.preset->dialect, Dialect::codex);
  EXPECT_EQ(settings.soft_signal, SIGHUP);
}

TEST(Settings, RefuseAnUnknownPlaceholderWithASuggestion) {
  const std::string text = refused(R"({"argv":["agent","{{promt}}"]})");
  EXPECT_NE(text.find("{{promt}}"), std::string::npos);
  EXPECT_NE(text.find("did you mean \"prompt\""), std::string::npos);
}

TEST(Settings, RefuseWhatCouldNotWork) {
  EXPECT_NE(refused(R"({"argv":["agent","{{prompt"]})").find("not closed"), std::string::npos);
  EXPECT_NE(refused(R"({"preset":"custom"})").find("argv"), std::string::npos);
  EXPECT_NE(refused(R"({"argv":["agent"]})").find("never see its prompt"), std::string::npos);
  EXPECT_NE(refused(R"({"argv":[]})").find("no program"), std::string::npos);
  refused(R"({"argv":["agent","{{prompt}}"],"soft_signal":"SIGKILL"})");
  refused(R"({"preset":"nano"})");
  refused("[]");
  refused("{");
}

TEST(Settings, RefuseAProgramThatTheWorktreeCouldProvide) {
  refused(R"({"argv":["./agent","{{prompt}}"]})");
  refused(R"({"argv":["{{worktree}}/agent","{{prompt}}"]})");
}

TEST(Settings, RefuseAnEnvironmentThatTheHostOwns) {
  for (const char* name : {"HOME", "ORCH_RUN_ID", "LD_PRELOAD", "A B", "", "1A"}) {
    refused(R"({"preset":"claude","env":{")" + std::string(name) + R"(":"x"}})");
  }
  EXPECT_EQ(accepted(R"({"preset":"claude","env":{"ANTHROPIC_API_KEY":"k"}})").env.size(), 1U);
}

TEST(Settings, AddArgumentsAndLimitsToThePresetsCommandLine) {
  const auto argv =
      accepted(
          R"({"preset":"claude","extra_args":["--add-dir","{{home}}"],"max_turns":40,"max_budget_usd":2.5})")
          .argv;
  EXPECT_EQ((std::vector<std::string>{argv.end() - 6, argv.end()}),
            (std::vector<std::string>{"--add-dir", "{{home}}", "--max-turns", "40",
                                      "--max-budget-usd", "2.5"}));
  const auto codex = accepted(R"({"preset":"codex","extra_args":["-c","x=1"]})").argv;
  EXPECT_EQ(codex.back(), "{{prompt}}");
  EXPECT_EQ(codex.at(codex.size() - 2), "x=1");
}

TEST(Settings, RefuseALimitThatTheProgramDoesNotKnow) {
  EXPECT_NE(refused(R"({"preset":"codex","max_turns":3})").find("max_turns"), std::string::npos);
  refused(R"({"preset":"claude","argv":["claude","{{prompt}}"],"extra_args":["x"]})");
  refused(R"({"preset":"claude","extra_args":["{{promt}}"]})");
}

TEST(Settings, AskForTheProviderOfAProgramThatKnowsSeveral) {
  EXPECT_NE(refused(R"({"preset":"pi"})").find("provider"), std::string::npos);
  EXPECT_EQ(accepted(R"({"preset":"pi","provider":"anthropic"})").provider, "anthropic");
}

TEST(Settings, KeepTheFilesOfTheHomeInside) {
  for (const char* path : {"../x", "/etc/x", "a/../../x", "", "a/"}) {
    refused(R"({"preset":"claude","home_files":{")" + std::string(path) + R"(":"x"}})");
  }
  EXPECT_EQ(accepted(R"({"preset":"gemini","home_files":{"models.json":"{{provider}}"}})")
                .home_files.size(),
            2U);
}

TEST(Settings, LetAnOwnProgramSpeakAKnownDialectOrNameItsNumbers) {
  EXPECT_EQ(accepted(R"({"argv":["a","{{prompt}}"],"parser":"qwen"})").dialect, Dialect::qwen);
  EXPECT_EQ(accepted(R"({"argv":["a","{{prompt}}"],"usage":{"input":"/u/in"}})").usage.size(), 1U);
  EXPECT_NE(refused(R"({"argv":["a","{{prompt}}"],"usage":{"inputs":"/u"}})")
                .find("did you mean \"input\""),
            std::string::npos);
  refused(R"({"argv":["a","{{prompt}}"],"usage":{"input":"u"}})");
  refused(R"({"preset":"claude","usage":{"input":"/u"}})");
}

TEST(Settings, NeverQuoteAValueThatMayBeASecret) {
  EXPECT_EQ(refused(R"({"preset":"claude","env":{"KEY":["s3cr3t"]}})").find("s3cr3t"),
            std::string::npos);
}

TEST(Placeholders, AreExpandedOnce) {
  const Values values{{"work_item", "{{home}}"}, {"home", "/h"}};
  EXPECT_EQ(expand("a {{work_item}} {{ home }} b", values), "a {{home}} /h b");
  EXPECT_EQ(expand("none", values), "none");
  EXPECT_EQ(expand("{{stage}}", values), "");
}

TEST(Placeholders, OfEveryPresetAreKnown) {
  for (const char* name : {"claude", "codex", "opencode", "pi", "gemini", "qwen"}) {
    const Preset& preset = *find_preset(name);
    const std::string provider = R"(,"provider":"p"})";
    EXPECT_EQ(check_placeholders(
                  "argv", accepted(R"({"preset":")" + std::string(name) + "\"" + provider).argv),
              std::nullopt);
    for (const EnvRow& row : preset.env) {
      EXPECT_EQ(check_placeholders("env", {std::string(row.value)}), std::nullopt) << row.name;
    }
    for (const HomeFile& file : preset.home_files) {
      EXPECT_EQ(check_placeholders("home", {std::string(file.text)}), std::nullopt) << file.path;
    }
  }
}

}  // namespace
}  // namespace llm_spawner
