// SPDX-License-Identifier: Apache-2.0
#include "test_runner.h"

#include "fixture.h"
#include "report.h"
#include "report_text.h"
#include "surface.h"

namespace test_runner {
namespace {

using report_text::fenced;
using report_text::inline_code;
using report_text::one_line;
using report_text::parse_duration;
using report_text::printable;
using report_text::tail;

using namespace orchestrator::plugin;

std::string decline(const Answer& answer) {
  const auto* const declined = std::get_if<Decline>(&answer);
  return declined == nullptr ? "" : declined->text;
}

TEST(TestRunner, DeclinesWithoutAContractOrAKnownShape) {
  Checkout checkout;
  const Answer answer = checkout.ask();
  ASSERT_TRUE(std::holds_alternative<Decline>(answer));
  EXPECT_EQ(std::get<Decline>(answer).why, Why::no_contract);
}

TEST(TestRunner, DeclinesAnotherStage) {
  Checkout checkout;
  checkout.request.stage = "review";
  checkout.write("pytest.ini", "");
  EXPECT_NE(decline(checkout.ask()), "");
}

TEST(TestRunner, DeclinesAContractThatCannotShowThatTestsRan) {
  Checkout checkout;
  checkout.contract(R"({"command":["./check"]})");
  EXPECT_NE(decline(checkout.ask()).find("junit"), std::string::npos);
  checkout.contract(R"({"command":[]})");
  EXPECT_NE(decline(checkout.ask()), "");
  checkout.contract(R"({"command":["make"],"evidence":{"junit":"../x.xml"}})");
  EXPECT_NE(decline(checkout.ask()), "");
  checkout.contract(R"({"command":["make"],"cwd":"/etc","evidence":{"junit":"x.xml"}})");
  EXPECT_NE(decline(checkout.ask()), "");
  checkout.contract(R"({"command":["make"],"timeout":"900","evidence":{"junit":"x.xml"}})");
  EXPECT_NE(decline(checkout.ask()), "");
  checkout.contract(R"({"command":"make check","evidence":{"junit":"x.xml"}})");
  EXPECT_NE(decline(checkout.ask()), "");
  checkout.contract(R"({"command":["make","check"],"evidence":{"junit":"x.xml"}})");
  EXPECT_EQ(decline(checkout.ask()), "");
}

TEST(TestRunner, KnowsProjectShapesFromTheirFiles) {
  const std::pair<const char*, const char*> shapes[] = {
      {"pytest.ini", "[pytest]\n"},
      {"pyproject.toml", "[tool.pytest.ini_options]\n"},
      {"setup.cfg", "[tool:pytest]\n"},
      {"tests/test_a.py", "\n"},
      {"test_a.py", "\n"},
      {"CMakeLists.txt", "enable_testing()\n"},
      {"CMakeLists.txt", "include(CTest)\n"},
      {"package.json", R"({"scripts":{"test":"node --test"}})"},
      {"go.mod", "module x\n"},
      {"Cargo.toml", "[package]\n"},
      {"pom.xml", "<project/>\n"},
      {"Makefile.am", "TESTS = a\n"},
      {"Makefile", "all:\n\ncheck: all\n\ttrue\n"}};
  for (const auto& [file, content] : shapes) {
    Checkout checkout;
    checkout.write(file, content);
    EXPECT_EQ(decline(checkout.ask()), "") << file;
  }
  Checkout other;
  other.write("pyproject.toml", "[project]\n");
  other.write("CMakeLists.txt", "project(x)\n");
  other.write("Makefile", "checker:\n\ttrue\ncheck := 1\n");
  other.write("package.json", R"({"scripts":{"test":"jest"}})");
  EXPECT_NE(decline(other.ask()).find("jest"), std::string::npos) << decline(other.ask());
}

TEST(TestRunner, RefusesSettingsItCannotUse) {
  TestRunner runner;
  EXPECT_TRUE(runner.configure("[]").has_value());
  EXPECT_TRUE(runner.configure(R"({"min_tests":0})").has_value());
  EXPECT_FALSE(runner.configure(R"({"min_tests":3})").has_value());
}

TEST(TestRunner, RaisesTheContractsMinimumToItsOwn) {
  Checkout checkout;
  checkout.contract(
      R"({"command":["/bin/sh","-c","echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml"],"evidence":{"junit":"r.xml"}})");
  EXPECT_EQ(word(checkout.run()), "PASS");
  EXPECT_EQ(word(checkout.run(R"({"min_tests":2})")), "hold 33");
}

TEST(TestRunner, RunsInTheContractsFolderWithItsEnvironment) {
  Checkout checkout;
  checkout.write(
      "sub/check.sh",
      "test \"$MODE\" = fast && echo '<testsuite><testcase name=\"a\"/></testsuite>' > \"$1\"\n");
  checkout.contract(
      R"({"command":["/bin/sh","check.sh","{scratch}/r.xml"],"cwd":"sub","env":{"MODE":"fast"},"evidence":{"junit":"{scratch}/r.xml"}})");
  const Outcome outcome = checkout.run();
  EXPECT_EQ(word(outcome), "PASS") << text(outcome);
}

TEST(TestRunner, HoldsForAMissingFolder) {
  Checkout checkout;
  checkout.contract(R"({"command":["/bin/true"],"cwd":"nowhere","evidence":{"junit":"r.xml"}})");
  EXPECT_EQ(word(checkout.run()), "hold 32");
}

TEST(TestRunner, AddsLittleToTheBareSuite) {
  Checkout checkout;
  checkout.contract(
      R"({"command":["/bin/sh","-c","echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml"],"evidence":{"junit":"r.xml"}})");
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(word(checkout.run()), "PASS");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(checkout.host.runs.size(), 1U);
}

TEST(TestRunner, RunsACMakeProjectFromItsShape) {
  if (std::system("cmake --version > /dev/null 2>&1 && ctest --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "cmake is not installed";
  Checkout checkout;
  checkout.write("CMakeLists.txt",
                 "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\nenable_testing()\n"
                 "add_test(NAME ok COMMAND true)\nadd_test(NAME bad COMMAND false)\n");
  const Outcome red = checkout.run();
  EXPECT_EQ(word(red), "FAIL") << text(red);
  EXPECT_NE(text(red).find("1. `bad`"), std::string::npos) << text(red);
  checkout.write("CMakeLists.txt",
                 "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\nenable_testing()\n"
                 "add_test(NAME ok COMMAND true)\n");
  EXPECT_EQ(word(checkout.run()), "PASS");
  checkout.write("CMakeLists.txt",
                 "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\nenable_testing()\n");
  EXPECT_EQ(word(checkout.run()), "hold 33");
  checkout.write("CMakeLists.txt", "enable_testing()\nmessage(FATAL_ERROR stop)\n");
  EXPECT_EQ(word(checkout.run()), "hold 34");
}

TEST(TestSurface, NamesTestsAndWhatConfiguresThem) {
  for (const char* const path :
       {"tests/helper.py", "a/tests/x", "test_a.py", "src/a_test.cpp", "conftest.py",
        "a/pytest.ini", "pyproject.toml", "CMakeLists.txt", "web/a.spec.ts"})
    EXPECT_TRUE(is_test_surface(path)) << path;
  for (const char* const path : {"src/a.cpp", "docs/testing.md", "latest.py", "README.md"})
    EXPECT_FALSE(is_test_surface(path)) << path;
}

TEST(TestSurface, ListsChangedTestFilesInTheReport) {
  Checkout checkout;
  checkout.write("sub/x", "");
  const std::string git =
      "cd " + checkout.path() +
      " && export GIT_CONFIG_GLOBAL=/dev/null && git init -q . && git config user.email a@b && "
      "git config user.name a && git add . && git commit -qm one && ";
  ASSERT_EQ(std::system((git + "mkdir tests && touch tests/test_new.py src.c && git add . && "
                               "git commit -qm two && git rev-parse HEAD~1 HEAD > ../ids")
                            .c_str()),
            0);
  std::ifstream ids(checkout.path() + "/../ids");
  ids >> checkout.request.base_commit >> checkout.request.commit;
  checkout.contract(
      R"({"command":["/bin/sh","-c","echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml"],"evidence":{"junit":"r.xml"}})");
  const Outcome outcome = checkout.run();
  EXPECT_NE(text(outcome).find("- `tests/test_new.py`"), std::string::npos) << text(outcome);
  EXPECT_EQ(text(outcome).find("src.c"), std::string::npos);
}

TEST(Text, MakesHostileOutputPrintable) {
  EXPECT_EQ(printable("a\x1b[31mred\x1b[0m\tb\r\nc\rd\x07\xff"
                      "é\u202e"),
            "ared    b\nc\nd??é?");
  EXPECT_EQ(fenced("a\n````\nb"), "`````text\na\n````\nb\n`````\n");
  EXPECT_EQ(inline_code("a`b|c\nd", 20), "`a'b/c d`");
  EXPECT_EQ(tail("1\n2\n3\n", 2, 100), "2\n3");
  EXPECT_EQ(one_line("ééé", 3), "é…");
}

TEST(Text, ReadsDurationsWithUnitsOnly) {
  EXPECT_EQ(parse_duration("900s"), std::chrono::seconds(900));
  EXPECT_EQ(parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds(250));
  for (const char* const bad : {"", "900", "s", "-1s", "1d", "1.5s", "1s "})
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
}

}  // namespace
}  // namespace test_runner
