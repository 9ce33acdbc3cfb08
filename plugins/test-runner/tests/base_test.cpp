// SPDX-License-Identifier: Apache-2.0
// What the base branch says about a green branch: how many tests there were, and which files decide
// what the tests check.
#include "fixture.h"

namespace test_runner {
namespace {

using namespace orchestrator::plugin;

// A branch and its base as two checkouts, and a repository that knows both commits.
class Branch : public ::testing::Test {
 protected:
  // Files of the base; those of the branch; "" removes one.
  using Files = std::vector<std::pair<std::string, std::string>>;
  void make(const Files& base, const Files& branch) {
    checkout.host.base_folder = base_folder();
    for (const auto& [file, text] : base) {
      write(base_folder(), file, text);
      checkout.write(file, text);
    }
    git("init -q . && git add -A && git commit -qm base");
    for (const auto& [file, text] : branch) {
      checkout.write(file, text);
      if (text.empty()) std::filesystem::remove(checkout.path() + "/" + file);
    }
    git("add -A && git commit -qm branch && git rev-parse HEAD~1 HEAD > ../ids");
    std::ifstream ids(checkout.path() + "/../ids");
    ids >> checkout.request.base_commit >> checkout.request.commit;
    checkout.contract(
        R"({"command":["/usr/bin/python3","-P","-m","pytest","-p","no:cacheprovider"],)"
        R"("timeout":"60s"})");
  }
  std::string base_folder() const { return checkout.path() + "/../base"; }
  int suites() const {
    int count = 0;
    for (const Process& run : checkout.host.runs) {
      for (const std::string& argument : run.argv) count += argument == "pytest" ? 1 : 0;
    }
    return count;
  }

  Checkout checkout;

 private:
  static void write(const std::string& folder, const std::string& file, const std::string& text) {
    const std::filesystem::path full = std::filesystem::path(folder) / file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  void git(const std::string& commands) const {
    const std::string all =
        "cd " + checkout.path() +
        " && export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a "
        "GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b && git " +
        commands;
    ASSERT_EQ(std::system(all.c_str()), 0);
  }
};

constexpr const char* k_two = "def test_a(): pass\ndef test_b(): pass\n";
constexpr const char* k_one = "def test_a(): pass\n";
constexpr const char* k_red = "def test_a(): assert False\ndef test_b(): pass\n";

TEST_F(Branch, PassesWithAsManyTestsAsItsBase) {
  make({{"tests/test_a.py", k_two}}, {{"code.py", "x = 1\n"}});
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("executed 2"), std::string::npos) << text(outcome);
  EXPECT_NE(text(outcome).find("| 2 | 2 | 0 | 0 | 0 | 2 | 2 |"), std::string::npos);
}

TEST_F(Branch, StopsForAHumanWithFewerTestsThanItsBase) {
  make({{"tests/test_a.py", k_two}}, {{"tests/test_a.py", k_one}});
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "BLOCKED") << text(outcome);
  EXPECT_NE(text(outcome).find("only 1 tests were executed"), std::string::npos) << text(outcome);
}

TEST_F(Branch, PassesWithFewerTestsOnceAHumanApprovedThisContent) {
  make({{"tests/test_a.py", k_two}}, {{"tests/test_a.py", k_one}});
  checkout.request.approved_by = "alice";
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("approved for this content by alice"), std::string::npos);
}

TEST_F(Branch, IsRedWhateverAHumanApproved) {
  make({{"tests/test_a.py", k_two}}, {{"tests/test_a.py", k_red}});
  checkout.request.approved_by = "alice";
  EXPECT_EQ(word(checkout.run()), "FAIL");
  EXPECT_EQ(suites(), 1) << "a red branch needs no comparison";
}

TEST_F(Branch, CountsTheBaseOnceForEachBaseCommit) {
  make({{"tests/test_a.py", k_two}}, {{"code.py", "x = 1\n"}});
  ASSERT_EQ(word(checkout.run()), "PASS");
  EXPECT_EQ(suites(), 2);
  ASSERT_EQ(word(checkout.run()), "PASS");
  EXPECT_EQ(suites(), 3) << "the base was counted again";
}

TEST_F(Branch, OfABaseWithoutTestsNeedsOnlyItsOwn) {
  make({{"readme", "x\n"}}, {{"tests/test_a.py", k_one}});
  checkout.request.contract = "{}";
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("has no suite"), std::string::npos) << text(outcome);
}

TEST_F(Branch, SaysThatTheBaseCouldNotBeCounted) {
  make({{"tests/test_a.py", "import os\nos._exit(0)\n"}}, {{"tests/test_a.py", k_one}});
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("How many tests the base executes is not known"), std::string::npos)
      << text(outcome);
}

TEST_F(Branch, IsNotComparedWhereTheOperatorSaysSo) {
  make({{"tests/test_a.py", k_two}}, {{"tests/test_a.py", k_one}});
  EXPECT_EQ(word(checkout.run(R"({"floor":"none"})")), "PASS");
  EXPECT_EQ(suites(), 1);
}

TEST_F(Branch, ThatChangesItsTestsWaitsForAHumanUnderThatPolicy) {
  make({{"tests/test_a.py", k_two}}, {{"tests/test_a.py", k_two + std::string("# more\n")}});
  const std::string policy = R"({"test_surface":"approve"})";
  const Outcome outcome = checkout.run(policy);
  EXPECT_EQ(word(outcome), "BLOCKED") << text(outcome);
  EXPECT_NE(text(outcome).find("- `tests/test_a.py`"), std::string::npos) << text(outcome);
  EXPECT_EQ(suites(), 0) << "the suite was started";
  checkout.request.approved_by = "alice";
  EXPECT_EQ(word(checkout.run(policy)), "PASS");
}

