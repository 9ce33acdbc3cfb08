// SPDX-License-Identifier: Apache-2.0
// The real pytest: its endings, and the ways in which a branch can make a failing suite exit with
// 0.
#include <cstdlib>

#include "fixture.h"

namespace test_runner {
namespace {

constexpr const char* k_contract =
    R"({"command":["/usr/bin/python3","-P","-m","pytest","--junitxml=junit.xml","-p","no:cacheprovider"],"timeout":"60s","evidence":{"junit":"junit.xml"}})";
constexpr const char* k_red = "def test_ok(): pass\ndef test_red():\n    assert 1 == 2, 'nope'\n";

class Pytest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import pytest' 2>/dev/null") != 0)
      GTEST_SKIP() << "pytest is not installed for /usr/bin/python3";
    checkout.contract(k_contract);
  }
  Checkout checkout;
};

TEST_F(Pytest, GreenSuitePasses) {
  checkout.write("tests/test_a.py", "def test_a(): pass\ndef test_b(): pass\n");
  const auto outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_NE(text(outcome).find("| 2 | 2 | 0 | 0 | 0 | 2 | 1 |"), std::string::npos)
      << text(outcome);
  EXPECT_EQ(checkout.host.aux_files.count("13-test-report.junit.xml"), 1U);
}

TEST_F(Pytest, RedSuiteFailsAndItsReportNamesTheTest) {
  checkout.write("tests/test_a.py", k_red);
  const auto outcome = checkout.run();
  EXPECT_EQ(word(outcome), "FAIL") << text(outcome);
  EXPECT_NE(text(outcome).find("`tests.test_a::test_red`"), std::string::npos) << text(outcome);
  EXPECT_NE(text(outcome).find("AssertionError: nope"), std::string::npos);
}

TEST_F(Pytest, CollectionErrorIsRedBecauseTheReportSaysSo) {
  checkout.write("tests/test_a.py", "import no_such_module\n");
  EXPECT_EQ(word(checkout.run()), "FAIL");
}

TEST_F(Pytest, InterruptedRunIsUnknown) {
  checkout.write("tests/test_a.py", "def test_0(): pass\ndef test_a(): raise KeyboardInterrupt\n");
  EXPECT_EQ(word(checkout.run()), "hold 34");
}

TEST_F(Pytest, InternalErrorIsTheEnvironments) {
  checkout.write("conftest.py", "def pytest_runtest_protocol(item): raise RuntimeError('x')\n");
  checkout.write("tests/test_a.py", "def test_a(): pass\n");
  EXPECT_EQ(word(checkout.run()), "hold 32");
}

TEST_F(Pytest, BrokenConftestAndUsageErrorAreNoVerdict) {
  checkout.write("tests/test_a.py", "def test_a(): pass\n");
  checkout.write("conftest.py", "import no_such_module\n");
  EXPECT_EQ(word(checkout.run()), "hold 32");
  checkout.write("conftest.py", "");
  checkout.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n");
  EXPECT_EQ(word(checkout.run()), "hold 32");
}

TEST_F(Pytest, NothingCollectedIsNoPass) {
  checkout.write("README", "no tests\n");
  EXPECT_EQ(word(checkout.run()), "hold 33");
}

TEST_F(Pytest, MissingModuleIsFoundByThePreflight) {
  checkout.write("tests/test_a.py", "def test_a(): pass\n");
  // -S leaves out the folder where pytest is installed; a wrapper stands for such an interpreter.
  checkout.write("python3", "#!/bin/sh\nexec /usr/bin/python3 -S \"$@\"\n");
  std::filesystem::permissions(checkout.path() + "/python3", std::filesystem::perms::owner_all);
  checkout.contract(R"({"command":["./python3","-m","pytest"]})");
  const auto outcome = checkout.run();
  EXPECT_EQ(word(outcome), "hold 30") << text(outcome);
  EXPECT_NE(text(outcome).find("pytest is not installed"), std::string::npos) << text(outcome);
  EXPECT_EQ(checkout.host.runs.size(), 1U) << "the suite was started";
}

TEST_F(Pytest, MissingInterpreterIsFoundByThePreflight) {
  checkout.contract(R"({"command":["/no/such/python3","-m","pytest"]})");
  EXPECT_EQ(word(checkout.run()), "hold 30");
  EXPECT_TRUE(checkout.host.runs.empty());
}

TEST_F(Pytest, TimeOutIsDeferred) {
  checkout.write("tests/test_a.py", "import signal\ndef test_a(): signal.pause()\n");
  checkout.contract(
      R"({"command":["/usr/bin/python3","-m","pytest","--junitxml=junit.xml"],"timeout":"1s","evidence":{"junit":"junit.xml"}})");
  EXPECT_EQ(word(checkout.run()), "defer 20");
}

TEST_F(Pytest, KilledRunIsDeferredAndACrashIsUnknown) {
  checkout.write("tests/test_a.py", "import os\ndef test_a(): os.kill(os.getpid(), 9)\n");
  EXPECT_EQ(word(checkout.run()), "defer 22");
  checkout.write("tests/test_a.py", "import os\ndef test_a(): os.kill(os.getpid(), 11)\n");
  EXPECT_EQ(word(checkout.run()), "hold 34");
}

