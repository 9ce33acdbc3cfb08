// SPDX-License-Identifier: Apache-2.0
// A producer in the shadow of the deciding one: it is asked about the same commit, its answer is
// kept for the advisor, and nothing of the task depends on it.
#include <csignal>

#include "integration/host_test.h"

namespace orc::test {

namespace {

class Shadow : public HostTest {
 protected:
  // The agent decides at testing; the real test-runner runs beside it.
  void serve_with_shadow(const std::string& suite, const std::string& more = "") {
    repository_ = make_repository(
        "shop", {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
                 {"tests/test_first.py", "def test_first():\n    pass\n"}});
    add_branch(repository_, "work", "tests/test_more.py", suite);
    serve({.workers = 1,
           .repos = "  shop: { clone: " + repository_.string() + ", ci: { required: false } }\n",
           .rest = "stages:\n  testing: { producers: [ { plugin: test-runner, shadow: true }, "
                   "llm-spawner ] }\n" +
                   more});
  }
  Json tested(const std::string& id) {
    submit(id, {"--repo", "shop", "--branch", "work", "--from", "testing"});
    return settled(id);
  }
  // The advisor's row about the tester, once the shadow has answered.
  Json candidate() {
    Json row;
    EXPECT_TRUE(eventually([&] {
      const Json all = ask({"advisor"}).at("candidates");
      if (!all.empty()) row = all[0];
      return !all.empty();
    })) << host.log();
    return row;
  }
  std::filesystem::path repository_;
};

TEST_F(Shadow, IsComparedAndChangesNothing) {
  serve_with_shadow("def test_red():\n    assert False\n");
  const Json end = tested("IT-50");
  EXPECT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("counters").at("code_fail"), 0);
  EXPECT_EQ(reports(end), 1);

  const Json row = candidate();
  ASSERT_TRUE(row.is_object());
  EXPECT_EQ(row.at("role"), "tester");
  EXPECT_EQ(row.at("shadow"), "test-runner");
  EXPECT_EQ(row.at("decider"), "llm-spawner");
  EXPECT_EQ(row.at("compared"), 1) << row.dump(2);
  EXPECT_EQ(row.at("stricter"), 1);
  EXPECT_EQ(row.at("unsafe"), 0);
  EXPECT_EQ(row.at("advice"), "more_evidence");

  const Json after = task("IT-50");
  EXPECT_EQ(after.at("counters"), end.at("counters"));
  EXPECT_EQ(after.at("artifacts"), end.at("artifacts"));
  EXPECT_EQ(after.at("content_id"), end.at("content_id"));
  EXPECT_EQ(runs("IT-50", "testing").size(), 1U);
  // Its report lies apart, and nothing else of it stays.
  const Json disagreement = ask({"advisor"}).at("disagreements").at(0);
  EXPECT_EQ(disagreement.at("shadow_said"), "FAIL");
  EXPECT_NE(
      read_text(host.state() / disagreement.at("artifact").get<std::string>()).find("result: FAIL"),
      std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(host.state() / "shadow"));
  EXPECT_TRUE(eventually([&] { return host.processes().size() == 2; }))
      << "the host and the process that makes its workers";

  const CommandResult text = host.orchestrator({"advisor"});
  EXPECT_NE(text.out.find("testing (tester): test-runner beside llm-spawner"), std::string::npos)
      << text.out;
}

TEST_F(Shadow, PassOfWhatWasRejectedIsCountedApart) {
  serve_with_shadow("def test_green():\n    pass\n");
  hook("testing", "import os\nseen = os.path.exists('" + (host.root() / "seen").string() +
                      "')\nopen('" + (host.root() / "seen").string() +
                      "', 'w').close()\nverdict = 'PASS' if seen else 'FAIL'\n"
                      "write('13-test-report.md', result=verdict, status=verdict)\n");
  tested("IT-51");
  // One after the other: there is one slot.
  ASSERT_TRUE(eventually([&] { return candidate().at("compared") >= 1; })) << host.log();
  ASSERT_TRUE(eventually([&] { return candidate().at("compared") == 2; }))
      << ask({"advisor"}).dump(2) << host.log();
  const Json row = candidate();
  EXPECT_EQ(row.at("unsafe"), 1) << row.dump(2);
  EXPECT_EQ(row.at("agreed"), 1);
  EXPECT_EQ(row.at("advice"), "look_at_these");
}

TEST_F(Shadow, NeverKeepsADecidingProducerWaiting) {
  Gate gate(host.root());
  serve_with_shadow("def test_waits():\n    pass\n\n\n" + gate.python());
  EXPECT_EQ(tested("IT-52").at("stage"), "deploy");
  ASSERT_TRUE(gate.wait_for_count(1)) << host.log();
  // The one worker goes on while the shadow's suite hangs.
  submit("IT-53", {"--repo", "shop"});
  EXPECT_EQ(settled("IT-53").at("state"), "waiting_human");
  EXPECT_EQ(gate.count(), 1);

  host.signal(SIGTERM);
  ASSERT_TRUE(host.wait_for_exit().has_value()) << host.log();
  EXPECT_TRUE(eventually([&] { return host.processes().empty(); }))
      << "its suite outlived the host";
  ASSERT_TRUE(host.start()) << host.log();
  const Json row = candidate();
  EXPECT_EQ(row.at("compared"), 0);
  EXPECT_EQ(row.at("runs"), 1);
}

TEST_F(Shadow, KillSwitchAndZeroSlotsStopIt) {
  serve_with_shadow("def test_green():\n    pass\n");
  ask({"plugin", "kill", "test-runner", "--reason", "not now"});
  EXPECT_EQ(tested("IT-54").at("stage"), "deploy");
  EXPECT_TRUE(ask({"advisor"}).at("candidates").empty());
}

TEST_F(Shadow, IsRefusedWhereItWouldDoHarm) {
  const auto problem_with = [&](const std::string& stages) {
    write_text(host.config(), yaml(host, {.rest = "stages:\n" + stages}));
    const CommandResult checked =
        host.orchestrator({"config", "check", "-c", host.config().string()});
    EXPECT_EQ(checked.exit_code, 78) << checked.out;
    return checked.out + checked.err;
  };
  EXPECT_NE(problem_with("  testing: { producers: [test-runner, "
                         "{ plugin: llm-spawner, shadow: true }] }\n")
                .find("a shadow is a deterministic producer"),
            std::string::npos);
  EXPECT_NE(problem_with("  analysis: { producers: [llm-spawner, "
                         "{ plugin: test-runner, shadow: true }] }\n")
                .find("needs a machine verdict"),
            std::string::npos);
  EXPECT_NE(problem_with("  testing: { producers: [test-runner, "
                         "{ plugin: test-runner, shadow: true }] }\n")
                .find("stands in this chain twice"),
            std::string::npos);
}

}  // namespace

}  // namespace orc::test
