// SPDX-License-Identifier: Apache-2.0
#include "output_report.h"

#include <gtest/gtest.h>

namespace test_runner {
namespace {

using orchestrator::plugin::Stream;

std::variant<TestReport, BadReport> read(ReportKind kind, std::string_view out,
                                         std::string_view err = "", std::size_t chunk = 7) {
  OutputReport report(kind);
  report.take(Stream::err, err);
  for (; !out.empty(); out.remove_prefix(std::min(chunk, out.size())))
    report.take(Stream::out, out.substr(0, chunk));
  return report.finish();
}
bool is_bad(const std::variant<TestReport, BadReport>& read) {
  return std::holds_alternative<BadReport>(read);
}

constexpr const char* k_go =
    R"({"Action":"run","Package":"x","Test":"TestA"}
{"Action":"pass","Package":"x","Test":"TestA","Elapsed":0.5}
{"Action":"run","Package":"x","Test":"TestB"}
{"Action":"output","Package":"x","Test":"TestB","Output":"    a_test.go:9: no\n"}
{"Action":"fail","Package":"x","Test":"TestB"}
{"Action":"fail","Package":"x"}
)";

TEST(GoReport, CountsTestsAndKeepsWhatTheySaid) {
  const auto made = read(ReportKind::go_json, k_go);
  ASSERT_FALSE(is_bad(made)) << std::get<BadReport>(made).reason;
  const auto& report = std::get<TestReport>(made);
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 1);
  ASSERT_EQ(report.failing.size(), 1U);
  EXPECT_EQ(report.failing[0].name, "x::TestB");
  EXPECT_EQ(report.failing[0].message, "    a_test.go:9: no\n");
  EXPECT_EQ(report.slowest[0].name, "x::TestA");
}

TEST(GoReport, IsNoneWhereItIsCutOffAnywhere) {
  const std::string whole = k_go;
  for (std::size_t end = 0; end + 2 < whole.size(); ++end)
    EXPECT_TRUE(is_bad(read(ReportKind::go_json, whole.substr(0, end), "", 4096))) << end;
}

TEST(GoReport, OfAnEarlierRunIsNone) {
  EXPECT_TRUE(is_bad(read(ReportKind::go_json,
                          R"({"Action":"run","Package":"x","Test":"TestA"}
{"Action":"pass","Package":"x","Test":"TestA"}
{"Action":"output","Package":"x","Output":"ok  \tx\t(cached)\n"}
{"Action":"pass","Package":"x"}
)")));
}

TEST(GoReport, BlamesTheCodeForAFailedBuildOnlyWhereTheCompilerDoes) {
  constexpr const char* k_failed =
      R"({"Action":"output","Package":"x","Output":"FAIL\tx [build failed]\n"}
{"Action":"fail","Package":"x"}
)";
  const auto code = read(ReportKind::go_json, k_failed, "# x\n./a_test.go:3:5: undefined: y\n");
  ASSERT_FALSE(is_bad(code));
  EXPECT_EQ(std::get<TestReport>(code).errors, 1);
  for (const char* const err : {"", "no space left on device\n",
                                "./a.go:3:10: fatal error: zlib.h: No such file or directory\n",
                                "go: writing x: a.go:1:1: no space left on device\n"})
    EXPECT_TRUE(is_bad(read(ReportKind::go_json, k_failed, err))) << err;
}

TEST(CargoReport, AddsUpWhatWasAnnounced) {
  const std::string whole =
      "\nrunning 3 tests\ntest a ... ok\ntest b ... FAILED\ntest c ... ignored\n\nfailures:\n\n"
      "---- b stdout ----\nthread 'b' panicked\n\n\nfailures:\n    b\n\n"
      "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in "
      "0.25s\n\n";
  const auto made = read(ReportKind::cargo_output, whole);
  ASSERT_FALSE(is_bad(made)) << std::get<BadReport>(made).reason;
  const auto& report = std::get<TestReport>(made);
  EXPECT_EQ(report.executed(), 2);
  EXPECT_EQ(report.skipped, 1);
  ASSERT_EQ(report.failing.size(), 1U);
  EXPECT_EQ(report.failing[0].name, "b");
  EXPECT_NE(report.failing[0].message.find("panicked"), std::string::npos);
  for (std::size_t end = 0; end < whole.find("test result"); ++end)
    EXPECT_TRUE(is_bad(read(ReportKind::cargo_output, whole.substr(0, end), "", 4096))) << end;
}

TEST(CargoReport, RefusesAResultThatNobodyAnnounced) {
  EXPECT_TRUE(is_bad(read(ReportKind::cargo_output,
                          "running 1 test\ntest result: ok. 5 passed; 0 failed; 0 ignored; 0 "
                          "measured; 0 filtered out\n")));
  EXPECT_TRUE(is_bad(read(ReportKind::cargo_output,
                          "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured\n")));
  EXPECT_TRUE(is_bad(read(ReportKind::cargo_output, "running 1 test\nrunning 1 test\n")));
}

TEST(MakeReport, ReadsTapAndAutomake) {
  const auto tap = read(ReportKind::make_output,
                        "TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\n# why\nok 3 # SKIP no\n");
  ASSERT_FALSE(is_bad(tap));
  EXPECT_EQ(std::get<TestReport>(tap).passed, 1);
  EXPECT_EQ(std::get<TestReport>(tap).failing.at(0).name, "b");
  EXPECT_EQ(std::get<TestReport>(tap).skipped, 1);
  const auto automake =
      read(ReportKind::make_output, "PASS: a.sh\nFAIL: b.sh\n# TOTAL: 2\n# PASS:  1\n# FAIL:  1\n");
  ASSERT_FALSE(is_bad(automake));
  EXPECT_EQ(std::get<TestReport>(automake).failed, 1);
}

TEST(MakeReport, RefusesCountsThatDoNotAddUp) {
  for (const char* const out :
       {"", "ok 1 - a\n", "1..2\nok 1\n", "1..1\nok 1\nok 2\n", "1..1\n1..1\nok 1\n",
        "1..1\nBail out! gone\n", "PASS: a.sh\n", "# TOTAL: 2\nPASS: a.sh\n", "okay\n"})
    EXPECT_TRUE(is_bad(read(ReportKind::make_output, out))) << out;
}

TEST(OutputReport, BoundsALineThatNeverEnds) {
  OutputReport report(ReportKind::make_output);
  const std::string much(1024 * 1024, 'x');
  for (int i = 0; i < 64; ++i) report.take(Stream::out, much);
  EXPECT_TRUE(is_bad(report.finish()));
}

}  // namespace
}  // namespace test_runner
