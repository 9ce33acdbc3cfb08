// SPDX-License-Identifier: Apache-2.0
// Rules between keys, each with its place and the way to mend it.
#include <gtest/gtest.h>

#include "unit/config/files.h"

namespace orc::config::test {

namespace {

const std::string k_at = "F/orchestrator.yaml:";

struct Case {
  const char* name;
  std::string lines;  // from line 3 on
  std::vector<std::string> findings;
};

class CrossCheck : public testing::TestWithParam<Case> {};

TEST_P(CrossCheck, PointsAtTheKeyThatBreaksTheRule) {
  const ConfigFolder folder;
  const Loaded loaded =
      folder.load("version: 1\nplugins: { llm-spawner: { repos: \"*\" } }\n" + GetParam().lines);
  EXPECT_EQ(folder.texts(loaded.findings), GetParam().findings);
}

const Case k_cases[] = {
    {"UnknownProducer",
     "stages: { review: { producers: [llm-spawer] } }\n",
     {k_at +
      "3:33: stages.review.producers[0]: no plugin \"llm-spawer\", did you mean \"llm-spawner\"?"}},
    {"ProducerTwice",
     "stages: { review: { producers: [llm-spawner, llm-spawner] } }\n",
     {k_at + "3:46: stages.review.producers[1]: \"llm-spawner\" is asked twice"}},
    {"EmptyChain",
     "stages: { review: { producers: [] } }\n",
     {k_at +
      "3:32: stages.review.producers: warning: no producer: every task is held at this stage"}},
    {"WebhooksWithoutASecret",
     "http: { webhooks: { listen: '127.0.0.1:8481' } }\n",
     {k_at + "3:29: http.webhooks.listen: no secret is configured, so every webhook would be refused\n"
             "  give http.webhooks.gitea.secret or http.webhooks.github.secret, or set it to off"}},
    {"AWebhookSecretInTheFile",
     "http: { webhooks: { gitea: { secret: { value: hunter2 } } } }\n",
     {k_at + "3:30: http.webhooks.gitea.secret: names no secret\n"
             "  such as { credential: gitea-webhook }"}},
    {"TwoSelfHosting",
     "repos:\n  a: { self_hosting: true }\n  b: { self_hosting: true }\n",
     {k_at + "5:22: repos.b.self_hosting: \"a\" is the self-hosting repository already\n"
             "  set it to false in all but one"}},
    {"CiAboveTheCeiling",
     "ownership: { reaper: { max_running: 1h } }\nrepos: { web: { ci: { timeout: 1h } } }\n",
     {k_at + "4:32: repos.web.ci.timeout: 1h and daemon.kill_grace 10s are not below "
             "ownership.reaper.max_running 1h\n  lower it, or raise ownership.reaper.max_running"}},
    {"SuiteJustBelowTheCeiling",
     "ownership: { reaper: { max_running: 1h } }\n"
     "repos: { web: { test: { command: [a], timeout: 59m49s } } }\n",
     {}},
    {"SuiteJustAtTheCeiling",
     "ownership: { reaper: { max_running: 1h } }\n"
     "repos: { web: { test: { command: [a], timeout: 59m50s } } }\n",
     {k_at + "4:48: repos.web.test.timeout: 59m50s and daemon.kill_grace 10s are not below "
             "ownership.reaper.max_running 1h\n  lower it, or raise ownership.reaper.max_running"}},
    {"SilenceAboveTheCeiling",
     "ownership: { reaper: { max_running: 1h, silent_after: 1h } }\n",
     {k_at + "3:55: ownership.reaper.silent_after: 1h and daemon.kill_grace 10s are not below "
             "ownership.reaper.max_running 1h\n  lower it, or raise ownership.reaper.max_running"}},
    {"SilenceBelowTheIntervalOfItsLooks",
     "ownership: { reaper: { silent_after: 10s } }\n",
     {k_at + "3:38: ownership.reaper.silent_after: 10s is below ownership.reaper.every 30s: silence "
             "would be noticed later\n  raise it, or lower ownership.reaper.every"}},
    {"SuiteWithoutCommand",
     "repos: { web: { test: { timeout: 5m } } }\n",
     {k_at + "3:17: repos.web.test: has no command\n  add test.command, or remove test"}},
    {"SuiteOutsideTheCheckout",
     "repos: { web: { test: { command: [a], cwd: ../other } } }\n",
     {k_at + "3:44: repos.web.test.cwd: wanted a path inside the checkout"}},
    {"ExitCodeInBoth",
     "repos: { web: { test: { command: [a], exit_codes: { pass: [0], fail: [0, 1] } } } }\n",
     {k_at + "3:39: repos.web.test.exit_codes: exit code 0 stands in both pass and fail"}},
    {"OpenBoard",
     "http: { board: { listen: \"0.0.0.0:8480\" } }\n",
     {k_at +
      "3:26: http.board.listen: \"0.0.0.0\" is not a loopback address, and the board has no operator "
      "token\n  listen on 127.0.0.1 behind a reverse proxy with authentication, or give "
      "http.board.operator_token"}},
    {"BoardWithoutAName",
     "http: { board: { listen: \"0.0.0.0:8480\", operator_token: { env: T } } }\n",
     {k_at + "3:26: http.board.listen: \"0.0.0.0\" is no name that a browser can ask for\n  give the "
             "one address or name under which the board is reached"}},
    {"TokenInThePlain",
     "http: { board: { operator_token: { token: 0123456789abcdef } } }\n",
     {k_at + "3:18: http.board.operator_token: names no secret\n  such as { credential: board-token }"}},
    {"EmptyApprover",
     "gates: { analysis_approval: { approvers: [\" \"] } }\n",
     {k_at + "3:43: gates.analysis_approval.approvers[0]: found an empty text, wanted a user"}},
    {"EmptyModel",
     "roles: { tester: { model: \"\" } }\n",
     {k_at + "3:27: roles.tester.model: found an empty text, wanted a model"}},
};

INSTANTIATE_TEST_SUITE_P(Rules, CrossCheck, testing::ValuesIn(k_cases),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace

TEST(Load, WarnsAboutAScopeThatNamesNoRepository) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\nrepos: { website: {} }\nplugins: { llm-spawner: { repos: \"*, webste\" } }\n");
  const std::vector<std::string> wanted{k_at +
                                        "3:34: plugins.llm-spawner.repos: warning: no repository "
                                        "\"webste\", did you mean \"website\"?"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
  EXPECT_TRUE(loaded.config);
}

TEST(Load, WarnsThatABoardInTheNetworkIsReadByEverybody) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\nhttp: { board: { listen: \"192.0.2.7:8480\", operator_token: { env: T } } }\n");
  const std::string wanted =
      k_at +
      "2:26: http.board.listen: warning: whoever reaches \"192.0.2.7\" may read, and the token crosses "
      "the network as it is\n  put a reverse proxy with TLS and authentication in front";
  const std::vector<std::string> texts = folder.texts(loaded.findings);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), wanted), 1);
  EXPECT_TRUE(loaded.config);
}

TEST(Load, WarnsWhereNothingIsLeftWhenEveryProducerDeclines) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "plugins: { llm-spawner: {}, test-runner: {} }\n"
      "stages: { testing: { producers: [test-runner] } }\n");
  const std::vector<std::string> wanted{
      k_at +
      "3:33: stages.testing.producers: warning: \"test-runner\" stands last and may decline: a task "
      "whose producers all decline is held at testing\n  end the chain with an enabled llm-spawner"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
  EXPECT_TRUE(loaded.config);
}

