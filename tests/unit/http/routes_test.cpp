// SPDX-License-Identifier: Apache-2.0
#include "http/routes.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>

#include "base/digest.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

TEST(RouteTable, NamesEachMethodAndPatternOnce) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const http::Route& route : http::routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
  }
}

class Routes : public ::testing::Test {
 protected:
  void SetUp() override {
    Job job;
    job.id = JobId{88};
    job.task = TaskId{7};
    job.stage = Stage::testing;
    job.state = JobState::queued;
    running_.rows.tasks = {sample_task()};
    running_.rows.jobs = {job};
  }
  RunningServer running_;
};

TEST_F(Routes, SayAliveWithoutTouchingTheStore) {
  running_.store_broken = true;
  running_.start();
  EXPECT_EQ(get(running_, "/-/healthy").status, 200);
  EXPECT_EQ(running_.readers_opened, 0);
}

TEST_F(Routes, AnswerHeadWithoutABody) {
  running_.start();
  RawConnection connection = RawConnection::to_unix(running_.socket());
  connection.expect_no_bodies();
  for (int i = 0; i < 2; ++i) {
    connection.send("HEAD /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(connection.receive().status, 200);
  }
}

TEST_F(Routes, AreReadyOnlyWhileJobsCanStart) {
  running_.start();
  EXPECT_EQ(get(running_, "/-/ready").status, 200);
  running_.publish([](engine::Snapshot& s) { s.draining = true; });
  EXPECT_EQ(get(running_, "/-/ready").status, 503);
  running_.publish([](engine::Snapshot& s) { s.draining = false, s.fault = "disk full"; });
  EXPECT_EQ(get(running_, "/-/ready").status, 503);
  running_.publish([](engine::Snapshot& s) { s.fault.clear(), s.ready = false; });
  EXPECT_EQ(get(running_, "/-/ready").status, 503);
}

TEST_F(Routes, AnswerBeforeTheEngineHasPublishedAnything) {
  running_.engine.snapshot = nullptr;
  running_.start();
  EXPECT_EQ(get(running_, "/-/healthy").status, 200);
  EXPECT_EQ(get(running_, "/-/ready").status, 503);
  EXPECT_EQ(get(running_, "/health").status, 503);
  EXPECT_EQ(get(running_, "/status").status, 503);
  EXPECT_EQ(get(running_, "/metrics").status, 503);
}

TEST_F(Routes, GradeTheHealthByItsWorstCheck) {
  running_.start();
  EXPECT_EQ(get(running_, "/health").json()["status"], "degraded");  // llm-spawner is not loaded
  running_.store_broken = true;
  RunningServer broken;
  broken.store_broken = true;
  broken.start();
  const RawReply reply = get(broken, "/health");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.json()["status"], "fail");
  EXPECT_EQ(reply.json()["checks"]["db"]["status"], "fail");
}

TEST_F(Routes, TurnABrokenStoreIntoAProblemThatSaysTryLater) {
  running_.store_broken = true;
  running_.start();
  const RawReply reply = get(running_, "/queue");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.json()["code"], "unavailable");
}

TEST_F(Routes, SayWhichMethodsAPathKnows) {
  running_.start();
  const RawReply reply = post(running_, "/status", "{}");
  EXPECT_EQ(reply.status, 405);
  EXPECT_TRUE(reply.has_header("Allow: GET, HEAD")) << reply.head;
  EXPECT_EQ(get(running_, "/nothing").json()["code"], "no_such_route");
}

TEST_F(Routes, NameTheUserAtTheOtherEndOfTheSocketAsTheActor) {
  running_.start();
  ASSERT_EQ(
      post(running_, "/api/v1/tasks/ORCH-116/approve", R"({"reason":"scope is right"})").status,
      200);
  ASSERT_EQ(running_.engine.actors.size(), 1U);
  const passwd* user = ::getpwuid(::getuid());
  EXPECT_EQ(running_.engine.actors[0].name, user->pw_name);
  EXPECT_EQ(running_.engine.actors[0].channel, "cli");
  const auto* approve = std::get_if<engine::Approve>(&running_.engine.requests[0]);
  ASSERT_NE(approve, nullptr);
  EXPECT_EQ(approve->work_item, "ORCH-116");
  EXPECT_EQ(approve->reason, "scope is right");
}

