// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "unit/cli/fake_host.h"

namespace orc::test {
namespace {

using Json = nlohmann::ordered_json;

Json submitted_body(const FakeHost& host) {
  const std::string request = host.requests().back();
  return Json::parse(request.substr(request.find('{')), nullptr, false);
}

class TaskSubmit : public ::testing::Test {
 protected:
  void SetUp() override {
    host_.on(
        "POST /api/v1/tasks",
        {{201,
          R"({"code":"done","task":{"work_item":"ORCH-122","state":"queued","stage":"analysis"}})"}});
  }
  FakeHost host_;
  TempDir dir_;
};

TEST_F(TaskSubmit, SaysWhereTheTaskIsAndHowToWatchIt) {
  const auto file = dir_.path() / "request.md";
  std::ofstream(file) << "Trim blanks.\n";
  const Ran ran =
      run_against(host_, {"task", "submit", "--repo", "enduro", "--title", "CSV scope trims blanks",
                          "--file", file.string(), "--id", "ORCH-122", "--from", "testing"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "ORCH-122 queued in analysis        watch it: orchestrator task watch ORCH-122\n");
  EXPECT_EQ(
      submitted_body(host_),
      Json::parse(R"({"title":"CSV scope trims blanks","request":"Trim blanks.\n","repo":"enduro",
                            "work_item":"ORCH-122","branch":"","from":"testing"})"));
}

TEST_F(TaskSubmit, ReadsTheRequestFromStdin) {
  run_against(host_, {"task", "submit", "--title", "t", "--file", "-"}, "from stdin");
  EXPECT_EQ(submitted_body(host_)["request"], "from stdin");
}

TEST_F(TaskSubmit, SendsALocalRepositoryByItsAbsolutePath) {
  std::filesystem::create_directories(dir_.path() / "site" / ".git");
  run_against(host_, {"task", "submit", "--title", "t", "--repo",
                      (dir_.path() / "x" / ".." / "site").string()});
  // "x" does not exist: a path that cannot be resolved is refused before anything is sent.
  EXPECT_TRUE(host_.requests().empty());
  run_against(host_,
              {"task", "submit", "--title", "t", "--repo", (dir_.path() / "." / "site").string()});
  EXPECT_EQ(submitted_body(host_)["repo_url"], (dir_.path() / "site").string());
  EXPECT_FALSE(submitted_body(host_).contains("repo"));
}

TEST_F(TaskSubmit, RefusesWhatCannotBeSubmittedBeforeAskingTheHost) {
  EXPECT_EQ(
      run_against(host_, {"task", "submit", "--title", "t", "--repo", dir_.path().string()}).exit,
      64);
  EXPECT_EQ(
      run_against(host_, {"task", "submit", "--title", "t", "--file", "/nonexistent/r.md"}).exit,
      64);
  EXPECT_EQ(run_against(host_, {"task", "submit", "--title", "t", "--file", "-"}, "\xFF").exit, 64);
  EXPECT_EQ(run_against(host_, {"task", "submit", "--title", "t", "--file", "-"},
                        std::string(600'000, 'a'))
                .exit,
            64);
  const Ran ran = run_against(host_, {"task", "submit", "--title", "t", "--from", "tesing"});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_NE(ran.err.find(R"(did you mean "testing"?)"), std::string::npos) << ran.err;
  EXPECT_TRUE(host_.requests().empty());
}

std::string task_in(const std::string& stage, const std::string& state,
                    const std::string& waiting = "null") {
  return R"({"work_item":"ORCH-122","stage":")" + stage + R"(","state":")" + state +
         R"(","waiting":)" + waiting + "}";
}

constexpr const char* k_running = R"({"entries":[
  {"kind":"producer_chain","run":1,"attempt":1,"stage":"testing","state":"running","at":"2026-11-21T02:31:12Z",
   "chain":[{"producer":"test-runner","decision":"accepted","reason":"in_scope","text":"ctest --preset dev"},
            {"producer":"llm-spawner","decision":"not_asked","reason":"earlier_producer_accepted","text":""}]}]})";
constexpr const char* k_passed = R"({"entries":[
  {"kind":"producer_chain","run":1,"attempt":1,"stage":"testing","state":"finished","at":"2026-11-21T02:31:12Z",
   "ended_at":"2026-11-21T02:31:54Z",
   "chain":[{"producer":"test-runner","decision":"accepted","reason":"in_scope","text":"ctest --preset dev"}],
   "result":{"producer":"test-runner","outcome":"suite_ran","text":"result: PASS","artifacts":[{"path":"13-test-report.md"}]},
   "gate":{"name":"check_tests_passed","result":"pass"},"transition":{"to":"deploy-staging"}}]})";

