// SPDX-License-Identifier: Apache-2.0
#include "cli/text_views.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "domain/stage.h"

namespace orc::test {
namespace {

using cli::Json;

class TextViews : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(TextViews, SayOfAWatchedServiceWhatWasSeenAndWhatCameOfTheRollback) {
  const Json task = Json::parse(R"({"work_item":"T-7","deployments":[{"commit":"0123456789abcdef",
      "state":"succeeded","confirmed_by":"alice","updated_at":"2026-01-02T03:04:05Z","text":"runs"}],
    "monitor":{"state":"degraded","text":"3 bad samples in a row","rollback":"failed",
      "rollback_text":"exit code 1","ended_at":"2026-01-02T03:14:05Z"}})");
  const std::string text = cli::task_text(task);
  EXPECT_NE(text.find("0123456789ab succeeded at 2026-01-02T03:04:05Z, confirmed by alice: runs"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("degraded: 3 bad samples in a row; rollback failed: exit code 1"),
            std::string::npos)
      << text;
  EXPECT_EQ(cli::monitor_lines(Json::parse(R"([{"state":"healthy"}])")), "");
}

TEST_F(TextViews, ShowTheStatusInAFewLines) {
  const Json status = Json::parse(R"({"version":"0.1.0","ready":true,"draining":false,"fault":"",
    "config":{"generation":5,"sha256":"1b4f0e98aabbccdd","last_reload":{"successful":false,
      "findings":[{"where":"orchestrator.yaml:47:5","key":"plugins.x.enabld","problem":"unknown key","fix":""}]}},
    "workers":{"busy":1,"total":2},"queued":3,
    "stages":[{"stage":"analysis","tasks":{}},{"stage":"testing","tasks":{"running":1,"queued":2,"held":0}}],
    "plugins":[{"name":"test-runner","enabled":true,"killed":true,"killed_by":"alice",
                "kill_reason":"flaky ctest","killed_until":"2026-11-21T04:33:02Z","refused":""},
               {"name":"staging-runner","enabled":false,"killed":false,"refused":""}],
    "alerts":[{"task":"ORCH-119","text":"no ssh\nand more\nof it"},{"task":"","text":"x is paused"}]})");
  EXPECT_EQ(cli::status_text(status),
            "serving · version 0.1.0 · config generation 5 (1b4f0e98)\n"
            "  workers  1 of 2 busy, 3 queued\n"
            "  stage   testing  1 running, 2 queued\n"
            "  killed   test-runner until 04:33:02 (alice: flaky ctest)\n"
            "  off      staging-runner (configuration)\n"
            "  refused  the last reload; this generation stays in force\n"
            "orchestrator.yaml:47:5: plugins.x.enabld: unknown key\n"
            "  alert    ORCH-119: no ssh …\n"
            "  alert    x is paused\n");
}

TEST_F(TextViews, ShowWhyATaskWaitsAndTheNextCommand) {
  EXPECT_EQ(cli::why_text(
                Json::parse(R"({"text":"held by its environment, not by its code: host key changed",
                                          "next":"orchestrator task release ORCH-119"})")),
            "held by its environment, not by its code: host key changed\n"
            "  orchestrator task release ORCH-119\n");
  EXPECT_EQ(cli::why_text(Json::parse(R"({"text":"running: testing, attempt 2","next":""})")),
            "running: testing, attempt 2\n");
}

TEST_F(TextViews, ShowTheTasksInColumns) {
  const Json tasks = Json::parse(R"({"tasks":[
    {"work_item":"ORCH-116","stage":"testing","state":"running","repo":"orchestrator","title":"Test runner","waiting":null},
    {"work_item":"A-1","stage":"analysis","state":"waiting_human","repo":"enduro","title":"Größe\nzweite Zeile",
     "waiting":{"text":"waits for you"}}]})");
  EXPECT_EQ(cli::task_list_text(tasks),
            "TASK      STAGE     STATE          REPO          TITLE        WHY\n"
            "ORCH-116  testing   running        orchestrator  Test runner  -\n"
            "A-1       analysis  waiting_human  enduro        Größe        waits for you\n");
  EXPECT_EQ(cli::task_list_text(Json::parse(R"({"tasks":[]})")), "no tasks\n");
}