TEST_F(Branch, ThatLeavesItsTestsAloneDoesNotWait) {
  make({{"tests/test_a.py", k_two}}, {{"code.py", "x = 1\n"}});
  EXPECT_EQ(word(checkout.run(R"({"test_surface":"approve"})")), "PASS");
}

TEST_F(Branch, RunsWithTheBasesTestsUnderThatPolicy) {
  // The code is broken, and the branch changes every test and the configuration to hide it.
  make({{"tests/test_a.py",
         "import sys; sys.path.insert(0, '.')\nimport code_x\ndef test_a(): "
         "assert code_x.value == 1\n"},
        {"tests/test_gone.py", k_one},
        {"code_x.py", "value = 1\n"}},
       {{"tests/test_a.py", "def test_a(): pass\n"},
        {"tests/test_gone.py", ""},
        {"tests/test_new.py", k_one},
        {"conftest.py", "import os\nos._exit(0)\n"},
        {"code_x.py", "value = 2\n"}});
  const Outcome outcome = checkout.run(R"({"test_surface":"base"})");
  EXPECT_EQ(word(outcome), "FAIL") << text(outcome);
  EXPECT_NE(text(outcome).find("| 3 | 2 | 1 |"), std::string::npos) << text(outcome);
  EXPECT_NE(text(outcome).find("the base's versions"), std::string::npos);
}

// --- what configures the runner is not believed on its own word ----------------------------------

constexpr const char* k_code = "value = 1\n";
constexpr const char* k_broken_code = "value = 2\n";
constexpr const char* k_checks_code =
    "import sys; sys.path.insert(0, '.')\nimport code_x\n"
    "def test_a(): assert code_x.value == 1\ndef test_b(): pass\n";
// The one cheat that exit code, report and number of tests all agree with.
constexpr const char* k_patched_report =
    "import pytest\n@pytest.hookimpl(hookwrapper=True)\n"
    "def pytest_runtest_makereport(item, call):\n"
    "    outcome = yield\n    outcome.get_result().outcome = 'passed'\n";

TEST_F(Branch, ThatPatchesItsOwnReportStopsForAHumanByDefault) {
  make({{"tests/test_a.py", k_checks_code}, {"code_x.py", k_code}},
       {{"code_x.py", k_broken_code}, {"conftest.py", k_patched_report}});
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "BLOCKED") << text(outcome);
  EXPECT_NE(text(outcome).find("changes what runs its tests (`conftest.py`)"), std::string::npos)
      << text(outcome);
  EXPECT_NE(text(outcome).find("1 test fails, first `tests.test_a::test_a`"), std::string::npos)
      << text(outcome);
}

TEST_F(Branch, ThatPatchesItsReportFromThePackageOfItsTestsStopsAsWell) {
  make({{"tests/test_a.py", k_checks_code}, {"code_x.py", k_code}},
       {{"code_x.py", k_broken_code},
        {"tests/__init__.py",
         "from _pytest import reports\nold = reports.TestReport.from_item_and_call\n"
         "def new(item, call):\n    r = old(item, call)\n    r.outcome = 'passed'\n    return r\n"
         "reports.TestReport.from_item_and_call = staticmethod(new)\n"
         "import _pytest.runner\n_pytest.runner.TestReport.from_item_and_call = "
         "staticmethod(new)\n"}});
  EXPECT_NE(word(checkout.run()), "PASS");
}

TEST_F(Branch, ThatChangesItsConfigurationHonestlyPassesAfterASecondRun) {
  make({{"tests/test_a.py", k_two}},
       {{"conftest.py", "import pytest\n"}, {"pytest.ini", "[pytest]\naddopts = -q\n"}});
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_EQ(suites(), 3) << "with the base's configuration, its own, and the base";
}

TEST_F(Branch, ThatNeedsItsNewConfigurationPassesOnceAHumanApprovedThisContent) {
  make({{"tests/test_a.py", k_two}},
       {{"conftest.py", "import pytest\n@pytest.fixture\ndef one(): return 1\n"},
        {"tests/test_b.py", "def test_c(one): assert one == 1\n"}});
  EXPECT_EQ(word(checkout.run()), "BLOCKED");
  checkout.request.approved_by = "alice";
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("(`conftest.py`); approved for this content by alice"),
            std::string::npos)
      << text(outcome);
}

TEST_F(Branch, CannotRaiseItsNumberOfTestsByItsOwnConfiguration) {
  make({{"tests/test_a.py", k_two}},
       {{"tests/test_a.py", k_one},
        {"conftest.py", "def pytest_collection_modifyitems(items): items.append(items[0])\n"}});
  EXPECT_EQ(word(checkout.run()), "BLOCKED");
}

TEST_F(Branch, IsBelievedWhereTheOperatorOnlyWantsAList) {
  make({{"tests/test_a.py", k_checks_code}, {"code_x.py", k_code}},
       {{"code_x.py", k_broken_code}, {"conftest.py", k_patched_report}});
  EXPECT_EQ(word(checkout.run(R"({"test_surface":"list"})")), "PASS")
      << "the weaker policy does what its name says";
}

TEST_F(Branch, CannotHideBehindALinkInPlaceOfATestFolder) {
  make({{"tests/test_a.py", k_red}}, {{"tests/test_a.py", ""}, {"other/test_b.py", k_two}});
  std::filesystem::remove_all(checkout.path() + "/tests");
  std::filesystem::create_directory_symlink("other", checkout.path() + "/tests");
  EXPECT_EQ(word(checkout.run(R"({"test_surface":"base"})")), "FAIL");
  EXPECT_FALSE(std::filesystem::is_symlink(checkout.path() + "/tests"));
}

}  // namespace
}  // namespace test_runner
