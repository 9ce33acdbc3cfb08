// SPDX-License-Identifier: Apache-2.0
#include "domain/gates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orc {
namespace {

const std::string k_content = "c0ffee";

Evidence artifact(const StageRule& rule, std::string name, std::vector<GateField> extra = {}) {
  Evidence evidence{.name = std::move(name),
                    .recorded_sha256 = "aa",
                    .actual_sha256 = "aa",
                    .attempt = 2,
                    .content_id = k_content};
  evidence.fields = {{"work_item", "T-1", 2}, {"stage", std::string(to_string(rule.stage)), 3}};
  evidence.fields.insert(evidence.fields.end(), extra.begin(), extra.end());
  return evidence;
}

GateDecision ask(const StageRule& rule, const std::vector<Evidence>& evidence) {
  return evaluate_gate({.rule = rule,
                        .work_item = "T-1",
                        .attempt = 2,
                        .content_id = k_content,
                        .evidence = evidence});
}

struct VerdictCase {
  Stage stage;
  std::string token;
  std::string decision;
};

class VerdictToken_ : public testing::TestWithParam<VerdictCase> {};

TEST_P(VerdictToken_, LeadsToItsDecision) {
  const StageRule& rule = *find_rule(GetParam().stage);
  const Evidence report = artifact(rule, std::string(rule.artifacts.front().file),
                                   {{std::string(rule.verdict_key), GetParam().token, 4}});
  EXPECT_EQ(name_of(ask(rule, {report})), GetParam().decision);
}

INSTANTIATE_TEST_SUITE_P(EveryToken, VerdictToken_,
                         testing::Values(VerdictCase{Stage::review, "APPROVED", "pass"},
                                         VerdictCase{Stage::review, "REQUEST_CHANGES", "fail"},
                                         VerdictCase{Stage::review, "approved", "broken"},
                                         VerdictCase{Stage::review, "", "broken"},
                                         VerdictCase{Stage::testing, "PASS", "pass"},
                                         VerdictCase{Stage::testing, "FAIL", "fail"},
                                         VerdictCase{Stage::testing, "BLOCKED", "hold"},
                                         VerdictCase{Stage::testing, "Pass", "broken"},
                                         VerdictCase{Stage::testing, "PASS\u00a0", "broken"},
                                         VerdictCase{Stage::deploy_staging, "SUCCESS", "pass"},
                                         VerdictCase{Stage::deploy_staging, "FAILED", "fail"},
                                         VerdictCase{Stage::deploy_staging, "PASS", "broken"},
                                         VerdictCase{Stage::deploy, "SUCCESS", "pass"},
                                         VerdictCase{Stage::deploy, "FAILED", "fail"}));

class VerdictGate : public testing::Test {
 protected:
  const StageRule& rule_ = *find_rule(Stage::testing);
  Evidence report_ = artifact(rule_, "13-test-report.md", {{"result", "PASS", 4}});