class TaskWatch : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  void tasks(std::vector<Scripted> answers) {
    host_.on("GET /api/v1/tasks/ORCH-122", std::move(answers));
  }
  void timelines(std::vector<Scripted> answers) {
    host_.on("GET /api/v1/tasks/ORCH-122/timeline", std::move(answers));
  }
  FakeHost host_;
};

TEST_F(TaskWatch, PrintsEachThingOnceAndEndsWithTheTask) {
  tasks({{200, task_in("testing", "running")},
         {200, task_in("testing", "running")},
         {200, task_in("done", "done")}});
  timelines({{200, k_running}, {200, k_running}, {200, k_passed}});
  const Ran ran = run_against(host_, {"task", "watch", "ORCH-122"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out,
            "02:31:12 testing         runs\n"
            "02:31:12 testing         test-runner accepted (in_scope); ctest --preset dev\n"
            "02:31:54 testing         13-test-report.md  result: PASS   gate check_tests_passed: "
            "pass  -> "
            "deploy-staging\n"
            "ORCH-122 is done\n");
}

TEST_F(TaskWatch, EndsWhereAPersonIsAwaitedAndNamesTheCommand) {
  tasks({{200, task_in("analysis", "waiting_human",
                       R"({"code":"human_gate","text":"waits for you: approve the analysis",
                           "next":"orchestrator task approve ORCH-122"})")}});
  timelines({{200, R"({"entries":[]})"}});
  const Ran ran = run_against(host_, {"task", "watch", "ORCH-122"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out,
            "waits for you: approve the analysis        orchestrator task approve ORCH-122\n");
}

TEST_F(TaskWatch, TellsAHoldByTheEnvironmentFromEveryOtherByItsExitCode) {
  timelines({{200, R"({"entries":[]})"}});
  tasks({{200, task_in("deploy-staging", "infra_hold")}});
  EXPECT_EQ(run_against(host_, {"task", "watch", "ORCH-122"}).exit, 75);
  tasks({{200, task_in("testing", "held")}});
  EXPECT_EQ(run_against(host_, {"task", "watch", "ORCH-122"}).exit, 1);
  tasks({{200, task_in("testing", "cancelled")}});
  EXPECT_EQ(run_against(host_, {"task", "watch", "ORCH-122"}).exit, 1);
}

TEST_F(TaskWatch, StopsOnceTheTaskHasLeftTheStageBehind) {
  tasks({{200, task_in("testing", "running")}, {200, task_in("deploy-staging", "running")}});
  timelines({{200, k_running}, {200, k_passed}});
  const Ran ran = run_against(host_, {"task", "watch", "ORCH-122", "--until", "testing"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("-> deploy-staging"), std::string::npos);
}

TEST_F(TaskWatch, StopsAtItsTimeout) {
  tasks({{200, task_in("testing", "running")}});
  timelines({{200, k_running}});
  const Ran ran = run_against(host_, {"task", "watch", "ORCH-122", "--timeout", "1ms"});
  EXPECT_EQ(ran.exit, 75);
  EXPECT_EQ(ran.err, "still running in testing; the task goes on\n");
}

TEST_F(TaskWatch, PrintsChangedEntriesOneALineForPrograms) {
  tasks({{200, task_in("testing", "running")}, {200, task_in("done", "done")}});
  timelines({{200, k_running}, {200, k_passed}});
  const Ran ran = run_against(host_, {"task", "watch", "ORCH-122", "-o", "jsonl"});
  std::istringstream lines(ran.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(Json::accept(line)) << line;
  }
  EXPECT_EQ(count, 2);
}

TEST(TaskLogs, PrintTheLastRunPageByPage) {
  FakeHost host;
  host.on("GET /api/v1/tasks/A/timeline",
          {{200, R"({"entries":[{"run":3},{"run":9},{"kind":"event"}]})"}});
  host.on(
      "GET /api/v1/runs/9/log?from=1&limit=1000",
      {{200,
        R"({"state":"finished","total":3,"lines":[{"n":1,"text":"one"},{"n":2,"text":"\u001b[31mtwo"}]})"}});
  host.on("GET /api/v1/runs/9/log?from=3&limit=1000",
          {{200, R"({"state":"finished","total":3,"lines":[{"n":3,"text":"three"}]})"}});
  const Ran ran = run_against(host, {"task", "logs", "A"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "one\n\\x1b[31mtwo\nthree\n");
}

TEST(TaskLogs, SayWhereNothingHasRunYet) {
  FakeHost host;
  host.on("GET /api/v1/tasks/A/timeline", {{200, R"({"entries":[]})"}});
  EXPECT_EQ(run_against(host, {"task", "logs", "A"}).exit, 1);
}

}  // namespace
}  // namespace orc::test