TEST_F(Pytest, PrintingInfrastructureTroubleDoesNotMakeARedSuiteAnythingElse) {
  checkout.write(
      "tests/test_a.py",
      "import sys\ndef test_a():\n"
      "    print('docker: command not found'); print('Connection refused', file=sys.stderr)\n"
      "    print('No space left on device'); print('Killed')\n    assert False\n");
  EXPECT_EQ(word(checkout.run()), "FAIL");
}

TEST_F(Pytest, ReportOfAnEarlierRunIsNoEvidence) {
  checkout.write("junit.xml", "<testsuite><testcase name='a'/></testsuite>");
  checkout.contract(R"({"command":["/bin/true"],"evidence":{"junit":"junit.xml"}})");
  const auto outcome = checkout.run();
  EXPECT_EQ(word(outcome), "hold 33");
  EXPECT_NE(text(outcome).find("was there before the run"), std::string::npos) << text(outcome);
}

TEST_F(Pytest, LinkOrPipeInPlaceOfTheReportIsRefusedAtOnce) {
  checkout.write("real.xml", "<testsuite><testcase name='a'/></testsuite>");
  checkout.contract(
      R"({"command":["/bin/ln","-sf","real.xml","junit.xml"],"evidence":{"junit":"junit.xml"}})");
  EXPECT_EQ(word(checkout.run()), "hold 33");
  checkout.contract(
      R"({"command":["/usr/bin/mkfifo","pipe.xml"],"evidence":{"junit":"pipe.xml"}})");
  EXPECT_EQ(word(checkout.run()), "hold 33");
}

// --- fake greens: one truly failing test, and a branch that wants exit code 0
// -----------------------------

struct Cheat {
  const char* name;
  const char* file;
  const char* content;
};
const Cheat k_cheats[] = {
    {"sessionfinish", "conftest.py", "def pytest_sessionfinish(session): session.exitstatus = 0\n"},
    {"os._exit", "conftest.py", "import os\ndef pytest_sessionfinish(): os._exit(0)\n"},
    {"os._exit at import", "conftest.py", "import os\nos._exit(0)\n"},
    {"deselect", "pytest.ini", "[pytest]\naddopts = --deselect tests/test_a.py\n"},
    {"collect only", "pytest.ini", "[pytest]\naddopts = --co\n"},
    {"version", "pytest.ini", "[pytest]\naddopts = --version\n"},
    {"help", "pytest.ini", "[pytest]\naddopts = --help\n"},
    {"shadowed pytest", "pytest.py", "import sys\nsys.exit(0)\n"},
    {"shadowed json", "json/__init__.py", "import os\nos._exit(0)\n"},
    {"skip all", "conftest.py",
     "import pytest\ndef pytest_collection_modifyitems(items):\n"
     "    for i in items: i.add_marker(pytest.mark.skip)\n"},
    {"xfail all", "conftest.py",
     "import pytest\ndef pytest_collection_modifyitems(items):\n"
     "    for i in items: i.add_marker(pytest.mark.xfail)\n"},
    {"own report", "conftest.py",
     "import os\ndef pytest_sessionfinish():\n    open('junit.xml', 'w').write('<testsuites/>'); "
     "os._exit(0)\n"},
};

TEST_F(Pytest, NoKnownCheatMakesAFailingSuitePass) {
  for (const Cheat& cheat : k_cheats) {
    for (const bool with_contract : {true, false}) {
      SCOPED_TRACE(std::string(cheat.name) + (with_contract ? ", contract" : ", detected"));
      Checkout branch;
      if (with_contract) branch.contract(k_contract);
      branch.write("tests/test_a.py", "def test_red(): assert False\n");
      branch.write(cheat.file, cheat.content);
      EXPECT_NE(word(branch.run()), "PASS");
    }
  }
}

TEST_F(Pytest, DetectedProjectCanImportItsOwnPackage) {
  checkout.request.contract = "{}";
  checkout.write("mine/__init__.py", "value = 41\n");
  checkout.write("tests/test_a.py", "import mine\ndef test_a(): assert mine.value == 41\n");
  const auto outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
  EXPECT_FALSE(std::filesystem::exists(checkout.path() + "/junit.xml"));
}

TEST_F(Pytest, SuiteGetsItsOwnHomeAndNoForeignVariables) {
  ::setenv("PYTEST_ADDOPTS", "--co", 1);
  checkout.write(
      "tests/test_a.py",
      "import os\ndef test_a():\n    assert os.environ['HOME'].endswith('/scratch/home')\n"
      "    assert os.environ['TMPDIR'].endswith('/scratch/tmp')\n"
      "    assert not [n for n in os.environ if n.startswith('PYTHON')]\n"
      "    assert 'PYTEST_ADDOPTS' not in os.environ\n");
  const auto outcome = checkout.run();
  ::unsetenv("PYTEST_ADDOPTS");
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
}

}  // namespace
}  // namespace test_runner
