// SPDX-License-Identifier: Apache-2.0
// The merge gate of the real program, before a bare repository as its forge.
#include "integration/merge_test.h"

namespace orc::test {

namespace {

TEST_F(Merge, LandsExactlyWhatWasTestedAndTestsItOnce) {
  serve_forge();
  const Json end = run_task("IT-1");
  ASSERT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "waiting_human");
  EXPECT_EQ(end.at("pull_request").at("state"), "merged") << end.dump(2);
  EXPECT_EQ(head_of("main"), end.at("head_commit"));
  EXPECT_EQ(head_of("work"), end.at("head_commit"));
  EXPECT_EQ(updates(), 1);
  EXPECT_EQ(forced(), 0);
  EXPECT_EQ(reports(end), 1) << "content that had passed was tested again";
  EXPECT_EQ(gate("IT-1", "merge").value("result", ""), "passed");
  const Json block = queue_block("merge_gate");
  EXPECT_EQ(block.at("results").at("passed"), 1) << block.dump();
  EXPECT_TRUE(block.at("locks").empty()) << block.dump();
  const CommandResult check =
      host.orchestrator({"db", "check", "--state", host.state().string()});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
}

TEST_F(Merge, TestsAgainWhatBecameOfItOnABaseThatMoved) {
  push_to_main("other.txt", "other\n");
  serve_forge();
  const Json end = run_task("IT-2");
  ASSERT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(reports(end), 2) << "new content was landed without a test";
  EXPECT_TRUE(main_holds("other.txt"));
  EXPECT_TRUE(main_holds("code.txt"));
  EXPECT_EQ(head_of("main"), end.at("head_commit"));
  EXPECT_EQ(updates(), 2);
  EXPECT_EQ(forced(), 0);
}

TEST_F(Merge, SendsAConflictBackWithItsFilesAndTheBaseToSolveItWith) {
  push_to_main("code.txt", "theirs\n");
  hook("development",
       "def run(*a): subprocess.run(['git', '-c', 'user.name=A', '-c', 'user.email=a@localhost', "
       "*a], check=True)\n"
       "run('merge', '-q', '-X', 'ours', '-m', 'Merge', 'origin/main')\n"
       "pathlib.Path('solved.txt').write_text('solved\\n')\n");
  serve_forge();
  const Json end = run_task("IT-3");
  ASSERT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_NE(why_it_went_back("IT-3").find("merge_gate: the branch conflicts with main in code.txt"),
            std::string::npos)
      << why_it_went_back("IT-3");
  EXPECT_EQ(end.at("counters").at("code_fail"), 1);
  EXPECT_EQ(forge({"show", "main:code.txt"}), "code");
  EXPECT_EQ(forced(), 0);
}

TEST_F(Merge, SendsARedReTestBackWithTheFailingTests) {
  git(seed, {"checkout", "-q", "work"});
  write_text(seed / "mine.txt", "mine\n");
  git(seed, {"add", "--all"});
  git(seed, {"commit", "-qm", "Mine"});
  git(seed, {"push", "-q", "forge", "work"});
  const std::string theirs = push_to_main("theirs.txt", "theirs\n");
  hook("development", "sys.exit(3)\n");
  serve_forge();
  const Json end = run_task("IT-4");
  EXPECT_EQ(end.at("stage"), "development") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("counters").at("code_fail"), 1);
  EXPECT_NE(why_it_went_back("IT-4").find("suite::together"), std::string::npos)
      << why_it_went_back("IT-4");
  EXPECT_EQ(gate("IT-4", "merge").value("result", ""), "failed");
  EXPECT_EQ(head_of("main"), theirs);
}

TEST_F(Merge, HoldsAReTestThatTimesOutAndBlamesNobody) {
  const std::string theirs = push_to_main("slow.txt", "slow\n");
  serve_forge();
  const Json end = run_task("IT-5");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "infra_hold");
  EXPECT_EQ(end.at("counters").at("code_fail"), 0);
  EXPECT_EQ(head_of("main"), theirs);
  EXPECT_EQ(gate("IT-5", "merge").value("result", ""), "not_run");
}

