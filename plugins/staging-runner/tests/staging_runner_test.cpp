// SPDX-License-Identifier: Apache-2.0
#include "staging_runner.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sshd.h"
#include "support/real_plugin_host.h"

namespace staging_runner {
namespace {

using namespace orchestrator::plugin;
using Json = nlohmann::json;

std::string word(const Outcome& outcome) {
  if (const auto* verdict = std::get_if<orchestrator::plugin::Verdict>(&outcome))
    return verdict->token;
  if (const auto* defer = std::get_if<Defer>(&outcome))
    return "defer " + std::to_string(static_cast<int>(defer->why));
  return "hold " + std::to_string(static_cast<int>(std::get<Hold>(outcome).why));
}
std::string text(const Outcome& outcome) {
  if (const auto* verdict = std::get_if<orchestrator::plugin::Verdict>(&outcome))
    return verdict->body;
  if (const auto* defer = std::get_if<Defer>(&outcome)) return defer->text;
  return std::get<Hold>(outcome).text;
}

class Stage {
 public:
  Stage() : host("/") {
    request.stage = "deploy-staging";
    request.verdict_key = "staging_status";
    request.tokens = {"SUCCESS", "FAILED"};
    request.worktree = folder.path().string();
    request.commit = "0123456789abcdef0123456789abcdef01234567";
    request.branch = "feature/a";
  }
  Outcome run(const Json& settings) {
    StagingRunner runner;
    const auto refused = runner.configure(settings.dump());
    EXPECT_FALSE(refused.has_value()) << *refused;
    return runner.produce(request.build(), host);
  }

  test::ScratchFolder folder;
  test::RequestBuilder request;
  orc::test::RealPluginHost host;
};

TEST(StagingRunner, DeclinesWithoutACommand) {
  Stage stage;
  StagingRunner runner;
  ASSERT_FALSE(runner.configure("{}").has_value());
  const Answer answer = runner.accepts(stage.request.build());
  ASSERT_TRUE(std::holds_alternative<Decline>(answer));
  EXPECT_EQ(std::get<Decline>(answer).why, Why::no_contract);
  ASSERT_FALSE(runner.configure(R"({"command":["true"]})").has_value());
  EXPECT_TRUE(std::holds_alternative<Accept>(runner.accepts(stage.request.build())));
  stage.request.stage = "testing";
  EXPECT_TRUE(std::holds_alternative<Decline>(runner.accepts(stage.request.build())));
}

TEST(StagingRunner, RefusesSettingsItCannotUse) {
  StagingRunner runner;
  for (const char* const bad :
       {"[]", R"({"command":[]})", R"({"command":[""]})", R"({"command":["a"],"timeout":"10"})",
        R"({"command":["a"],"exec_host_side":true})",
        R"({"command":["a"],"ssh":{"target":"host"}})",
        R"({"command":["a"],"ssh":{"target":"-oProxyCommand=x@h"}})",
        R"({"command":["a"],"ssh":{"target":"a@-h"}})",
        R"({"command":["a"],"ssh":{"target":"a@h b"}})",
        R"({"command":["a"],"ssh":{"target":"a@h","port":0}})",
        R"({"command":["a"],"ssh":{"target":"a@h","identity":"/a\"b"}})",
        R"({"command":["a"],"success_codes":[0,1]})"})
    EXPECT_TRUE(runner.configure(bad).has_value()) << bad;
  EXPECT_FALSE(
      runner.configure(R"({"command":["a"],"exec_host_side":false,"ssh":{"target":"a@h"}})")
          .has_value());
}

