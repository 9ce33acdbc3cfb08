// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "gates/coverage.h"
#include "gates/fixtures.h"
#include "gates/image.h"
#include "gates/landing.h"
#include "gates/security.h"

namespace orc::gates {

namespace {

TEST(GateFixtures, AreAnsweredAsTheyMustBe) {
  for (const GateFixture& fixture : fixtures()) {
    const Judgement judged = fixture.judge();
    EXPECT_EQ(to_string(judged.result), to_string(fixture.expected))
        << to_string(fixture.gate) << ", " << fixture.name << ": " << judged.text;
    EXPECT_EQ(judged.result == GateResult::not_run, judged.why != ReasonCode::none) << fixture.name;
  }
}

TEST(GateFixtures, HoldAPassAFailOrABlockAndSomethingMissingForEachGate) {
  for (const EdgeGateRow& row : k_edge_gates) {
    std::set<GateResult> seen;
    for (const GateFixture& fixture : fixtures()) {
      if (fixture.gate == row.gate) seen.insert(fixture.expected);
    }
    EXPECT_TRUE(seen.contains(GateResult::passed)) << row.name;
    EXPECT_GE(seen.size(), 2U) << row.name;
  }
}

struct Report {
  const char* name;
  const char* text;
  double percent;  // below 0: not readable
};

class CoverageReports : public ::testing::TestWithParam<Report> {};

TEST_P(CoverageReports, AreReadAsTheirFormatSays) {
  const Result<double> percent = read_coverage(GetParam().text);
  if (GetParam().percent < 0) {
    EXPECT_FALSE(percent.ok()) << percent.value();
    return;
  }
  ASSERT_TRUE(percent.ok()) << percent.error().message;
  EXPECT_NEAR(percent.value(), GetParam().percent, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    Each, CoverageReports,
    ::testing::Values(
        Report{"Cobertura", "<coverage line-rate=\"0.5\" lines-covered=\"2\" lines-valid=\"3\"/>",
               200.0 / 3},
        Report{"CoberturaByRate", "<coverage line-rate=\"0.75\"></coverage>", 75},
        Report{"CoberturaAboveOne", "<coverage line-rate=\"1.5\"/>", -1},
        Report{"CoberturaNoNumber", "<coverage line-rate=\"nan\"/>", -1},
        Report{"CoberturaTrailing", "<coverage line-rate=\"0.9x\"/>", -1},
        Report{"CoberturaCutOff", "<coverage line-rate=\"0.9\"><packages>", -1},
        Report{"OtherXml", "<testsuite line-rate=\"1\"/>", -1},
        Report{"Lcov", "TN:\nSF:a\nLF:4\nLH:1\nend_of_record\nSF:b\nLF:4\nLH:3\nend_of_record\n",
               50},
        Report{"LcovCutOff", "TN:\nSF:a\nLF:4\nLH:4\nend_of_record\nSF:b\nDA:1,1\n", -1},
        Report{"LcovNegative", "TN:\nSF:a\nLF:4\nLH:-1\nend_of_record\n", -1},
        Report{"CoveragePy", R"({"totals":{"covered_lines":9,"num_statements":10}})", 90},
        Report{"CoveragePyText", R"({"totals":{"covered_lines":"9","num_statements":10}})", -1},
        Report{"CoveragePyNothing", R"({"totals":{"covered_lines":0,"num_statements":0}})", -1},
        Report{"GcovrSummary", R"({"line_covered":1,"line_total":4,"line_percent":99})", 25},
        Report{"Gcovr",
               R"({"files":[{"file":"a","lines":[{"line_number":1,"count":3},{"line_number":2,)"
               R"("count":0},{"line_number":3,"count":0,"gcovr/noncode":true}]}]})",
               50},
        Report{"JsonOfAnotherKind", R"({"coverage":100})", -1},
        Report{"JsonCutOff", R"({"totals":{"covered_lines":9,)", -1},
        Report{"Words", "100 %", -1}, Report{"Nothing", " \n", -1}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Coverage, HoldsTheMinimumWhereTheBaselineIsLower) {
  const CoverageInput input{.report = "<coverage line-rate=\"0.5\"/>",
                            .path = "c.xml",
                            .baseline = 40,
                            .minimum = 60};
  const CoverageJudgement judged = judge_coverage(input);
  EXPECT_EQ(judged.judgement.result, GateResult::failed);
  EXPECT_NE(judged.judgement.text.find("configured minimum 60.00 %"), std::string::npos);
}

std::string sarif(const std::string& result, const std::string& rule = "{}",
                  const std::string& rest = "") {
  return R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s","rules":[)" + rule +
         R"(]}},"results":[)" + result + "]" + rest + "}]}";
}

TEST(Sarif, TakesTheSeverityFromTheScoreBeforeTheLevel) {
  const auto severity = [](const std::string& result, const std::string& rule) {
    const auto findings = read_sarif(sarif(result, rule));
    return findings.ok() && findings.value().size() == 1
               ? std::string(to_string(findings.value()[0].severity))
               : "none";
  };
  const std::string rule = R"({"id":"R","properties":{"security-severity":"9.8"}})";
  EXPECT_EQ(severity(R"({"ruleId":"R","level":"note"})", rule), "critical");
  EXPECT_EQ(severity(R"({"ruleId":"R","level":"error"})", R"({"id":"R"})"), "high");
  EXPECT_EQ(severity(R"({"ruleId":"R"})", R"({"id":"R"})"), "medium");
  EXPECT_EQ(severity(R"({"ruleId":"R"})",
                     R"({"id":"R","defaultConfiguration":{"level":"error"}})"),
            "high");
  EXPECT_EQ(severity(R"({"ruleId":"R","level":"shrug"})", R"({"id":"R"})"), "high");
}

TEST(Sarif, CountsWhatTheSourceSuppresses) {
  const auto findings = read_sarif(
      sarif(R"({"ruleId":"R","level":"error","suppressions":[{"kind":"inSource"}]})",
            R"({"id":"R"})"));
  ASSERT_TRUE(findings.ok());
  EXPECT_EQ(findings.value().size(), 1U);
}

TEST(Sarif, LeavesOutWhatIsNoFindingOfThisScan) {
  const auto findings =
      read_sarif(sarif(R"({"ruleId":"R","kind":"pass"},{"ruleId":"R","baselineState":"absent"})",
                       R"({"id":"R"})"));
  ASSERT_TRUE(findings.ok());
  EXPECT_TRUE(findings.value().empty());
}

TEST(Sarif, IsNotReadWhereTheToolDidNotRunToItsEnd) {
  EXPECT_FALSE(
      read_sarif(sarif("", R"({"id":"R"})", R"(,"invocations":[{"executionSuccessful":false}])"))
          .ok());
  EXPECT_FALSE(read_sarif(R"({"runs":[]})").ok());
  EXPECT_FALSE(read_sarif(R"({"runs":[{"tool":{"driver":{"name":"s"}}}]})").ok());
}

TEST(Security, NamesRuleFileAndLineAndTheDayAnExceptionExpired) {
  const Scanner scanner{.name = "lint", .command = {"lint"}, .sarif = "a.sarif"};
  const std::string report = sarif(
      R"({"ruleId":"R7","level":"error","locations":[{"physicalLocation":{"artifactLocation":)"
      R"({"uri":"src/a.c"},"region":{"startLine":12}}}]})",
      R"({"id":"R7"})");
  const std::vector<Exception> allowed{{"R7", "src/a.c", "2026-01-31", "later"}};
  const Judgement judged = judge_scan({.scanner = scanner,
                                       .exit_code = 1,
                                       .sarif = report,
                                       .allowed = allowed,
                                       .today = "2026-02-01"});
  EXPECT_EQ(judged.result, GateResult::failed);
  EXPECT_EQ(judged.text,
            "lint: 1 findings: high R7 src/a.c:12 (its exception expired on 2026-01-31)");
}

TEST(GateSettings, NameWhatIsWrongWithThem) {
  const auto message = [](const char* contract) {
    const auto settings = read_settings(contract);
    return settings.ok() ? std::string() : settings.error().message;
  };
  EXPECT_EQ(message("{}"), "");
  EXPECT_EQ(message(R"({"security":{"scanners":{"a":{"comand":["x"]}}}})"),
            "security.scanners.a.comand: unknown key, known are command, sarif, exit_codes, "
            "timeout");
  EXPECT_EQ(message(R"({"security":{"scanners":{"a":{}}}})"),
            "security.scanners.a has no command");
  EXPECT_EQ(message(R"({"security":{"allow":{"R":{"reason":"x"}}}})"),
            "security.allow.R.until: wanted a day, such as 2027-01-31");
  EXPECT_EQ(message(R"({"security":{"allow":{"R":{"until":"2027-01-31"}}}})"),
            "security.allow.R.reason: an exception says why");
  EXPECT_EQ(message(R"({"merge":{"markers":{"F":"no pattern"}}})"),
            "merge.markers.F: wanted \"FILE: PATTERN\", found \"no pattern\"");
}

}  // namespace

}  // namespace orc::gates
