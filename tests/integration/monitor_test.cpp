// SPDX-License-Identifier: Apache-2.0
// The post-deploy monitor in the real program: over restarts of the host, one alert, one rollback.
#include <csignal>

#include "integration/host_test.h"

namespace orc::test {

namespace {

namespace fs = std::filesystem;

class MonitoredDeploy : public HostTest {
 protected:
  void SetUp() override {
    const std::string root = host.root().string();
    write_text(host.root() / "deploy.sh", "printf '%s\n' \"$2\" > \"$1/REVISION\"\n");
    write_text(host.root() / "health.sh", "printf x >> \"$1/looks\"; [ ! -e \"$1/broken\" ]\n");
    write_text(host.root() / "rollback.sh",
               "printf x >> \"$1/rollbacks\"\n[ ! -p \"$1/gate\" ] || read -r go < \"$1/gate\"\n");
    const auto repository = make_repository("service", {{"README", "a service\n"}});
    add_branch(repository, "work", "change", "1");
    configure({.repos = "  service:\n    clone: " + repository.string() +
                        "\n    monitor:\n      command: [sh, " + root + "/health.sh, " + root +
                        "]\n      interval: 200ms\n      window: 10m\n      baseline: 2\n"
                        "      failures: 2\n      rollback: { command: [sh, " +
                        root + "/rollback.sh, " + root + "] }\n",
               .plugins = "  deploy-finalizer:\n    repos: \"*\"\n    settings:\n"
                          "      command: [sh, " +
                          root + "/deploy.sh, " + root +
                          ", \"{commit}\"]\n      revision_command: [cat, " + root +
                          "/REVISION]\n      poll: 100ms\n"});
    ASSERT_TRUE(host.start()) << host.log();
    submit("IT-1", {"--repo", "service", "--branch", "work", "--from", "deploy"});
    ask({"task", "approve", "IT-1"});
    ASSERT_TRUE(eventually([&] { return state() == "done"; })) << host.log();
  }

  std::string state() const { return task("IT-1").value("state", ""); }
  Json monitor() const { return task("IT-1").at("monitor"); }
  bool rollback_ends() const {
    return eventually([&] {
      const std::string rollback = monitor().value("rollback", "");
      return rollback != "none" && rollback != "intended";
    });
  }
  std::vector<std::string> alerts() const {
    std::vector<std::string> conditions;
    const Json status = ask({"status"});
    for (const Json& alert : status.at("alerts")) {
      const std::string condition = alert.at("condition");
      if (condition.ends_with(":IT-1")) conditions.push_back(condition);
    }
    return conditions;
  }
  std::size_t looks() const { return read_text(host.root() / "looks").size(); }
};

TEST_F(MonitoredDeploy, IsWatchedOverARestartAndRolledBackOnceWithOneAlert) {
  EXPECT_EQ(monitor().at("state"), "watching");
  EXPECT_GE(looks(), 2u) << "before the deploy";
  host.kill_hard();
  ASSERT_TRUE(host.start()) << host.log();
  const std::size_t before = looks();
  ASSERT_TRUE(eventually([&] { return looks() > before; })) << "the window goes on";
  write_text(host.root() / "broken", "");
  ASSERT_TRUE(rollback_ends()) << monitor().dump(2) << host.log();
  const Json end = monitor();
  EXPECT_EQ(end.at("state"), "degraded");
  EXPECT_EQ(end.at("rollback"), "succeeded") << end.dump(2);
  EXPECT_EQ(read_text(host.root() / "rollbacks"), "x");
  EXPECT_EQ(alerts(), std::vector<std::string>{"degraded:IT-1"});
  EXPECT_EQ(state(), "done") << "what was delivered stays delivered";
  const Json queue = ask({"queue", "list"});
  const Json& shown = queue.at("post_deploy_monitor").at("monitors");
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].at("repo"), "service");
  EXPECT_NE(host.orchestrator({"status"}).out.find("degraded"), std::string::npos);
  EXPECT_NE(host.orchestrator({"task", "show", "IT-1"}).out.find("rollback succeeded"),
            std::string::npos);
  EXPECT_TRUE(queue.at("jobs").empty()) << "nothing of it is left to run";
}

TEST_F(MonitoredDeploy, ThatStaysGoodIsWatchedAndLeftAlone) {
  ASSERT_TRUE(eventually([&] { return looks() >= 6; })) << monitor().dump(2) << host.log();
  EXPECT_EQ(monitor().at("state"), "watching");
  EXPECT_EQ(monitor().at("rollback"), "none");
  EXPECT_EQ(alerts(), std::vector<std::string>{});
  EXPECT_FALSE(std::filesystem::exists(host.root() / "rollbacks"));
  const Json deployments = task("IT-1").at("deployments");
  ASSERT_EQ(deployments.size(), 1u);
  EXPECT_EQ(deployments[0].at("state"), "succeeded");
  EXPECT_NE(deployments[0].at("confirmed_by"), "");
  const std::string deployed = git(host.root() / "repositories" / "service", {"rev-parse", "work"});
  EXPECT_EQ(deployments[0].at("commit"), deployed.substr(0, 40));
  EXPECT_NE(host.orchestrator({"task", "show", "IT-1"}).out.find("succeeded"), std::string::npos);
}

TEST_F(MonitoredDeploy, WhoseRollbackOutlivesTheHostIsTakenInByTheNext) {
  const Gate gate(host.root());
  write_text(host.root() / "broken", "");
  ASSERT_TRUE(wait_for_text(host.root() / "rollbacks", "x")) << monitor().dump(2);
  host.kill_hard();
  ASSERT_TRUE(host.start()) << host.log();
  gate.open();
  ASSERT_TRUE(rollback_ends()) << monitor().dump(2) << host.log();
  EXPECT_EQ(monitor().at("rollback"), "succeeded");
  EXPECT_EQ(read_text(host.root() / "rollbacks"), "x");
  EXPECT_EQ(alerts(), std::vector<std::string>{"degraded:IT-1"});
}

TEST_F(MonitoredDeploy, IsNotRolledBackTwiceWhenTheWorkerIsLostInBetween) {
  const Gate gate(host.root());
  write_text(host.root() / "broken", "");
  ASSERT_TRUE(wait_for_text(host.root() / "rollbacks", "x")) << monitor().dump(2);
  host.kill_hard();
  for (const pid_t pid : HostHarness::processes_with((host.state() / "jobs").string())) {
    ::kill(pid, SIGKILL);
    wait_for_end(pid);
  }
  ASSERT_TRUE(host.start()) << host.log();
  ASSERT_TRUE(rollback_ends()) << monitor().dump(2) << host.log();
  EXPECT_EQ(monitor().at("rollback"), "unknown");
  EXPECT_EQ(read_text(host.root() / "rollbacks"), "x");
  EXPECT_EQ(alerts(), (std::vector<std::string>{"degraded:IT-1", "rollback:IT-1"}));
}

}  // namespace

}  // namespace orc::test