TEST(StagingRunner, RunsHereAndTellsTheExitCode) {
  Stage stage;
  const Outcome success =
      stage.run({{"command", {"/bin/sh", "-c", "pwd; echo $0", "{commit}/{branch}"}}});
  EXPECT_EQ(word(success), "SUCCESS") << text(success);
  EXPECT_NE(text(success).find(stage.folder.path().string()), std::string::npos);
  EXPECT_NE(text(success).find("0123456789abcdef0123456789abcdef01234567/feature/a"),
            std::string::npos);
  EXPECT_EQ(word(stage.run({{"command", {"/bin/false"}}})), "FAILED");
  EXPECT_EQ(word(stage.run({{"command", {"/bin/sh", "-c", "exit 9"}}})), "hold 34");
  EXPECT_EQ(word(stage.run({{"command", {"no-such-command"}}})), "hold 30");
  EXPECT_EQ(word(stage.run({{"command", {"true"}}, {"requires", {"no-such-docker"}}})), "hold 30");
  EXPECT_EQ(word(stage.run({{"command", {"/bin/sh", "-c", "kill -9 $$"}}})), "defer 22");
  EXPECT_EQ(word(stage.run({{"command", {"sleep", "20"}}, {"timeout", "100ms"}})), "defer 20");
  EXPECT_TRUE(stage.host.runs.front().mutating);
}

TEST(StagingRunner, HoldsWhenACommandNamesACommitThatTheTaskDoesNotHave) {
  Stage stage;
  stage.request.commit.clear();
  EXPECT_EQ(word(stage.run({{"command", {"echo", "{commit}"}}})), "hold 32");
  EXPECT_TRUE(stage.host.runs.empty());
}

// --- the real sshd
// -------------------------------------------------------------------------------------

class OverSsh : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = new Sshd; }
  static void TearDownTestSuite() {
    delete server;
    server = nullptr;
  }
  void SetUp() override {
    if (!server->problem().empty()) GTEST_SKIP() << server->problem();
  }
  static Json settings(std::vector<std::string> command) {
    return {{"command", std::move(command)},
            {"timeout", "30s"},
            {"ssh",
             {{"target", server->target()},
              {"port", server->port()},
              {"identity", server->client_key()},
              {"known_hosts", server->known_hosts()},
              {"connect_timeout", "5s"}}}};
  }
  static std::optional<std::string> preflight(const Json& made) {
    StagingRunner runner;
    EXPECT_FALSE(runner.configure(made.dump()).has_value());
    orc::test::RealPluginHost host("/");
    return runner.preflight(host);
  }

  static Sshd* server;
  Stage stage;
};
Sshd* OverSsh::server = nullptr;

TEST_F(OverSsh, SuccessAndFailedAreTheSuites) {
  const Outcome success = stage.run(settings({"sh", "-c", "echo deployed \"$0\"", "{branch}"}));
  EXPECT_EQ(word(success), "SUCCESS") << text(success);
  EXPECT_NE(text(success).find("deployed feature/a"), std::string::npos) << text(success);
  EXPECT_EQ(text(success).find("orch-"), std::string::npos) << "a mark in the log";
  EXPECT_EQ(word(stage.run(settings({"false"}))), "FAILED");
  EXPECT_EQ(word(stage.run(settings({"sh", "-c", "exit 9"}))), "hold 34");
  EXPECT_EQ(word(stage.run(settings({"sh", "-c", "exit 255"}))), "hold 34");
}

TEST_F(OverSsh, RedSuiteStaysRedWhateverItPrints) {
  const Outcome outcome =
      stage.run(settings({"sh", "-c",
                          "echo 'docker: command not found' >&2; echo 'Connection refused' >&2; "
                          "echo 'Permission denied (publickey).' >&2;"
                          "echo 'orch-00000000000000000000000000000000 end 0'; exit 1"}));
  EXPECT_EQ(word(outcome), "FAILED") << text(outcome);
}

TEST_F(OverSsh, SuiteCannotReadTheNonce) {
  const Outcome outcome =
      stage.run(settings({"sh", "-c",
                          "cat /proc/*/cmdline /proc/self/environ /proc/$PPID/environ 2>/dev/null "
                          "| tr '\\0' '\\n' | grep -c '^nonce=\\|^orch-[0-9a-f]\\{32\\}'; true"}));
  EXPECT_EQ(word(outcome), "SUCCESS");
  EXPECT_NE(text(outcome).find("\n0\n"), std::string::npos) << text(outcome);
}