TEST_F(Routes, PostTheCommandThatThePathNames) {
  running_.start();
  const auto sends = [&](const std::string& method, const std::string& target, auto wanted) {
    running_.engine.requests.clear();
    EXPECT_EQ(send_json(running_, method, target, R"({"reason":"r"})").status, 200) << target;
    ASSERT_EQ(running_.engine.requests.size(), 1U) << target;
    const auto* sent = std::get_if<decltype(wanted)>(&running_.engine.requests[0]);
    ASSERT_NE(sent, nullptr) << target;
    EXPECT_EQ(sent->reason, "r");
  };
  sends("POST", "/api/v1/tasks/A/reject", engine::Reject{});
  sends("POST", "/api/v1/tasks/A/retry", engine::Retry{});
  sends("POST", "/api/v1/tasks/A/hold", engine::PutOnHold{});
  sends("POST", "/api/v1/tasks/A/release", engine::Release{});
  sends("POST", "/api/v1/tasks/A/cancel", engine::Cancel{});
  sends("POST", "/-/drain", engine::Drain{});
  sends("POST", "/-/resume", engine::Resume{});
  sends("POST", "/api/v1/plugins/staging-runner%2Fweb/kill", engine::KillPlugin{});
  EXPECT_EQ(std::get<engine::KillPlugin>(running_.engine.requests[0]).plugin, "staging-runner/web");
  sends("DELETE", "/api/v1/plugins/test-runner/kill", engine::UnkillPlugin{});
}

TEST_F(Routes, ReadHowLongAKillLasts) {
  running_.start();
  post(running_, "/api/v1/plugins/test-runner/kill", R"({"reason":"flaky","for":"2h"})");
  EXPECT_EQ(std::get<engine::KillPlugin>(running_.engine.requests.at(0)).duration,
            Millis{7'200'000});
  EXPECT_EQ(
      post(running_, "/api/v1/plugins/test-runner/kill", R"({"reason":"x","for":"2"})").status,
      422);
  EXPECT_EQ(running_.engine.requests.size(), 1U);
}

