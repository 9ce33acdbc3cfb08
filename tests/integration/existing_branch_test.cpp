// SPDX-License-Identifier: Apache-2.0
// A branch that somebody already worked on, in a repository that the configuration does not know.
#include "integration/host_test.h"

namespace orc::test {

namespace {

class ExistingBranch : public HostTest {
 protected:
  std::filesystem::path make_calculator(const std::string& branch_suite) const {
    auto repository = make_repository(
        "calculator",
        {{"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = [\"tests\"]\n"},
         {"calculator.py", "def add(a, b):\n    return a + b\n"},
         {"tests/test_add.py", "def test_small_numbers_add_up():\n    assert 1 + 1 == 2\n"}});
    add_branch(repository, "feature/subtract", "tests/test_subtract.py", branch_suite);
    return repository;
  }
};

TEST_F(ExistingBranch, IsTestedWithoutAModelAndCarriesItsReport) {
  const auto repository =
      make_calculator("def test_small_numbers_subtract():\n    assert 2 - 1 == 1\n");
  const std::string before = git(repository, {"rev-parse", "feature/subtract"});
  serve({.llm_enabled = "false"});
  submit("IT-1", {"--repo", repository, "--branch", "feature/subtract", "--from", "testing"});
  const Json end = settled("IT-1");

  EXPECT_EQ(end["stage"], "deploy-staging") << end.dump(2) << host.log();
  EXPECT_TRUE(end["agent_runs"].empty());
  EXPECT_EQ(reports(end), 1);
  for (const Json& artifact : end["artifacts"]) EXPECT_EQ(artifact["producer"], "test-runner");

  const auto tested = runs("IT-1", "testing");
  ASSERT_EQ(tested.size(), 1U);
  EXPECT_EQ(tested[0]["gate"]["result"], "pass");
  EXPECT_EQ(tested[0]["result"]["outcome"], "suite_ran");

  std::vector<std::filesystem::path> copies;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(host.state() / "evidence")) {
    if (entry.path().filename() == "13-test-report.md") copies.push_back(entry.path());
  }
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_NE(read_text(copies[0]).find("result: PASS"), std::string::npos) << read_text(copies[0]);

  std::vector<std::filesystem::path> bares;
  for (const auto& entry : std::filesystem::directory_iterator(host.state() / "repos")) {
    if (entry.path().extension() == ".git") bares.push_back(entry.path());
  }
  ASSERT_EQ(bares.size(), 1U);
  EXPECT_EQ(
      git(bares[0], {"show", "refs/heads/feature/subtract:docs/work-items/IT-1/13-test-report.md"}),
      read_text(copies[0]));
  EXPECT_EQ(git(bares[0], {"rev-parse", "refs/heads/feature/subtract~1"}), before)
      << "the report is one commit on top of the work";
  EXPECT_EQ(git(repository, {"rev-parse", "feature/subtract"}), before)
      << "the source is not pushed to";
}

TEST_F(ExistingBranch, WithARedSuiteGoesBackToDevelopmentAndNamesTheTest) {
  const auto repository =
      make_calculator("def test_small_numbers_subtract():\n    assert 2 - 1 == 0\n");
  hook("development", "print(task.prompt)\nraise SystemExit('nobody is here to mend it')\n");
  serve();
  submit("IT-2", {"--repo", repository, "--branch", "feature/subtract", "--from", "testing"});
  const Json end = settled("IT-2");

  EXPECT_EQ(end["stage"], "development") << end.dump(2) << host.log();
  EXPECT_EQ(end["counters"]["code_fail"], 1);
  EXPECT_NE(end["feedback"].get<std::string>().find("test_small_numbers_subtract"),
            std::string::npos)
      << end["feedback"];
  const auto tested = runs("IT-2", "testing");
  ASSERT_EQ(tested.size(), 1U);
  EXPECT_EQ(tested[0]["gate"]["result"], "fail");
  EXPECT_EQ(tested[0]["result"]["producer"], "test-runner");
  const CommandResult log = host.orchestrator({"task", "logs", "IT-2"});
  EXPECT_NE(log.out.find("test_small_numbers_subtract"), std::string::npos)
      << "the developer's prompt names the failing test:\n"
      << log.out;
}

}  // namespace

}  // namespace orc::test
