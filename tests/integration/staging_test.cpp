// SPDX-License-Identifier: Apache-2.0
// The staging suite on another machine: the real host, its worker, ssh and an sshd on loopback.
// What is wrong with the channel never becomes a verdict on the code, and a red suite never becomes
// a trouble of the channel.
#include <csignal>

#include "integration/host_test.h"
#include "support/loopback_sshd.h"

namespace orc::test {

namespace {

class Staging : public HostTest {
 protected:
  void SetUp() override {
    if (!target.problem().empty()) GTEST_SKIP() << target.problem();
    const std::filesystem::path shop = make_repository("shop", {{"README.md", "Shop.\n"}});
    add_branch(shop, "work", "code.txt", "code\n");
    repos_ = "  shop: { clone: " + shop.string() + ", ci: { required: false } }\n";
    write_text(known_hosts(), target.known_hosts());
  }

  std::filesystem::path known_hosts() const { return host.root() / "known_hosts"; }
  std::string on_target(const char* name) const { return target.folder() + '/' + name; }
  // What runs on the target: it leaves the commit it was given, then `script` decides.
  void serve_suite(const std::string& script, const std::string& more = "") {
    write_text(on_target("suite.sh"), "echo \"$1\" >REVISION\n" + script);
    serve({.test_runner_enabled = "false",
           .repos = repos_,
           .plugins =
               "  staging-runner:\n    repos: \"*\"\n"
               "    infra_retry: { attempts: 2, backoff: 1s }\n    settings:\n"
               "      ssh: { target: " +
               LoopbackSshd::target() + ", port: " + std::to_string(target.port()) +
               ", connect_timeout: 5s,\n             identity: " + identity +
               ", known_hosts: " + known_hosts().string() +
               " }\n      command: [sh, suite.sh, \"{commit}\"]\n      cwd: " + target.folder() +
               "\n      revision: { file: REVISION, check: after }\n      timeout: 30s\n" + more});
  }
  Json staged(const std::string& id) {
    submit(id, {"--repo", "shop", "--branch", "work", "--from", "deploy-staging"});
    return settled(id);
  }
  static bool is_held(const Json& task) { return task.at("state") == "infra_hold"; }
  // Open alerts that the task is held.
  int alerts(const std::string& id) const {
    int count = 0;
    const Json status = ask({"status"});
    for (const Json& alert : status.at("alerts")) {
      if (alert.value("task", "") == id && alert.value("condition", "").rfind("held:", 0) == 0)
        ++count;
    }
    return count;
  }
  void expect_held_without_blame(const std::string& id, const std::string& reason) const {
    const Json held = task(id);
    EXPECT_TRUE(is_held(held)) << held.dump(2);
    EXPECT_EQ(held.at("stage"), "deploy-staging");
    EXPECT_EQ(held.at("counters").at("code_fail"), 0);
    EXPECT_NE(held.dump().find(reason), std::string::npos) << held.dump(2);
    EXPECT_TRUE(held.at("artifacts").empty()) << "a log with a verdict was written";
    EXPECT_EQ(alerts(id), 1);
  }
  std::string preflight_state() const {
    const Json status = ask({"status"});
    for (const Json& row : status.at("preflight")) {
      if (row.at("plugin") == "staging-runner") return row.at("state");
    }
    return "";
  }

  LoopbackSshd target;
  std::string identity = on_target("client");

 private:
  std::string repos_;
};

TEST_F(Staging, MissingToolOnTheTargetHoldsAtOnceAndStaysHeld) {
  serve_suite("exit 0\n", "      requires: [no-such-docker]\n");
  staged("IT-40");
  expect_held_without_blame("IT-40", "no-such-docker");
  EXPECT_EQ(runs("IT-40", "deploy-staging").size(), 1U) << "futile retries";

  for (int i = 0; i < 3; ++i) host.signal(SIGHUP);
  host.signal(SIGTERM);
  ASSERT_TRUE(host.wait_for_exit().has_value()) << host.log();
  ASSERT_TRUE(host.start()) << host.log();
  ASSERT_TRUE(eventually([&] { return preflight_state() == "failed"; })) << host.log();
  expect_held_without_blame("IT-40", "no-such-docker");
}

TEST_F(Staging, LoginWithoutAShellHoldsAtOnce) {
  identity = target.make_key("shellless");
  target.let_in("shellless", "exec /no/such/sh");
  serve_suite("exit 0\n");
  staged("IT-41");
  expect_held_without_blame("IT-41", "no shell on the target");
}

TEST_F(Staging, TargetThatDoesNotAnswerIsTriedAgainWithinItsBudgetThenHeld) {
  target.stop_listening();
  serve_suite("exit 0\n");
  staged("IT-42");
  expect_held_without_blame("IT-42", "connection refused");
  EXPECT_EQ(runs("IT-42", "deploy-staging").size(), 2U);
}

TEST_F(Staging, RedSuiteGoesBackToTheDeveloperWhateverItPrints) {
  serve_suite(
      "[ ! -e mended ] || exit 0\ntouch mended\n"
      "echo 'docker: command not found' >&2; echo 'Connection refused'; exit 1\n");
  const Json end = staged("IT-43");
  EXPECT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "waiting_human");
  EXPECT_EQ(runs("IT-43", "deploy-staging").size(), 2U);
  EXPECT_EQ(runs("IT-43", "development").size(), 1U) << "the red suite sent nobody back";
  std::string log;
  for (const Json& artifact : end.at("artifacts")) {
    if (artifact.at("name") == "15-staging-log.md") log = artifact.dump();
  }
  EXPECT_FALSE(log.empty()) << end.dump(2);
}

TEST_F(Staging, SuiteAgainstAnotherCommitIsNoSuccess) {
  serve_suite("echo ffffffffffffffffffffffffffffffffffffffff >REVISION; exit 0\n");
  staged("IT-44");
  expect_held_without_blame("IT-44", "another revision");
}

// Host key, key, then the tool: each is seen before a task is burnt on it, and what was held goes
// on without a restart.
TEST_F(Staging, MendedChannelReleasesWhatItHeld) {
  target.make_key("stranger");
  write_text(known_hosts(), target.known_hosts("stranger"));
  serve_suite("exit 0\n");
  ASSERT_TRUE(eventually([&] { return preflight_state() == "failed"; })) << host.log();
  staged("IT-45");
  expect_held_without_blame("IT-45", "host key changed");

  write_text(known_hosts(), target.known_hosts());
  host.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return task("IT-45").at("stage") == "deploy"; }))
      << task("IT-45").dump(2) << host.log();
  EXPECT_EQ(preflight_state(), "passed");
  EXPECT_EQ(alerts("IT-45"), 0);
}

TEST_F(Staging, CancelledSuiteIsGoneFromTheTargetToo) {
  serve_suite("echo $$ >pid.new; mv pid.new pid; exec sleep 300\n");
  submit("IT-46", {"--repo", "shop", "--branch", "work", "--from", "deploy-staging"});
  ASSERT_TRUE(wait_for_text(on_target("pid"), "\n")) << host.log();
  const pid_t suite = std::stoi(read_text(on_target("pid")));
  // The running suite owns the transition: a person takes it from it first.
  const CommandResult freed = host.orchestrator({"lease", "release", "IT-46", "--force"});
  ASSERT_EQ(freed.exit_code, 0) << freed.err;
  ask({"task", "cancel", "IT-46", "--reason", "no longer wanted"});
  EXPECT_TRUE(wait_for_end(suite));
}

}  // namespace

}  // namespace orc::test