TEST_F(Routes, SubmitATaskAndShowItsRow) {
  running_.start();
  running_.engine.answer.task = sample_task();
  const RawReply reply =
      post(running_, "/api/v1/tasks",
           R"({"title":"CSV","request":"trim","repo":"enduro","from":"testing"})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.json()["task"]["work_item"], "ORCH-116");
  const auto& submit = std::get<engine::Submit>(running_.engine.requests.at(0));
  EXPECT_EQ(submit.title, "CSV");
  EXPECT_EQ(submit.request, "trim");
  EXPECT_EQ(submit.repo, "enduro");
  EXPECT_EQ(submit.from, Stage::testing);
}

TEST_F(Routes, TakeTheClonePathOfAConfiguredRepositoryForThatRepository) {
  auto generation = std::make_shared<config::Generation>(*sample_generation());
  generation->config.repos["enduro"] = config::Repo{.name = "enduro", .clone = "/srv/enduro"};
  running_.publish([&](engine::Snapshot& s) { s.generation = generation; });
  running_.start();
  post(running_, "/api/v1/tasks", R"({"title":"t","repo_url":"/srv/enduro"})");
  post(running_, "/api/v1/tasks", R"({"title":"t","repo_url":"/srv/other"})");
  EXPECT_EQ(std::get<engine::Submit>(running_.engine.requests.at(0)).repo, "enduro");
  EXPECT_EQ(std::get<engine::Submit>(running_.engine.requests.at(0)).repo_url, "");
  EXPECT_EQ(std::get<engine::Submit>(running_.engine.requests.at(1)).repo_url, "/srv/other");
}

TEST_F(Routes, RefuseABodyThatIsNotWhatTheCommandTakes) {
  running_.start();
  const auto status_of = [&](const std::string& body) {
    return post(running_, "/api/v1/tasks", body).status;
  };
  EXPECT_EQ(status_of("not json"), 400);
  EXPECT_EQ(status_of("[1]"), 400);
  EXPECT_EQ(status_of(std::string(50'000, '[')), 400);
  EXPECT_EQ(status_of(R"({"title":{"a":)" + std::string(40, '[') + std::string(40, ']') + "}}"),
            400);
  EXPECT_EQ(status_of(R"({"title":7})"), 422);
  EXPECT_EQ(status_of(R"({"request":"no title"})"), 422);
  EXPECT_EQ(status_of(R"({"title":"two\nlines"})"), 422);
  EXPECT_EQ(status_of(R"({"title":"nul\u0000byte"})"), 422);
  EXPECT_EQ(status_of(R"({"title":")" + std::string(301, 'x') + "\"}"), 422);
  EXPECT_EQ(status_of(R"({"title":"t","from":"tesing"})"), 422);
  EXPECT_EQ(status_of(R"({"title":"t","brnach":"b"})"), 422);
  EXPECT_TRUE(running_.engine.requests.empty());
}

struct EngineRefusal {
  engine::Answer::Kind kind;
  int status;
};
class RefusedCommand : public Routes, public ::testing::WithParamInterface<EngineRefusal> {};

TEST_P(RefusedCommand, BecomesAProblemWithTheEnginesCodeAndHint) {
  running_.engine.answer = {GetParam().kind, "lease_held", "held by pid 4711",
                            "wait, or: orchestrator lease release", std::nullopt};
  running_.start();
  const RawReply reply = post(running_, "/api/v1/tasks/ORCH-116/retry", "{}");
  EXPECT_EQ(reply.status, GetParam().status);
  const Json wanted{{"type", "about:blank"},
                    {"title", "Lease held"},
                    {"status", GetParam().status},
                    {"code", "lease_held"},
                    {"instance", "/api/v1/tasks/ORCH-116/retry"},
                    {"detail", "held by pid 4711"},
                    {"hint", "wait, or: orchestrator lease release"}};
  EXPECT_EQ(reply.json(), wanted);
}

using Kind = engine::Answer::Kind;
INSTANTIATE_TEST_SUITE_P(EachKind, RefusedCommand,
                         ::testing::Values(EngineRefusal{Kind::invalid, 422},
                                           EngineRefusal{Kind::not_found, 404},
                                           EngineRefusal{Kind::conflict, 409},
                                           EngineRefusal{Kind::not_permitted, 403},
                                           EngineRefusal{Kind::unavailable, 503}));

TEST_F(Routes, ReloadAndShowTheDifference) {
  running_.engine.reload_answer = {
      .generation = 5, .sha256 = "1b4f0e98", .changes = {{"daemon.workers", "2", "4", true}}};
  running_.start();
  const RawReply reply = post(running_, "/-/reload", "");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json()["result"], "applied");
  EXPECT_EQ(reply.json()["changes"][0]["needs_restart"], true);
  EXPECT_EQ(running_.engine.reload_causes.size(), 1U);
}

TEST_F(Routes, RefuseAReloadWithEveryFinding) {
  running_.engine.reload_answer = {
      .kind = engine::ReloadAnswer::Kind::rejected,
      .generation = 4,
      .findings = {{config::Finding::Severity::error, "orchestrator.yaml:47:5",
                    "plugins.test-runner.enabld", "unknown key, did you mean \"enabled\"?", ""}}};
  running_.start();
  const RawReply reply = post(running_, "/-/reload", "{}");
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.json()["code"], "config_refused");
  EXPECT_EQ(reply.json()["findings"][0]["where"], "orchestrator.yaml:47:5");
  EXPECT_EQ(reply.json()["generation"], 4);
}

TEST_F(Routes, FilterAndPageTheTasks) {
  for (int i = 8; i < 12; ++i) {
    Task task = sample_task();
    task.id = TaskId{i};
    task.work_item = "ORCH-" + std::to_string(i);
    task.stage = Stage::review;
    running_.rows.tasks.push_back(task);
  }
  running_.start();
  const Json page = get(running_, "/api/v1/tasks?stage=review&limit=2").json();
  ASSERT_EQ(page["tasks"].size(), 2U);
  EXPECT_EQ(page["next"], 9);
  EXPECT_EQ(get(running_, "/api/v1/tasks?stage=review&after=9").json()["tasks"].size(), 2U);
  EXPECT_EQ(get(running_, "/api/v1/tasks?repo=other").json()["tasks"].size(), 0U);
  EXPECT_EQ(get(running_, "/api/v1/tasks?stage=nope").status, 400);
  EXPECT_EQ(get(running_, "/api/v1/tasks?state=nope").status, 400);
  EXPECT_EQ(get(running_, "/api/v1/tasks?limit=0").status, 400);
  EXPECT_EQ(get(running_, "/api/v1/tasks?limit=1e3").status, 400);
}

TEST_F(Routes, SayWhyATaskWaits) {
  running_.start();
  const Json why = get(running_, "/api/v1/tasks/ORCH-116/why").json();
  EXPECT_EQ(why["state"], "queued");
  EXPECT_EQ(why["waiting"]["code"], "no_free_worker");
  EXPECT_FALSE(why["text"].get<std::string>().empty());
  const RawReply missing = get(running_, "/api/v1/tasks/NOPE/why");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.json()["code"], "task_not_found");
}

TEST_F(Routes, ServeAnArtifactFromTheEvidenceStoreWithItsHash) {
  const std::string report = "---\nresult: FAIL\n---\n";
  std::filesystem::create_directories(running_.dir.path() / "evidence/7");
  std::ofstream(running_.dir.path() / "evidence/7/13-test-report.md") << report;
  ArtifactRecord record;
  record.task = TaskId{7};
  record.name = "13-test-report.md";
  record.path = "evidence/7/13-test-report.md";
  record.sha256 = sha256_hex(report);
  ArtifactRecord outside = record;
  outside.name = "outside.md";
  outside.path = "../outside.md";
  running_.rows.artifacts = {record, outside};
  running_.start();
  const RawReply reply = get(running_, "/api/v1/tasks/ORCH-116/artifacts/13-test-report.md");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, report);
  EXPECT_TRUE(reply.has_header("X-Artifact-SHA256: " + record.sha256)) << reply.head;
  EXPECT_EQ(get(running_, "/api/v1/tasks/ORCH-116/artifacts/outside.md").status, 422);
  EXPECT_EQ(get(running_, "/api/v1/tasks/ORCH-116/artifacts/..%2F..%2Fetc%2Fpasswd").status, 404);
}

