// SPDX-License-Identifier: Apache-2.0
// Security, coverage and image freshness in the real program.
#include "integration/merge_test.h"

namespace orc::test {

namespace {

using EdgeGates = Merge;

TEST_F(EdgeGates, LetTheCoverageRiseWithAMergeAndNeverFall) {
  hook("development", "sys.exit(3)\n");
  const std::string number = (host.root() / "covered").string();
  write_text(number, "80");
  serve_forge("    coverage:\n      report: cov.info\n      command: [sh, -c, \"printf 'SF:a\\\\nLF:100\\\\nLH:%s\\\\nend_of_record\\\\n' $(cat " +
              number + ") >cov.info\"]\n");
  const Json first = run_task("IT-20");
  ASSERT_EQ(first.at("stage"), "deploy") << first.dump(2) << host.log();
  ASSERT_EQ(queue_block("coverage_gate").at("baselines").at(0).at("percent"), 80.0);

  write_text(number, "79");
  add_branch(seed, "more", "more.txt", "more\n");
  git(seed, {"push", "-q", "forge", "more"});
  ask({"task", "approve", "IT-20"});
  settled("IT-20");
  submit("IT-21", {"--repo", "shop", "--branch", "more", "--from", "testing"});
  const Json second = settled("IT-21");
  EXPECT_EQ(second.at("stage"), "development") << second.dump(2) << host.log();
  EXPECT_NE(why_it_went_back("IT-21").find("79.00 % is below the baseline 80.00 %"),
            std::string::npos)
      << why_it_went_back("IT-21");
  EXPECT_FALSE(main_holds("more.txt")) << "landed before it was judged";
}

TEST_F(EdgeGates, HoldWhereTheCoverageReportIsMissing) {
  serve_forge("    coverage: { report: cov.info }\n");
  const Json end = run_task("IT-22");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "held");
  EXPECT_EQ(gate("IT-22", "coverage").value("text", ""), "cov.info: missing");
  EXPECT_EQ(reports(end), 2) << "only the suite could have written the report";
  EXPECT_EQ(updates(), 0);
}

TEST_F(EdgeGates, SendAFindingBackAndTakeAScannerThatDidNotRunForNoFault) {
  hook("development", "sys.exit(3)\n");
  const std::string code = (host.root() / "code").string();
  write_text(code, "1");
  serve_forge("    security:\n      scanners:\n        lint: { command: [sh, -c, \"echo finding; exit $(cat " +
              code + ")\"] }\n");
  const Json found = run_task("IT-23");
  EXPECT_EQ(found.at("stage"), "development") << found.dump(2) << host.log();
  EXPECT_NE(why_it_went_back("IT-23").find("security_gate: lint: exit code 1: finding"),
            std::string::npos)
      << why_it_went_back("IT-23");

  write_text(code, "77");
  add_branch(seed, "more", "more.txt", "more\n");
  git(seed, {"push", "-q", "forge", "more"});
  submit("IT-24", {"--repo", "shop", "--branch", "more", "--from", "testing"});
  const Json infra = settled("IT-24");
  EXPECT_EQ(infra.at("stage"), "deploy-staging") << infra.dump(2) << host.log();
  EXPECT_EQ(infra.at("state"), "infra_hold");
  EXPECT_EQ(infra.at("counters").at("code_fail"), 0);
  EXPECT_EQ(updates(), 0);
}

TEST_F(EdgeGates, HaveAStaleImageBuiltOnceAndHoldWhatStaysStale) {
  const std::string image = (host.root() / "image").string();
  write_text(image, "0000000000000000000000000000000000000000\n");
  serve_forge("    image: { revision: [cat, " + image + "], rebuild: [sh, -c, \"echo {commit} >" +
              image + ".$(cat " + image + ".n 2>/dev/null)\"] }\n");
  const Json end = run_task("IT-25");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "held");
  EXPECT_EQ(updates(), 1) << "what landed stays landed";
  EXPECT_NE(gate("IT-25", "image").value("text", "").find("one rebuild changed nothing"),
            std::string::npos)
      << gate("IT-25", "image").dump();
}

TEST_F(EdgeGates, DeployAnImageThatCarriesWhatWasMerged) {
  const std::string image = (host.root() / "image").string();
  write_text(image, "stale\n");
  serve_forge("    image: { revision: [cat, " + image + "], rebuild: [sh, -c, \"echo {commit} >" +
              image + "\"] }\n");
  const Json end = run_task("IT-26");
  EXPECT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(read_text(image), head_of("main") + "\n");
}

}  // namespace

}  // namespace orc::test
