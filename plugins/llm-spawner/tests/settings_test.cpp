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
  for (const char* name : {"claude", "codex"}) {
    const Preset& preset = *find_preset(name);
    EXPECT_EQ(check_arguments({preset.argv.begin(), preset.argv.end()}), std::nullopt);
    for (const EnvRow& row : preset.env) {
      EXPECT_EQ(check_arguments({std::string(row.value)}), std::nullopt) << row.name;
    }
  }
}

}  // namespace
}  // namespace llm_spawner
