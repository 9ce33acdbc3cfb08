// SPDX-License-Identifier: Apache-2.0
// A configuration that is read again while work is under way.
#include <csignal>

#include "integration/host_test.h"

namespace orc::test {

namespace {

struct Broken {
  std::string name;
  std::string rest;     // appended to a good file
  std::string problem;  // said of it
};

class Reload : public HostTest {
 protected:
  std::int64_t generation() const { return ask({"status"}).at("config").at("generation"); }
};

TEST_F(Reload, ABrokenFileChangesNothingAndNamesItsPlace) {
  serve();
  const auto before = generation();
  const std::vector<Broken> all{
      {"unknown key", "gates: { max_broken_artefacts: 1 }\n", "max_broken_artifacts"},
      {"duplicate key", "gates: { max_broken_artifacts: 1 }\ngates: { max_broken_artifacts: 2 }\n",
       "gates"},
      {"missing plugin", "", "nowhere"}};
  int refused = 0;
  for (const Broken& broken : all) {
    SCOPED_TRACE(broken.name);
    configure({.plugins = broken.rest.empty() ? "  nowhere: { repos: \"*\" }\n" : "",
               .rest = broken.rest});
    host.signal(SIGHUP);
    ++refused;
    ASSERT_TRUE(eventually([&] {
      return ask({"status"}).at("config").at("last_reload").at("rejected") == refused;
    })) << host.log();
    const Json config = ask({"status"}).at("config");
    EXPECT_EQ(config.at("generation"), before);
    EXPECT_EQ(config.at("last_reload").at("successful"), false);
    const std::string findings = config.at("last_reload").at("findings").dump();
    EXPECT_NE(findings.find(broken.problem), std::string::npos) << findings;
    EXPECT_NE(findings.find("orchestrator.yaml:"), std::string::npos) << findings;
    const CommandResult asked = host.orchestrator({"reload"});
    ++refused;
    EXPECT_EQ(asked.exit_code, 78) << asked.err;
    EXPECT_NE((asked.out + asked.err).find("orchestrator.yaml:"), std::string::npos) << asked.err;
  }
  configure({.workers = 3});
  EXPECT_EQ(host.orchestrator({"reload"}).exit_code, 0);
  EXPECT_EQ(generation(), before + 1);
  EXPECT_EQ(ask({"status"}).at("config").at("last_reload").at("successful"), true);
}

TEST_F(Reload, AKillSwitchAppliesToTheNextJobAndNotToTheRunningOne) {
  const Gate gate(host.root());
  const auto repository = make_repository(
      "waiting", {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
                  {"tests/test_waits.py", "def test_waits():\n    pass\n"}});
  const std::string suite =
      "def test_passes_when_the_gate_opens():\n    pass\n\n\n" + gate.python();
  add_branch(repository, "first", "tests/test_gate.py", suite);
  add_branch(repository, "second", "tests/test_gate.py", suite);
  serve();
  const auto before = generation();
  submit("IT-9", {"--repo", repository, "--branch", "first", "--from", "testing"});
  ASSERT_TRUE(gate.wait_for_count(1)) << host.log();
  // The first task stays at the deploy's confirmation; without the serial gate the second may follow it.
  configure({.test_runner_enabled = "false", .rest = "gates: { serial: { enabled: false } }\n"});
  host.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return generation() == before + 1; })) << host.log();
  gate.open();
  settled("IT-9");
  const auto first = runs("IT-9", "testing");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0]["result"]["producer"], "test-runner");
  EXPECT_EQ(first[0]["config_generation"], before);

  submit("IT-10", {"--repo", repository, "--branch", "second", "--from", "testing"});
  settled("IT-10");
  const auto second = runs("IT-10", "testing");
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0]["result"]["producer"], "llm-spawner");
  EXPECT_EQ(second[0]["config_generation"], before + 1);
  EXPECT_EQ(second[0]["chain"][0]["reason"], "kill-switch") << second[0].dump(2);
  EXPECT_EQ(gate.count(), 1) << "the suite was not asked again";
}

}  // namespace

}  // namespace orc::test
