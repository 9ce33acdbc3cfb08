// SPDX-License-Identifier: Apache-2.0
// Completion is not result: what the finalizer makes of what it sees running.
#include "finalizer_fixture.h"

namespace deploy_finalizer {
namespace {

class Revision : public Finalizer {
 protected:
  Revision() { attempt(); }
  void reads(const std::string& how) {
    const std::string before = R"("revision_command":["revision","--of={work_item}"])";
    settings.replace(settings.find(before), before.size(), how);
  }
};

TEST_F(Revision, IsReadFromAUrlByCurl) {
  reads(R"("revision_url":"http://127.0.0.1:1/{work_item}","revision_field":"build.commit")");
  host.when("curl", exited(0, R"({"build":{"commit":")" + std::string(k_commit) + "\"}}"));
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(host.runs.back().argv[1], "--disable");
  EXPECT_EQ(host.runs.back().argv.back(), "http://127.0.0.1:1/DEMO-1");
}

TEST_F(Revision, ThatStandsNowhereInTheAnswerIsNeverAVerdict) {
  reads(R"("revision_command":["revision"],"revision_field":"build.commit")");
  for (const char* answer : {"", "{}", R"({"build":7})", R"({"build":{"commit":7}})", "nonsense"}) {
    host.when("revision", exited(0, answer));
    EXPECT_EQ(why(attempt()), sdk::Why::in_progress) << answer;
  }
  host.advance(std::chrono::seconds(61));
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  EXPECT_EQ(executed(), 1U);
}

TEST_F(Revision, MustBeTheDeployedOne) {
  host.when("revision", exited(0, std::string(k_commit).substr(0, 12) + "\n"));
  EXPECT_EQ(token(attempt()), "SUCCESS");
  EXPECT_EQ(host.runs.back().argv.back(), "--of=DEMO-1");
  EXPECT_FALSE(host.runs.back().mutating);
}

TEST_F(Revision, OfAnotherCommitIsWaitedForThenFailed) {
  host.when("revision", exited(0, std::string(k_other_commit) + "\n"));
  EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  host.advance(std::chrono::seconds(61));
  const sdk::Outcome outcome = attempt();
  EXPECT_EQ(token(outcome), "FAILED");
  EXPECT_NE(std::get<sdk::Verdict>(outcome).summary.find("fedcba987654"), std::string::npos);
}

TEST_F(Revision, ThatCannotBeReadIsNeverAVerdict) {
  for (const sdk::ProcessResult& result :
       {exited(1), exited(0, ""), exited(0, "abc\n"), exited(0, "not a commit\n"), timed_out(),
        signalled(9)}) {
    host.when("revision", result);
    EXPECT_EQ(why(attempt()), sdk::Why::in_progress);
  }
  host.advance(std::chrono::seconds(61));
  EXPECT_EQ(why(attempt()), sdk::Why::unknown);
  host.when("revision", not_started(ENOENT));
  EXPECT_EQ(why(attempt()), sdk::Why::tool_missing);
  EXPECT_EQ(executed(), 1U);
}

}  // namespace
}  // namespace deploy_finalizer
