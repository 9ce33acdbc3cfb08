// SPDX-License-Identifier: Apache-2.0
// `artifact check` against what the gate itself says.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/author/author.h"
#include "support/host_harness.h"

namespace orc::app {
namespace {

using Json = nlohmann::json;

class ArtifactCheck : public ::testing::Test {
 protected:
  // docs/work-items/ORCH-1/NAME
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = temp_.path() / "docs/work-items/ORCH-1" / name;
    test::write_text(file, text);
    return file;
  }
  Json check(const std::filesystem::path& file, const std::string& stage = "") {
    testing::internal::CaptureStdout();
    exit_ = artifact_check({.file = file, .stage = stage, .output = cli::OutputFormat::json});
    return Json::parse(testing::internal::GetCapturedStdout(), nullptr, false);
  }
  static std::string block(const std::string& fields) {
    return "---\nwork_item: ORCH-1\nstage: testing\n" + fields + "---\n\nresult: PASS in prose\n";
  }

  test::TempDir temp_;
  int exit_ = -1;
};

TEST_F(ArtifactCheck, SaysTheVerdictAndWhereItLeads) {
  const Json pass = check(write("13-test-report.md", block("result: PASS\n")));
  EXPECT_EQ(exit_, 0);
  EXPECT_EQ(pass["result"], "pass");
  EXPECT_EQ(pass["text"], "result: PASS");
  EXPECT_EQ(pass["transition"]["to"], "deploy-staging");
  const Json fail = check(write("13-test-report.md", block("result: FAIL\n")));
  EXPECT_EQ(exit_, 0) << "a red verdict is a verdict";
  EXPECT_EQ(fail["transition"]["to"], "development");
}

struct Mistake {
  const char* name;
  const char* text;
  const char* where;  // behind the file's name
  const char* problem;
  const char* fix;
};
class Broken : public ArtifactCheck, public ::testing::WithParamInterface<Mistake> {};

TEST_P(Broken, NamesThePlaceAndTheFix) {
  const Mistake& row = GetParam();
  const auto file = write("13-test-report.md", row.text);
  const Json answer = check(file);
  EXPECT_EQ(exit_, 1);
  EXPECT_EQ(answer["result"], "broken");
  EXPECT_EQ(answer["where"], file.string() + row.where);
  EXPECT_NE(answer["problem"].get<std::string>().find(row.problem), std::string::npos) << answer;
  EXPECT_NE(answer["fix"].get<std::string>().find(row.fix), std::string::npos) << answer;
}

constexpr const char* k_head = "---\nwork_item: ORCH-1\nstage: testing\n";
INSTANTIATE_TEST_SUITE_P(
    Each, Broken,
    ::testing::Values(
        Mistake{"NoBlock", "result: PASS\n", ":1", "does not begin with", "begins with a line ---"},
        Mistake{"Empty", "", "", "is empty", "write it"},
        Mistake{"NoVerdict", "---\nwork_item: ORCH-1\nstage: testing\n---\n", "",
                "has no `result:`", "one of PASS, FAIL, BLOCKED"},
        Mistake{"UnknownVerdict", "---\nwork_item: ORCH-1\nstage: testing\nresult: GREEN\n---\n",
                ":4", "unknown verdict \"GREEN\"", "one of PASS, FAIL, BLOCKED"},
        Mistake{"Contradiction",
                "---\nwork_item: ORCH-1\nstage: testing\nresult: PASS\nstatus: FAIL\n---\n", ":5",
                "conflicting_verdict", "say PASS as well"},
        Mistake{"Duplicate", "---\nwork_item: ORCH-1\nresult: PASS\nresult: FAIL\n---\n", ":4",
                "result", "one `key: value` a line"},
        Mistake{"OtherItem", "---\nwork_item: ORCH-2\nstage: testing\nresult: PASS\n---\n", ":2",
                "expected \"ORCH-1\"", "work_item: ORCH-1"},
        Mistake{"OtherStage", "---\nwork_item: ORCH-1\nstage: review\nresult: PASS\n---\n", ":3",
                "expected \"testing\"", "stage: testing"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(ArtifactCheck, KnowsAFileByItsNameOrByTheStage) {
  const std::string text = std::string(k_head) + "result: PASS\n---\n";
  EXPECT_EQ(check(write("report.md", text), "testing")["result"], "pass");
  EXPECT_EQ(exit_, 0);
  EXPECT_EQ(artifact_check({.file = write("report.md", text)}), 64);
  EXPECT_EQ(artifact_check({.file = write("13-test-report.md", text), .stage = "development"}), 64);
  EXPECT_EQ(artifact_check({.file = temp_.path() / "13-test-report.md"}), 64);
}

TEST_F(ArtifactCheck, AFileOfAPackageIsJudgedAlone) {
  const std::string adr = "---\nwork_item: ORCH-1\nstage: architecture\n---\n";
  const Json answer = check(write("06-adr/ADR-001-queue.md", adr));
  EXPECT_EQ(exit_, 0) << answer;
  EXPECT_EQ(answer["stage"], "architecture");
  EXPECT_TRUE(answer["transition"].is_null()) << "its stage owes more than this file";
}

}  // namespace
}  // namespace orc::app