TEST(Load, WarnsOnceThatTheFallbackOfManyChainsIsOff) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load(
      "version: 1\n"
      "plugins: { llm-spawner: { enabled: false }, test-runner: {} }\n"
      "stages: { review: { producers: [llm-spawner] },\n"
      "          testing: { producers: [test-runner, llm-spawner] } }\n");
  const std::vector<std::string> texts = folder.texts(loaded.findings);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_TRUE(texts.front().starts_with(
      k_at +
      "2:36: plugins.llm-spawner.enabled: warning: the fallback is switched off: a task whose "
      "producers all decline is held at analysis, architecture, development, review, testing"))
      << texts.front();
}

TEST(Load, RefusesAControlSocketThatNoSocketAddressHolds) {
  ConfigFolder folder;
  folder.set = {"http.control.socket=/" + std::string(107, 's')};
  const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: {} }\n");
  ASSERT_FALSE(loaded.config);
  const std::string found = folder.texts(loaded.findings).front();
  EXPECT_NE(found.find("http.control.socket: the path has 108 bytes, a Unix socket takes 107"),
            std::string::npos)
      << found;
}

TEST(Load, WarnsAboutASwitchUnderAMistypedName) {
  const ConfigFolder folder;
  folder.write("conf.d/50-off.yaml", "plugins: { test-runer: { enabled: false } }\n");
  const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: {}, test-runner: {} }\n");
  const std::vector<std::string> wanted{
      "F/conf.d/50-off.yaml:1:12: plugins.test-runer: warning: no stage asks this plugin, did you "
      "mean "
      "\"test-runner\"?"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
}