// Whoever pushes to the task's branch finds that main has moved under it, each time.
TEST_F(Merge, GivesUpOnABaseThatMovesUnderEveryTry) {
  forge_hook("post-receive",
             "while read -r old new ref; do\n"
             "  [ \"$ref\" = refs/heads/work ] || continue\n"
             "  made=$(echo moved | git -c user.name=X -c user.email=x@localhost commit-tree "
             "-p main 'main^{tree}')\n"
             "  git update-ref refs/heads/main \"$made\"\ndone\n");
  push_to_main("other.txt", "other\n");
  serve_forge("", "  merge: { tries: 2 }\n");
  const Json end = run_task("IT-6");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "infra_hold");
  EXPECT_NE(end.dump().find("moved under each of 2 tries"), std::string::npos) << end.dump(2);
  EXPECT_EQ(end.at("counters").at("code_fail"), 0);
  EXPECT_FALSE(main_holds("code.txt"));
  EXPECT_EQ(forced(), 0);
  EXPECT_TRUE(queue_block("merge_gate").at("locks").empty());
}

// The forge moves main, and its process ends before it can say so.
TEST_F(Merge, AsksTheForgeWhatLandedWhenItsAnswerIsLost) {
  forge_hook("post-receive",
             "while read -r old new ref; do\n"
             "  [ \"$ref\" = refs/heads/main ] && kill -9 $PPID\ndone\nexit 0\n");
  serve_forge();
  const Json end = run_task("IT-7");
  ASSERT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(head_of("main"), end.at("head_commit"));
  EXPECT_EQ(updates(), 1) << "pushed blindly again";
}

TEST_F(Merge, HoldsWhereSomebodyPushedToTheBranchWhatNobodyJudged) {
  write_text(host.root() / "staged", "");
  const std::filesystem::path mark = host.root() / "go";
  serve_forge("", "", "[sh, -c, \"echo began >>" + (host.root() / "began").string() +
                          "; while [ ! -e " + mark.string() + " ]; do sleep 0.1; done\"]");
  submit("IT-8", {"--repo", "shop", "--branch", "work", "--from", "testing"});
  ASSERT_TRUE(wait_for_text(host.root() / "began", "began")) << host.log();
  git(seed, {"checkout", "-q", "work"});
  write_text(seed / "late.txt", "late\n");
  git(seed, {"add", "--all"});
  git(seed, {"commit", "-qm", "Late"});
  git(seed, {"push", "-q", "forge", "work"});
  write_text(mark, "");
  const Json end = settled("IT-8");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("state"), "held");
  EXPECT_NE(end.dump().find("nobody here has judged"), std::string::npos) << end.dump(2);
  EXPECT_EQ(updates(), 0);
}

TEST_F(Merge, HoldsWithTheForgesOwnWordsWhereARuleThereRefusesThePush) {
  forge_hook("pre-receive", "echo 'main is frozen until Monday' >&2; exit 1\n");
  serve_forge();
  const Json end = run_task("IT-11");
  EXPECT_EQ(end.at("stage"), "deploy-staging") << end.dump(2) << host.log();
  EXPECT_EQ(end.at("hold").at("class"), "environment");
  const std::string reason = end.at("hold").at("reason");
  EXPECT_NE(reason.find("does not take main, by a rule or hook of its own"), std::string::npos)
      << reason;
  EXPECT_NE(reason.find("frozen until Monday"), std::string::npos) << reason;
  EXPECT_EQ(reason.find("credentials"), std::string::npos) << reason;
  EXPECT_EQ(updates(), 0);
}

TEST_F(Merge, SwitchedOffLeavesTheForgeAlone) {
  serve_forge("", "  merge: { enabled: false }\n");
  const Json end = run_task("IT-9");
  EXPECT_EQ(end.at("stage"), "deploy") << end.dump(2) << host.log();
  EXPECT_EQ(updates(), 0);
  EXPECT_FALSE(main_holds("code.txt"));
  EXPECT_TRUE(gate("IT-9", "merge").is_null());
}

TEST_F(Merge, KeepsFixesThatMustNotVanish) {
  hook("development", "sys.exit(3)\n");
  serve_forge("    merge: { markers: { FIX-1: \"README.md: Shop\", FIX-2: \"code.txt: fixed\" } }\n");
  const Json end = run_task("IT-10");
  EXPECT_EQ(end.at("stage"), "development") << end.dump(2) << host.log();
  EXPECT_NE(why_it_went_back("IT-10").find("FIX-2 in code.txt"), std::string::npos);
  EXPECT_EQ(why_it_went_back("IT-10").find("FIX-1"), std::string::npos);
  EXPECT_EQ(updates(), 0);
}

}  // namespace

}  // namespace orc::test