TEST_F(TextViews, ShowTheQueueWithReasons) {
  const Json queue = Json::parse(R"({"workers":{"busy":1,"total":2},"draining":true,"jobs":[
    {"id":1914,"task":"ORCH-116","stage":"testing","state":"running","producer":"test-runner"},
    {"id":1915,"task":"ORCH-119","stage":"deploy-staging","state":"deferred","waiting":{"text":"next try in 48 s"}}]})");
  EXPECT_EQ(cli::queue_text(queue),
            "1 of 2 workers busy, draining\n"
            "JOB   TASK      STAGE           STATE     WHY\n"
            "1914  ORCH-116  testing         running   test-runner\n"
            "1915  ORCH-119  deploy-staging  deferred  next try in 48 s\n");
}

TEST_F(TextViews, ShowWhatAReloadChanged) {
  const Json reload = Json::parse(R"({"result":"applied","generation":5,"findings":[],"changes":[
    {"key":"plugins.test-runner.repos","before":"a, b","after":"b","needs_restart":false},
    {"key":"http.board.listen","before":"127.0.0.1:8480","after":"0.0.0.0:8480","needs_restart":true}]})");
  EXPECT_EQ(
      cli::reload_text(reload),
      "generation 5 in force\n"
      "  changed  plugins.test-runner.repos  a, b -> b                       applies to the next "
      "job\n"
      "  pending  http.board.listen          127.0.0.1:8480 -> 0.0.0.0:8480  needs a restart\n");
  EXPECT_EQ(cli::reload_text(Json::parse(R"({"result":"unchanged","generation":5})")),
            "configuration unchanged; generation 5 stays in force\n");
}

TEST_F(TextViews, ShowPluginsWithTheSwitchInForce) {
  const Json plugins = Json::parse(R"({"plugins":[
    {"name":"test-runner","version":"0.1.0","abi":"1.0","enabled":true,"kill":null,"refused":"","repos":"",
     "chains":[{"stage":"testing"}]},
    {"name":"old","version":"","abi":"","enabled":true,"kill":null,"refused":"built for ABI 2","repos":"*","chains":[]}]})");
  EXPECT_EQ(cli::plugin_list_text(plugins),
            "PLUGIN       VERSION  ABI  SWITCH      REPOS           STAGES   NOTE\n"
            "test-runner  0.1.0    1.0  on          (self-hosting)  testing  \n"
            "old                        not loaded  *               -        built for ABI 2\n");
}

TEST_F(TextViews, TellAWarningFromAFaultAndLeaveOutAKeyThatIsNotThere) {
  EXPECT_EQ(cli::findings_text(Json::parse(R"({"findings":[
    {"severity":"error","where":"o.yaml:28:1","key":"","problem":"not valid YAML","fix":""},
    {"severity":"warning","where":"o.yaml:3:1","key":"plugins.x","problem":"no stage asks it","fix":""}]})")),
            "o.yaml:28:1: not valid YAML\n"
            "o.yaml:3:1: plugins.x: warning: no stage asks it");
}

TEST_F(TextViews, SurviveAnswersOfAnotherShape) {
  for (const char* text :
       {"{}", R"({"tasks":7,"jobs":"x","plugins":null,"config":[],"stages":{"a":1}})",
        R"({"tasks":[1,null,"x"],"jobs":[[]],"plugins":[3],"entries":[false]})"}) {
    const Json answer = Json::parse(text);
    for (const auto view :
         {cli::status_text, cli::task_list_text, cli::task_text, cli::why_text, cli::submitted_text,
          cli::answer_text, cli::queue_text, cli::plugin_list_text, cli::plugin_text,
          cli::reload_text, cli::findings_text}) {
      EXPECT_NO_THROW(view(answer)) << text;
    }
  }
}

TEST(StagesMarkdown, HasOneRowForEachRuleOfTheTable) {
  const std::string text = cli::stages_markdown();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'),
            static_cast<std::ptrdiff_t>(STAGE_TRANSITIONS.size()) + 2);
  EXPECT_NE(
      text.find("| testing | tester | `13-test-report.md` | `result: PASS \\| FAIL \\| BLOCKED` | "
                "`check_tests_passed` | none | deploy-staging | development |\n"),
      std::string::npos)
      << text;
}

}  // namespace
}  // namespace orc::test