TEST(Load, RefusesAPromptWithAVariableThatNobodyFillsIn) {
  const ConfigFolder folder;
  folder.write("prompts/tester.md", "<task>\n{{title}} {{requst}}\n</task>\n");
  const Loaded loaded =
      folder.load("version: 1\nplugins: { llm-spawner: { repos: \"*\" } }\n");
  EXPECT_EQ(folder.texts(loaded.findings),
            (std::vector<std::string>{
                "--set: roles.tester.prompt: F/prompts/tester.md:2: unknown variable {{requst}}, "
                "did you mean \"request\"?\n  correct it in the prompt"}));
}

TEST(Load, WarnsOfAnEmptyScopeThatMeansNobody) {
  const ConfigFolder folder;
  const std::string text =
      "version: 1\nrepos: { shop: {} }\n"
      "plugins: { test-runner: {}, llm-spawner: { repos: \"*\" } }\n";
  const Loaded loaded = folder.load(text);
  ASSERT_EQ(loaded.findings.size(), 1U);
  EXPECT_EQ(loaded.findings[0].key, "plugins.test-runner.repos");
  EXPECT_EQ(loaded.findings[0].severity, Finding::Severity::warning);
  EXPECT_TRUE(folder.load("version: 1\nrepos: { shop: { self_hosting: true } }\n" +
                          text.substr(text.find("plugins")))
                  .findings.empty());
}

TEST(Load, RefusesAPromptThatIsNotThere) {
  ConfigFolder folder;
  folder.set = {"roles.tester.prompt=prompts/nobody.md"};
  const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: {} }\n");
  EXPECT_EQ(
      folder.texts(loaded.findings),
      std::vector<std::string>{"--set: roles.tester.prompt: no such file: F/prompts/nobody.md"});
}

TEST(Load, RefusesAPluginTimeoutAboveTheCeiling) {
  const ConfigFolder folder;
  const Loaded loaded = folder.load("version: 1\nplugins: { llm-spawner: { timeout: 3h } }\n");
  const std::vector<std::string> wanted{
      k_at +
      "2:36: plugins.llm-spawner.timeout: 3h and daemon.kill_grace 10s are not below "
      "ownership.reaper.max_running 2h30m\n  lower it, or raise ownership.reaper.max_running"};
  EXPECT_EQ(folder.texts(loaded.findings), wanted);
}

}  // namespace orc::config::test
