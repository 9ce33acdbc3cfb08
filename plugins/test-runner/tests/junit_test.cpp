// SPDX-License-Identifier: Apache-2.0
#include "junit.h"

#include <gtest/gtest.h>

namespace test_runner {
namespace {

TestReport good(std::string_view xml) {
  auto read = read_junit(xml);
  if (const auto* bad = std::get_if<BadReport>(&read)) ADD_FAILURE() << bad->reason;
  auto* const report = std::get_if<TestReport>(&read);
  return report == nullptr ? TestReport{} : *report;
}

std::string reason(std::string_view xml) {
  auto read = read_junit(xml);
  const auto* const bad = std::get_if<BadReport>(&read);
  return bad == nullptr ? "" : bad->reason;
}

TEST(JunitReport, CountsWhatPytestWrites) {
  const TestReport report = good(
      R"(<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="5" time="0.5">)"
      R"(<testcase classname="tests.test_a" name="test_ok" time="0.25" />)"
      R"(<testcase classname="tests.test_a" name="test_bad" time="0.1"><failure message="AssertionError: nope&#10;1 == 2">def test_bad():</failure></testcase>)"
      R"(<testcase classname="tests.test_a" name="test_s"><skipped type="pytest.skip" message="why">x</skipped></testcase>)"
      R"(<testcase classname="tests.test_a" name="test_xf"><skipped type="pytest.xfail" message="" /></testcase>)"
      R"(<testcase classname="tests.test_a" name="test_err"><error message="failed on setup">E boom</error><system-out>noise</system-out></testcase>)"
      R"(</testsuite></testsuites>)");
  EXPECT_EQ(report.tests(), 5);
  EXPECT_EQ(report.executed(), 3);
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 1);
  EXPECT_EQ(report.errors, 1);
  EXPECT_EQ(report.skipped, 2);
  EXPECT_TRUE(report.is_red());
  ASSERT_EQ(report.failing.size(), 2U);
  EXPECT_EQ(report.failing[0].name, "tests.test_a::test_bad");
  EXPECT_NE(report.failing[0].message.find("AssertionError: nope\n1 == 2"), std::string::npos);
  EXPECT_EQ(report.failing[1].result, CaseResult::error);
  EXPECT_EQ(report.failing[1].message.find("noise"), std::string::npos);
  ASSERT_FALSE(report.slowest.empty());
  EXPECT_EQ(report.slowest[0].name, "tests.test_a::test_ok");
}

TEST(JunitReport, CountsWhatCTestWrites) {
  const TestReport report = good(
      R"(<testsuite name="x" tests="4" failures="1" disabled="1" skipped="1" time="0">)"
      R"(<testcase name="ok" classname="ok" time="0.1" status="run"><system-out/></testcase>)"
      R"(<testcase name="bad" classname="bad" time="0.1" status="fail"><failure message=""/></testcase>)"
      R"(<testcase name="nf" classname="nf" time="0" status="notrun"><skipped message="Unable to find executable"/></testcase>)"
      R"(<testcase name="dis" classname="dis" time="0" status="disabled"/></testsuite>)");
  EXPECT_EQ(report.tests(), 4);
  EXPECT_EQ(report.executed(), 2);
  EXPECT_EQ(report.failing.at(0).name, "bad");
}

TEST(JunitReport, BelievesTotalsThatClaimMoreFailuresThanAreListed) {
  const TestReport report = good(
      R"(<testsuites><testsuite tests="9" failures="2" errors="1"><testcase name="a"/></testsuite></testsuites>)");
  EXPECT_EQ(report.failed, 2);
  EXPECT_EQ(report.errors, 1);
  EXPECT_EQ(report.passed, 1);
}

TEST(JunitReport, DoesNotCountNestedTotalsTwice) {
  const TestReport report = good(
      R"(<testsuite failures="1"><testsuite failures="1"><testcase name="a"><failure/></testcase></testsuite></testsuite>)");
  EXPECT_EQ(report.failed, 1);
}

TEST(JunitReport, RefusesWhatIsNoSoundReport) {
  EXPECT_EQ(reason(""), "it is empty");
  EXPECT_NE(reason("<testsuites><testsuite><testcase name='a'/>"), "");
  EXPECT_NE(reason("<testsuites></testsuites>x"), "");
  EXPECT_NE(reason("not xml"), "");
  EXPECT_NE(reason("<html/>"), "");
  EXPECT_NE(reason(std::string("<testsuites>\0</testsuites>", 26)), "");
  EXPECT_NE(reason(std::string(k_max_report_bytes + 1, ' ')), "");
}

TEST(JunitReport, CountsWhatNodeWrites) {
  const TestReport report = good(
      "<testsuites><testcase name='ok' classname='test'/><testcase name='later'><skipped "
      "type='todo'/><failure message='no'/></testcase><testcase name='bad'><failure/></testcase>"
      "<!-- tests 3 --></testsuites>");
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 1);
  EXPECT_EQ(report.skipped, 1);
}

TEST(JunitReport, CountsAFileOfNodeWithoutATestAsNothingExecuted) {
  const TestReport report = good(
      "<testsuites><testcase name='/x/a.test.js' classname='test'/><testcase name='/x/b.test.js' "
      "classname='test'><failure/></testcase></testsuites>");
  EXPECT_EQ(report.executed(), 1);
  EXPECT_EQ(report.failed, 1);
}

TEST(JunitReport, NamesATestThatPassedOnlyWhenItWasRunAgain) {
  const TestReport report = good(
      "<testsuite failures='2'><testcase classname='A' name='b'><flakyFailure "
      "message='1'/></testcase>"
      "<testcase classname='A' name='c'><failure/><rerunFailure/></testcase></testsuite>");
  EXPECT_EQ(report.flaky, std::vector<std::string>{"A::b"});
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 1);
}

TEST(JunitReport, RefusesDocumentTypesAndEntities) {
  EXPECT_EQ(reason("<!DOCTYPE a [<!ENTITY x 'y'>]><testsuites>&x;</testsuites>"),
            "it holds a document type");
  EXPECT_EQ(reason("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><testsuites/>"),
            "it holds a document type");
  EXPECT_NE(reason("<testsuites>&x;</testsuites>"), "");
}

TEST(JunitReport, BoundsDepthNamesAndMessages) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<testsuite>";
  EXPECT_EQ(reason(deep), "nested too deeply");
  std::string many = "<testsuite>";
  for (int i = 0; i < 2000; ++i)
    many += "<testcase name='" + std::string(1000, 'n') + "'><failure>" + std::string(9000, 'm') +
            "</failure></testcase>";
  const TestReport report = good(many + "</testsuite>");
  EXPECT_EQ(report.failed, 2000);
  EXPECT_EQ(report.failing.size(), k_max_listed);
  EXPECT_LE(report.failing[0].name.size(), 400U);
  EXPECT_LE(report.failing[0].message.size(), 4000U);
  EXPECT_EQ(report.slowest.size(), 10U);
}

}  // namespace
}  // namespace test_runner
