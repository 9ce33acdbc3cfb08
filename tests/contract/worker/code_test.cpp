// SPDX-License-Identifier: Apache-2.0
// With a real repository: what a job works on, and what reaches the branch.
#include "git/repository.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

class Code : public WorkerTest {
 protected:
  void SetUp() override {
    upstream_ = temp_.path() / "upstream";
    std::filesystem::create_directories(upstream_);
    git({"init", "-q", "-b", "main", "."});
    ASSERT_TRUE(
        write_file_atomically(upstream_ / "main.py", "print(1)\n", Durability::process).ok());
    git({"add", "."});
    git({"commit", "-q", "-m", "Begin"});
    start_ = git({"rev-parse", "HEAD"});
    request_.clone_url = upstream_.string();
    git({"branch", request_.branch});
  }

  std::string git(std::vector<std::string> arguments) {
    return git_in(upstream_, std::move(arguments));
  }
  std::string git_in(const std::filesystem::path& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-c", "user.name=Test", "-c", "user.email=test@localhost"});
    process::RunSpec spec;
    spec.spawn.argv = std::move(arguments);
    spec.spawn.env = process::base_environment();
    spec.spawn.cwd = folder;
    process::RunResult result = process::run(spec);
    const auto* exited = std::get_if<process::Exited>(&result.end);
    EXPECT_TRUE(exited != nullptr && exited->code == 0) << result.err;
    if (!result.out.empty() && result.out.back() == '\n') result.out.pop_back();
    return result.out;
  }
  std::string show(const std::string& commit, const std::string& path) {
    return git_in(request_.bare_repository, {"show", commit + ":" + path});
  }
  void ask_for_ci(const std::string& block) {
    request_.kind = JobKind::ci;
    request_.stage = Stage::development;
    request_.contract = R"({"ci":)" + block + "}";
  }

  std::filesystem::path upstream_;
  std::string start_;
};

TEST_F(Code, AReportIsCommittedOnTheTasksBranch) {
  add_probe("accept");
  const jobs::WorkerReport report = run();
  expect<Verdict>(report);
  EXPECT_NE(report.head_commit, start_);
  EXPECT_EQ(report.content_id, report.made_on_content);
  EXPECT_EQ(git_in(request_.bare_repository, {"rev-parse", "refs/heads/task/DEMO-1"}),
            report.head_commit);
  EXPECT_EQ(git_in(request_.bare_repository, {"rev-parse", report.head_commit + "^"}), start_);
  const std::string file = show(report.head_commit, "docs/work-items/DEMO-1/13-test-report.md");
  EXPECT_NE(file.find("result: PASS"), std::string::npos);
  EXPECT_NE(file.find(start_), std::string::npos);
  EXPECT_NE(file.find(report.content_id), std::string::npos);
  EXPECT_NE(
      show(report.head_commit, "docs/work-items/DEMO-1/00-business-request.md").find("Make it so."),
      std::string::npos);
  const std::string message =
      git_in(request_.bare_repository, {"log", "-1", "--format=%s", report.head_commit});
  EXPECT_EQ(message, "DEMO-1: testing PASS");
  EXPECT_FALSE(std::filesystem::exists(request_.verification));
  EXPECT_EQ(git({"rev-parse", "main"}), start_) << "nothing is pushed";
}

TEST_F(Code, ThePluginGetsACheckoutOfTheBaseThatIsGoneAfterwards) {
  git({"checkout", "-q", request_.branch});
  ASSERT_TRUE(write_file_atomically(upstream_ / "main.py", "print(2)\n", Durability::process).ok());
  git({"commit", "-qam", "Change"});
  git({"checkout", "-q", "main"});
  request_.approved_by = "alice";
  add_probe("base");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Verdict>(report).summary, "print(1), approved by alice");
  EXPECT_FALSE(std::filesystem::exists(request_.verification.string() + "-base"));
}

TEST_F(Code, AReportDoesNotOutdateItself) {
  add_probe("accept");
  const jobs::WorkerReport first = run();
  request_.head_commit = first.head_commit;
  folder_ = temp_.path() / "jobs" / "7-2";
  const jobs::WorkerReport second = run();
  expect<Verdict>(second);
  EXPECT_EQ(second.made_on_content, first.made_on_content);
  EXPECT_EQ(git_in(request_.bare_repository, {"rev-parse", second.head_commit + "^"}),
            first.head_commit);
}

TEST_F(Code, ADevelopersWorkIsTakenIn) {
  request_.stage = Stage::development;
  add_probe("commits");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Verdict>(report).token, "");
  EXPECT_EQ(show(report.head_commit, "feature.txt"), "new");
  EXPECT_NE(report.content_id, report.made_on_content);
  EXPECT_TRUE(report.artifacts.empty());
}

TEST_F(Code, WhatAnybodyElseChangesStaysBehind) {
  add_probe("commits");
  const jobs::WorkerReport report = run();
  expect<Verdict>(report);
  EXPECT_EQ(report.content_id, report.made_on_content);
}

TEST_F(Code, AMissingBranchIsAHoldWhereWorkIsJudged) {
  add_probe("accept");
  request_.branch = "mistyped";
  const jobs::WorkerReport report = run();
  const auto& held = expect<Held>(report);
  EXPECT_EQ(held.reason, ReasonCode::config);
  EXPECT_NE(held.text.find("mistyped"), std::string::npos) << held.text;
}

TEST_F(Code, AMissingRepositoryIsAHold) {
  request_.clone_url = (temp_.path() / "absent").string();
  add_probe("accept");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Held>(report).reason, ReasonCode::config);
  EXPECT_TRUE(report.decisions.empty());
}

TEST_F(Code, GreenAndRedCiAreWhatTheCommandSays) {
  ask_for_ci(R"({"command":["/usr/bin/python3","main.py"],"timeout":"1m"})");
  const jobs::WorkerReport green = run();
  EXPECT_TRUE(expect<CiResult>(green).green);
  EXPECT_NE(expect<CiResult>(green).summary.find("exit code 0: 1"), std::string::npos);
  EXPECT_EQ(green.head_commit, start_);
  folder_ = temp_.path() / "jobs" / "7-2";
  request_.contract = R"({"ci":{"command":["sh","-c","echo broken >&2; exit 3"]}})";
  const jobs::WorkerReport red = run();
  EXPECT_FALSE(expect<CiResult>(red).green);
  EXPECT_NE(expect<CiResult>(red).summary.find("broken"), std::string::npos);
}

TEST_F(Code, CiThatCouldNotRunIsNeverRed) {
  ask_for_ci(R"({"command":["no-such-tool"]})");
  EXPECT_EQ(expect<Held>(run()).reason, ReasonCode::tool_missing);
  folder_ = temp_.path() / "jobs" / "7-2";
  ask_for_ci(R"({"command":["sleep","60"],"timeout":"100ms"})");
  EXPECT_EQ(expect<Deferred>(run()).reason, ReasonCode::timeout);
  folder_ = temp_.path() / "jobs" / "7-3";
  ask_for_ci(R"({"command":["sh","-c","kill -9 $$"]})");
  EXPECT_EQ(expect<Deferred>(run()).reason, ReasonCode::resource);
  folder_ = temp_.path() / "jobs" / "7-4";
  ask_for_ci("{}");
  EXPECT_EQ(expect<Held>(run()).reason, ReasonCode::config);
}

}  // namespace
}  // namespace orc::worker