TEST_F(Routes, NumberTheLinesOfALog) {
  std::filesystem::create_directories(running_.dir.path() / "jobs/88-1");
  std::ofstream(running_.dir.path() / "jobs/88-1/log") << "one\ntwo \xFF\nthree\n";
  running_.start();
  const Json page = get(running_, "/api/v1/runs/88/log?from=2&limit=1").json();
  EXPECT_EQ(page["total"], 3);
  ASSERT_EQ(page["lines"].size(), 1U);
  EXPECT_EQ(page["lines"][0]["n"], 2);
  EXPECT_EQ(page["lines"][0]["text"], "two \xEF\xBF\xBD");
  EXPECT_EQ(get(running_, "/api/v1/runs/88/log?raw=1").body, "one\ntwo \xFF\nthree\n");
  EXPECT_EQ(get(running_, "/api/v1/runs/99/log").status, 404);
}

TEST_F(Routes, PageTheEventsWithTheNamesOfTheirTasks) {
  for (int i = 1; i <= 3; ++i) {
    Event event;
    event.id = EventId{i};
    event.task = TaskId{i == 2 ? 7 : 0};
    event.kind = "task.submitted";
    event.data = i == 3 ? "broken" : R"({"a":1})";
    running_.rows.events.push_back(event);
  }
  running_.start();
  const Json page = get(running_, "/api/v1/events?after=1&limit=2").json();
  ASSERT_EQ(page["events"].size(), 2U);
  EXPECT_EQ(page["events"][0]["task"], "ORCH-116");
  EXPECT_EQ(page["events"][0]["data"]["a"], 1);
  EXPECT_EQ(page["events"][1]["task"], nullptr);
  EXPECT_EQ(page["events"][1]["data"], Json::object());
  EXPECT_EQ(page["next"], 3);
}

TEST_F(Routes, ListPluginsAlsoTheOnesThatAreNotLoaded) {
  running_.rows.kills = {{"test-runner", "", "alice", "flaky", wall_now(), std::nullopt}};
  running_.start();
  const Json list = get(running_, "/api/v1/plugins").json();
  ASSERT_EQ(list["plugins"].size(), 2U);
  EXPECT_EQ(list["plugins"][0]["refused"], "no library");
  EXPECT_EQ(list["plugins"][1]["effective"], false);
  EXPECT_EQ(list["plugins"][1]["kill"]["actor"], "alice");
  EXPECT_EQ(get(running_, "/api/v1/plugins/test-runner").json()["chains"][0]["stage"], "testing");
  EXPECT_EQ(get(running_, "/api/v1/plugins/nope").json()["code"], "plugin_not_found");
}

TEST_F(Routes, ShowTheTransitionTableWithTheProducersInForce) {
  running_.start();
  const Json stages = get(running_, "/api/v1/stages").json()["stages"];
  ASSERT_EQ(stages.size(), STAGE_TRANSITIONS.size());
  EXPECT_EQ(stages[4]["gate"], "check_tests_passed");
  EXPECT_EQ(stages[4]["producers"], Json({"test-runner", "llm-spawner"}));
}

TEST_F(Routes, ShowNeitherPathNorEnvironmentOnTheStatusPage) {
  running_.engine.history.last_successful = false;
  running_.engine.history.last_findings = {{config::Finding::Severity::error,
                                            "/etc/secret-folder/orchestrator.yaml:47:5", "a.b",
                                            "bad", ""}};
  running_.start();
  const RawReply reply = board(running_, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.find("secret-folder"), std::string::npos);
  EXPECT_EQ(reply.body.find(running_.dir.path().string()), std::string::npos);
  EXPECT_EQ(reply.json()["config"]["last_reload"]["findings"][0]["where"],
            "orchestrator.yaml:47:5");
}

TEST_F(Routes, ReuseReadersInsteadOfOpeningOneForEachRequest) {
  running_.start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get(running_, "/queue").status, 200);
  EXPECT_LE(running_.readers_opened, 8);
}

}  // namespace
}  // namespace orc::test
