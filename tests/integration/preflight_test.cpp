// SPDX-License-Identifier: Apache-2.0
// What is missing is seen before a task depends on it, stops nothing, and what it held goes on by
// itself once it is there.
#include <csignal>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class Preflight : public HostTest {
 protected:
  // The repository `shop`, whose tests need a program that this folder does not have yet.
  std::filesystem::path tool() const { return host.root() / "tools" / "suite"; }
  void serve_with_a_missing_tool() {
    repository_ = make_repository("shop", {{"README.md", "Shop.\n"}});
    add_branch(repository_, "work", "code.txt", "code\n");
    serve({.repos = "  shop:\n    clone: " + repository_.string() +
                    "\n    test:\n      command: [" + tool().string() +
                    ", \"{scratch}/junit.xml\"]\n"
                    "      evidence: { junit: \"{scratch}/junit.xml\" }\n"});
  }
  void install_the_tool() const {
    write_text(tool(),
               "#!/bin/sh\necho '<testsuite><testcase name=\"a\"/></testsuite>' > \"$1\"\n");
    std::filesystem::permissions(tool(), std::filesystem::perms::owner_all);
  }
  // "passed" and the like; empty: not known.
  std::string state_of(const std::string& plugin, const std::string& repo) const {
    const Json status = ask({"status"});
    for (const Json& row : status.at("preflight")) {
      if (row.at("plugin") == plugin && row.at("repo") == repo) return row.at("state");
    }
    return "";
  }
  std::filesystem::path repository_;
};

TEST_F(Preflight, SeesAMissingToolAtTheStartAndReleasesWhatItHeldOnceItIsThere) {
  serve_with_a_missing_tool();
  ASSERT_TRUE(eventually([&] { return state_of("test-runner", "shop") == "failed"; }))
      << host.log();
  const CommandResult status = host.orchestrator({"status"});
  EXPECT_NE(status.out.find("missing  test-runner · shop: "), std::string::npos) << status.out;

  submit("IT-30", {"--repo", "shop", "--branch", "work", "--from", "testing"});
  const Json held = settled("IT-30");
  EXPECT_EQ(held.at("state"), "infra_hold") << held.dump(2);
  EXPECT_EQ(held.at("stage"), "testing");
  EXPECT_EQ(held.at("counters").at("code_fail"), 0);

  install_the_tool();
  host.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return task("IT-30").at("stage") != "testing"; })) << host.log();
  EXPECT_EQ(state_of("test-runner", "shop"), "passed");
  const Json after = ask({"status"});
  for (const Json& alert : after.at("alerts")) {
    EXPECT_EQ(alert.at("condition").get<std::string>().find("preflight:"), std::string::npos);
  }
}

TEST_F(Preflight, LeavesNoFolderAndNoProcessBehind) {
  serve_with_a_missing_tool();
  ASSERT_TRUE(eventually([&] { return state_of("test-runner", "shop") == "failed"; }));
  EXPECT_TRUE(std::filesystem::is_empty(host.state() / "verify"));
  EXPECT_EQ(host.processes(), std::vector<pid_t>{host.pid()});
}

}  // namespace

}  // namespace orc::test
