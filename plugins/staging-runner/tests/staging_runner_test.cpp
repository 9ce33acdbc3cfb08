// SPDX-License-Identifier: Apache-2.0
#include "staging_runner.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "channel.h"
#include "remote.h"
#include "support/loopback_sshd.h"
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
        R"({"command":["a"],"ssh":{"target":"a@h"}})", R"({"command":["a"],"revision":{}})",
        R"({"command":["a"],"revision":{"command":["git"],"unproven":true}})",
        R"({"command":["a"],"revision":{"file":"REVISION"}})",
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

TEST(StagingRunner, RunsHereOnlyAgainstTheCommitThatTheServiceSaysItHas) {
  Stage stage;
  const std::string revision = (stage.folder.path() / "REVISION").string();
  std::ofstream(revision) << stage.request.commit << '\n';
  const Json settings{{"command", {"true"}}, {"revision", {{"file", revision}}}};
  const Outcome proven = stage.run(settings);
  EXPECT_EQ(word(proven), "SUCCESS") << text(proven);
  EXPECT_NE(text(proven).find("before and after the suite"), std::string::npos);
  EXPECT_EQ(word(stage.run({{"command", {"sh", "-c", "echo 0000000 >\"$0\"", revision}},
                            {"revision", {{"file", revision}}}})),
            "defer 23");
  stage.host.runs.clear();
  EXPECT_EQ(word(stage.run(settings)), "defer 23");
  EXPECT_TRUE(stage.host.runs.empty()) << "the suite ran against another revision";
}

// --- the real sshd ---

// Waits for the end of a process that is not a child; false after 30 seconds.
bool is_gone(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd polled{fd, POLLIN, 0};
  const bool ended = ::poll(&polled, 1, 30'000) == 1;
  ::close(fd);
  return ended;
}

pid_t read_pid(const std::string& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

class OverSsh : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!server.problem().empty()) GTEST_SKIP() << server.problem();
  }
  Json settings(std::vector<std::string> command) const {
    return {{"command", std::move(command)},
            {"timeout", "30s"},
            {"revision", {{"unproven", true}}},
            {"ssh",
             {{"target", orc::test::LoopbackSshd::target()},
              {"port", server.port()},
              {"identity", server.client_key()},
              {"known_hosts", server.known_hosts()},
              {"connect_timeout", "5s"}}}};
  }
  static std::optional<std::string> preflight(const Json& made) {
    StagingRunner runner;
    EXPECT_FALSE(runner.configure(made.dump()).has_value());
    orc::test::RealPluginHost host("/");
    return runner.preflight(host);
  }
  std::string file(const char* name) const { return server.folder() + '/' + name; }
  // A suite that tells its process in `name` and then stays.
  Json staying(const char* name) const {
    return settings(
        {"sh", "-c", "echo $$ >\"$0.new\" && mv \"$0.new\" \"$0\" && exec sleep 300", file(name)});
  }

  orc::test::LoopbackSshd server;
  Stage stage;
};

TEST_F(OverSsh, ReportTellsThePersonWhatRanWhereAndWhy) {
  Json made = settings({"sh", "-c", "echo deployed \"$0\"; echo a warning >&2", "{branch}"});
  made["revision"] = {{"command", {"echo", stage.request.commit}}};
  const Outcome success = stage.run(made);
  ASSERT_EQ(word(success), "SUCCESS") << text(success);
  for (const char* const part :
       {"# Staging log: ", "| result | **SUCCESS**, exit code 0", "over ssh", "feature/a",
        "before and after the suite", "deployed feature/a\na warning\n"})
    EXPECT_NE(text(success).find(part), std::string::npos) << part << '\n' << text(success);
  EXPECT_EQ(text(success).find("orch-"), std::string::npos) << "a mark in the log";
}

TEST_F(OverSsh, SuiteCannotReadTheNonce) {
  const Outcome outcome =
      stage.run(settings({"sh", "-c",
                          "cat /proc/*/cmdline /proc/self/environ /proc/$PPID/environ 2>/dev/null "
                          "| tr '\\0' '\\n' | grep -c '^nonce=\\|^orch-[0-9a-f]\\{32\\}'; true"}));
  EXPECT_EQ(word(outcome), "SUCCESS");
  EXPECT_NE(text(outcome).find("\n0\n"), std::string::npos) << text(outcome);
}

TEST_F(OverSsh, NothingOfAFinishedSuiteStaysOnTheTarget) {
  const Outcome outcome =
      stage.run(settings({"sh", "-c", "setsid sleep 300 & echo $! >\"$0\"; true", file("daemon")}));
  EXPECT_EQ(word(outcome), "SUCCESS") << text(outcome);
  const pid_t daemon = read_pid(file("daemon"));
  ASSERT_GT(daemon, 0);
  EXPECT_TRUE(is_gone(daemon));
}

TEST_F(OverSsh, LimitEndsASuiteThatIgnoresItOnTheTarget) {
  Json made = settings(
      {"sh", "-c", "trap '' TERM; echo $$ >\"$0\"; while :; do sleep 1; done", file("stubborn")});
  made["timeout"] = "1s";
  EXPECT_EQ(word(stage.run(made)), "defer 20");
  const pid_t pid = read_pid(file("stubborn"));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(is_gone(pid));
}