TEST_F(OverSsh, MissingProgramsAndFoldersAreTheEnvironments) {
  EXPECT_EQ(word(stage.run(settings({"no-such-command"}))), "hold 30");
  Json made = settings({"true"});
  made["requires"] = {"no-such-docker"};
  const Outcome outcome = stage.run(made);
  EXPECT_EQ(word(outcome), "hold 30");
  EXPECT_NE(text(outcome).find("no-such-docker"), std::string::npos);
  made = settings({"true"});
  made["cwd"] = "/no/such/folder";
  EXPECT_EQ(word(stage.run(made)), "hold 32");
  EXPECT_EQ(word(stage.run(settings({"sh", "-c", "exit 127"}))), "hold 30");
}

TEST_F(OverSsh, KilledSuiteIsDeferred) {
  EXPECT_EQ(word(stage.run(settings({"sh", "-c", "kill -9 $$"}))), "defer 22");
}

TEST_F(OverSsh, DroppedConnectionIsDeferred) {
  // Walks up to the sshd of its own session and ends it.
  std::ofstream(server->folder() + "/drop.sh")
      << "p=$$\nwhile [ \"$(cat /proc/$p/comm)\" != sshd ]; do p=$(cut -d' ' -f4 /proc/$p/stat); "
         "done\nkill -9 $p\n";
  const Outcome outcome = stage.run(settings({"sh", server->folder() + "/drop.sh"}));
  EXPECT_EQ(word(outcome), "defer 21") << text(outcome);
}

TEST_F(OverSsh, TimeOutIsDeferred) {
  const std::string pid_file = server->folder() + "/pid";
  Json made = settings({"sh", "-c", "echo $$ > \"$0\"; exec sleep 60", pid_file});
  made["timeout"] = "1s";
  made["ssh"]["connect_timeout"] = "1s";
  EXPECT_EQ(word(stage.run(made)), "defer 20");
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGKILL);
}

TEST_F(OverSsh, RefusedConnectionIsDeferred) {
  Json made = settings({"true"});
  made["ssh"]["port"] = 1;
  const Outcome outcome = stage.run(made);
  EXPECT_EQ(word(outcome), "defer 21") << text(outcome);
  EXPECT_NE(preflight(made).value_or("").find("Connection refused"), std::string::npos);
}

TEST_F(OverSsh, UnknownAndChangedHostKeysAreHeld) {
  Json made = settings({"true"});
  made["ssh"]["known_hosts"] = "# none\n";
  EXPECT_EQ(word(stage.run(made)), "hold 31");
  server->make_key("other_host");
  made["ssh"]["known_hosts"] =
      "[127.0.0.1]:" + std::to_string(server->port()) + ' ' + server->read("other_host.pub");
  const Outcome outcome = stage.run(made);
  EXPECT_EQ(word(outcome), "hold 31") << text(outcome);
  EXPECT_TRUE(preflight(made).has_value());
}

TEST_F(OverSsh, KeyThatIsNotLetInIsHeld) {
  Json made = settings({"true"});
  made["ssh"]["identity"] = server->make_key("other_client");
  const Outcome outcome = stage.run(made);
  EXPECT_EQ(word(outcome), "hold 31") << text(outcome);
}

TEST_F(OverSsh, PreflightPassesOnAWorkingChannel) {
  EXPECT_EQ(preflight(settings({"true"})).value_or("fine"), "fine");
}

TEST_F(OverSsh, MissingSshClientIsHeld) {
  test::FakeHost host;
  StagingRunner runner;
  ASSERT_FALSE(runner.configure(settings({"true"}).dump()).has_value());
  EXPECT_EQ(word(runner.produce(stage.request.build(), host)), "hold 30");
}

}  // namespace
}  // namespace staging_runner
