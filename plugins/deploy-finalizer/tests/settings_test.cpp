// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <gtest/gtest.h>

#include <orchestrator/plugin/testing.hpp>

#include "exit_codes.h"
#include "text.h"
#include "wrapper.h"

namespace deploy_finalizer {
namespace {

using orchestrator::plugin::test::RequestBuilder;

Settings accepted(const std::string& json) {
  auto parsed = parse_settings(json);
  EXPECT_TRUE(std::holds_alternative<Settings>(parsed)) << json;
  return std::holds_alternative<Settings>(parsed) ? std::get<Settings>(parsed) : Settings{};
}

bool refused(const std::string& json) {
  return std::holds_alternative<std::string>(parse_settings(json));
}

TEST(Settings, HaveDefaults) {
  const Settings settings = accepted("{}");
  EXPECT_TRUE(settings.command.empty());
  EXPECT_EQ(settings.cwd, "/");
  EXPECT_EQ(settings.timeout, std::chrono::seconds(300));
  EXPECT_EQ(settings.poll, std::chrono::seconds(2));
}

TEST(Settings, TakeTimesWithAUnit) {
  EXPECT_EQ(accepted(R"({"timeout":"5m"})").timeout, std::chrono::minutes(5));
  EXPECT_EQ(accepted(R"({"poll":"250ms"})").poll, std::chrono::milliseconds(250));
  for (const char* text : {"5", "0s", "s", "-1s", "5 m", "1d", "9999999999s"}) {
    EXPECT_TRUE(refused(R"({"timeout":")" + std::string(text) + "\"}")) << text;
  }
}

TEST(Settings, RefuseWhatCouldNotWork) {
  EXPECT_TRUE(refused(R"({"command":[]})"));
  EXPECT_TRUE(refused(R"({"command":[""]})"));
  EXPECT_TRUE(refused(R"({"command":["deploy","{comit}"]})"));
  EXPECT_TRUE(refused(R"({"command":["{commit}"]})"));
  EXPECT_TRUE(refused(R"({"cwd":"here"})"));
  EXPECT_TRUE(refused(R"({"env":{"LD_PRELOAD":"x"}})"));
  EXPECT_TRUE(refused("nonsense"));
}

TEST(Settings, WantALookAtTheRunningRevisionBesideACommand) {
  EXPECT_TRUE(refused(R"({"command":["deploy"]})"));
  EXPECT_TRUE(refused(R"({"command":["d"],"revision_command":["r"],"revision_url":"http://x/"})"));
  EXPECT_TRUE(refused(R"({"command":["d"],"revision_url":"file:///etc/passwd"})"));
  EXPECT_TRUE(refused(R"({"command":["d"],"revision_url":"http://x/{comit}"})"));
  EXPECT_TRUE(refused(R"({"revision_field":"build"})"));
  EXPECT_TRUE(refused(R"({"command":["d"],"revision_command":["r"],"revision_field":"a..b"})"));
  EXPECT_EQ(accepted(R"({"command":["d"],"revision_url":"https://x/","revision_field":"a.b"})")
                .revision_field,
            "a.b");
}

TEST(Settings, GiveTheWrapperItsLimitsAsTimeoutReadsThem) {
  EXPECT_EQ(seconds_argument(std::chrono::milliseconds(61'005)), "61.005");
  EXPECT_EQ(seconds_argument(std::chrono::milliseconds(0)), "0.001") << "0 would be no limit";
}

TEST(FillIn, PutsTheCommitInOnceAndLeavesOtherBracesAlone) {
  RequestBuilder request;
  request.commit = "0123abcd";
  const auto filled =
      fill_in({"deploy", "--rev={commit}", "{work_item}", "${HOME}", "{}", "{A}"}, request.build());
  EXPECT_EQ(std::get<Command>(filled),
            (Command{"deploy", "--rev=0123abcd", "DEMO-1", "${HOME}", "{}", "{A}"}));
}

TEST(FillIn, RefusesAValueThatAShellCouldReadAsMore) {
  RequestBuilder request;
  for (const char* branch : {"", "a;reboot", "$(x)", "a b", "-rf", "a\nb", "a'b", "{commit}"}) {
    request.branch = branch;
    EXPECT_TRUE(std::holds_alternative<NoCommand>(fill_in({"d", "{branch}"}, request.build())))
        << branch;
  }
}

TEST(ExitCodes, AreMappedOneByOne) {
  EXPECT_EQ(meaning_of(0), ExitMeaning::succeeded);
  EXPECT_EQ(meaning_of(1), ExitMeaning::failed);
  EXPECT_EQ(meaning_of(123), ExitMeaning::failed);
  EXPECT_EQ(meaning_of(124), ExitMeaning::timed_out);
  EXPECT_EQ(meaning_of(125), ExitMeaning::unknown);
  EXPECT_EQ(meaning_of(126), ExitMeaning::program_missing);
  EXPECT_EQ(meaning_of(127), ExitMeaning::program_missing);
  EXPECT_EQ(meaning_of(128), ExitMeaning::failed);
  EXPECT_EQ(meaning_of(137), ExitMeaning::killed);
  EXPECT_EQ(meaning_of(193), ExitMeaning::failed);
  EXPECT_EQ(meaning_of(255), ExitMeaning::unknown);
  EXPECT_EQ(meaning_of(256), ExitMeaning::unknown);
  EXPECT_EQ(meaning_of(-1), ExitMeaning::unknown);
}

TEST(Text, ShowsForeignOutputWithoutItsSecretsAndControlCharacters) {
  EXPECT_EQ(code_block("a\n```\x1b[31m"), "    a\n    ```?[31m\n");
  EXPECT_EQ(without_secrets("k=long-secret!", {{"API_KEY", "long-secret"}}), "k=***!");
  EXPECT_EQ(without_secrets("url", {{"URL", "url"}}), "url");
}

}  // namespace
}  // namespace deploy_finalizer