// The host gives up and ends its own leg, as it does at a cancel or past the job's deadline.
TEST_F(OverSsh, TargetEndsTheSuiteWhenTheLocalLegIsKilled) {
  SshSettings ssh;
  ssh.target = orc::test::LoopbackSshd::target();
  ssh.port = server.port();
  ssh.identity = server.client_key();
  ssh.known_hosts = server.known_hosts();
  RemoteCommand command;
  command.argv = {"sh", "-c", "echo $$ >\"$0\"; exec sleep 300", file("orphan")};
  command.limit = std::chrono::minutes(5);
  command.owner = "DEMO-1";
  command.lock = "a.lock";
  const auto spoke = converse(ssh, command, std::chrono::seconds(4), true, {}, stage.host);
  const auto* const made = std::get_if<Conversation>(&spoke);
  ASSERT_NE(made, nullptr);
  EXPECT_TRUE(std::holds_alternative<TimedOut>(made->result.end));
  const pid_t pid = read_pid(file("orphan"));
  ASSERT_GT(pid, 0) << "the suite did not start in time";
  EXPECT_TRUE(is_gone(pid));
}

TEST_F(OverSsh, SecondAttemptEndsTheFirstBeforeItStarts) {
  const std::string seen = file("seen");
  Outcome first;
  std::thread earlier([&] {
    Stage other;
    first = other.run(staying("first"));
  });
  while (read_pid(file("first")) == 0) std::this_thread::yield();
  const pid_t pid = read_pid(file("first"));
  const Outcome second =
      stage.run(settings({"sh", "-c", "kill -0 \"$1\" 2>/dev/null && echo beside >\"$0\"; true",
                          seen, std::to_string(pid)}));
  earlier.join();
  EXPECT_EQ(word(second), "SUCCESS") << text(second);
  EXPECT_EQ(server.read("seen"), "") << "it ran beside the first";
  EXPECT_TRUE(is_gone(pid));
  EXPECT_NE(word(first), "SUCCESS");
  EXPECT_NE(word(first), "FAILED");
}

TEST_F(OverSsh, AttemptOfAnotherTaskWaits) {
  Outcome first;
  std::thread earlier([&] {
    Stage other;
    Json made = staying("first");
    made["timeout"] = "4s";
    first = other.run(made);
  });
  while (read_pid(file("first")) == 0) std::this_thread::yield();
  stage.request.work_item = "DEMO-2";
  const Outcome second = stage.run(settings({"true"}));
  EXPECT_EQ(word(second), "defer 23") << text(second);
  EXPECT_NE(text(second).find("DEMO-1"), std::string::npos) << text(second);
  earlier.join();
  EXPECT_EQ(word(first), "defer 20");
}

TEST_F(OverSsh, PreflightSeesWhatARunWouldMiss) {
  const auto trouble = [&](const char* key, const Json& value) {
    Json made = settings({"true"});
    made[key] = value;
    return preflight(made).value_or("fine");
  };
  EXPECT_EQ(trouble("timeout", "30s"), "fine");
  EXPECT_EQ(trouble("requires", {"no-such-docker"}),
            "command missing: not on the target: no-such-docker");
  EXPECT_EQ(trouble("command", {"no-such-command"}),
            "command missing: not on the target: no-such-command");
  EXPECT_EQ(trouble("cwd", "/no/such/folder").find("folder missing: "), 0U);
  EXPECT_EQ(trouble("revision", {{"command", {"no-such-git"}}}),
            "command missing: not on the target: no-such-git");
  EXPECT_EQ(trouble("revision", {{"command", {"true"}}}),
            "revision unreadable: no commit id now: \"\"");
  EXPECT_EQ(trouble("revision", {{"command", {"echo", "0123456789"}}}), "fine");
  Json made = settings({"true"});
  server.stop_listening();
  EXPECT_EQ(preflight(made).value_or("fine").find("connection refused: "), 0U);
}

TEST_F(OverSsh, KeyThatIsNotThereIsNamedBeforeSshIsAsked) {
  Json made = settings({"true"});
  made["ssh"]["identity"] = "/no/such/key";
  const Outcome outcome = stage.run(made);
  EXPECT_EQ(word(outcome), "hold 31");
  EXPECT_EQ(text(outcome), "private key unusable: /no/such/key cannot be read");
  EXPECT_TRUE(stage.host.runs.empty());
}

TEST_F(OverSsh, PreflightStartsNothingAndLeavesNothing) {
  EXPECT_EQ(preflight(settings({"sh", "-c", "touch \"$0\"", file("touched")})), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(file("touched")));
  EXPECT_TRUE(std::filesystem::is_empty(file("home")));
}

TEST_F(OverSsh, MissingSshClientIsHeld) {
  test::FakeHost host;
  StagingRunner runner;
  ASSERT_FALSE(runner.configure(settings({"true"}).dump()).has_value());
  EXPECT_EQ(word(runner.produce(stage.request.build(), host)), "hold 30");
}

}  // namespace
}  // namespace staging_runner