  void expect_broken(const std::string& part) {
    const GateDecision decision = ask(rule_, {report_});
    EXPECT_EQ(name_of(decision), "broken");
    EXPECT_NE(text_of(decision).find(part), std::string::npos) << text_of(decision);
  }
};

TEST_F(VerdictGate, NeverPassesWithoutTheArtifact) {
  EXPECT_EQ(text_of(ask(rule_, {})), "13-test-report.md: missing");
  EXPECT_EQ(name_of(ask(rule_, {})), "broken");
}
TEST_F(VerdictGate, RefusesAFileThatWasTouchedAfterwards) {
  report_.actual_sha256 = "bb";
  expect_broken("touched");
}
TEST_F(VerdictGate, RefusesAnOlderAttempt) {
  report_.attempt = 1;
  expect_broken("from attempt 1, not 2");
}
TEST_F(VerdictGate, RefusesAVerdictMadeOnOtherContent) {
  report_.content_id = "beef";
  expect_broken("other content");
}
TEST_F(VerdictGate, RefusesBrokenFrontmatterAndSaysWhere) {
  report_.fields.clear();
  report_.unreadable = "line 3: duplicate key";
  expect_broken("13-test-report.md: line 3: duplicate key");
}
TEST_F(VerdictGate, RefusesAReportAboutAnotherTask) {
  report_.fields[0].value = "T-2";
  expect_broken("13-test-report.md:2: work_item is \"T-2\", expected \"T-1\"");
}
TEST_F(VerdictGate, RefusesAReportOfAnotherStage) {
  report_.fields[1].value = "review";
  expect_broken("stage is \"review\"");
}
TEST_F(VerdictGate, RefusesAListWhereAVerdictBelongs) {
  report_.fields[2].structured = true;
  expect_broken("unknown verdict");
}
TEST_F(VerdictGate, RefusesAPassThatAnotherFieldContradicts) {
  report_.fields.push_back({"status", "FAILED", 5});
  expect_broken("conflicting_verdict");
  report_.fields.back() = {"verdict", "FAIL", 6};
  expect_broken("conflicting_verdict");
}
TEST_F(VerdictGate, PassesOfAllCombinationsOnlyTheAlignedOne) {
  const std::vector<GateField> before = report_.fields;
  int passed = 0;
  for (const char* const status : {"PASS", "FAIL", "FAILED"}) {
    for (const char* const verdict : {"PASS", "FAIL", "BLOCKED"}) {
      report_.fields = before;
      report_.fields.push_back({"status", status, 5});
      report_.fields.push_back({"verdict", verdict, 6});
      passed += name_of(ask(rule_, {report_})) == "pass" ? 1 : 0;
    }
  }
  EXPECT_EQ(passed, 1);
}
TEST_F(VerdictGate, AcceptsAPassWithAlignedFields) {
  report_.fields.push_back({"status", "PASS", 5});
  report_.fields.push_back({"verdict", "PASS", 6});
  EXPECT_EQ(name_of(ask(rule_, {report_})), "pass");
}

TEST(AnalysisPackage, IsCompleteWithAllFourFiles) {
  const StageRule& rule = *find_rule(Stage::analysis);
  std::vector<Evidence> package;
  for (const ArtifactRule& owed : rule.artifacts)
    package.push_back(artifact(rule, std::string(owed.file)));
  EXPECT_EQ(name_of(ask(rule, package)), "pass");
  package.pop_back();
  EXPECT_EQ(text_of(ask(rule, package)), "04-test-plan.yaml: missing");
}

TEST(ArchitecturePackage, NeedsAnAdrAndChecksWhatIsThere) {
  const StageRule& rule = *find_rule(Stage::architecture);
  std::vector<Evidence> package{artifact(rule, "10-tech-risks.md")};
  EXPECT_EQ(text_of(ask(rule, package)), "06-adr/ADR-*.md: missing");
  package.push_back(artifact(rule, "06-adr/ADR-001-x.md"));
  EXPECT_EQ(name_of(ask(rule, package)), "pass");
  package.push_back(artifact(rule, "07-infra-requirements.md"));
  package.back().unreadable = "no block";
  EXPECT_EQ(name_of(ask(rule, package)), "broken");
}

TEST(CiGate, DecidesByTheForgeAlone) {
  const auto ask_ci = [](CiState state) {
    return std::string(
        name_of(evaluate_gate({.rule = *find_rule(Stage::development), .ci = state})));
  };
  EXPECT_EQ(ask_ci(CiState::green), "pass");
  EXPECT_EQ(ask_ci(CiState::red), "fail");
  EXPECT_EQ(ask_ci(CiState::pending), "wait");
  EXPECT_EQ(ask_ci(CiState::waived), "pass");
  EXPECT_EQ(ask_ci(CiState::not_configured), "hold");
}

TEST(CiGate, DoesNotAcceptADeveloperWhoChangedNothing) {
  EXPECT_EQ(name_of(evaluate_gate({.rule = *find_rule(Stage::development),
                                   .brought_commits = false,
                                   .ci = CiState::green})),
            "broken");
}

TEST(ArtifactPattern, MatchesOneNameAndNoFolder) {
  EXPECT_TRUE(matches("06-adr/ADR-*.md", "06-adr/ADR-001-x.md"));
  EXPECT_FALSE(matches("06-adr/ADR-*.md", "06-adr/ADR-.md"));
  EXPECT_FALSE(matches("06-adr/ADR-*.md", "06-adr/ADR-x/y.md"));
  EXPECT_FALSE(matches("13-test-report.md", "13-test-report.md.bak"));
}

}  // namespace
}  // namespace orc
