// SPDX-License-Identifier: Apache-2.0
// Connections that stay: event streams, and peers that take their time.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <future>
#include <thread>

#include "base/redact.h"
#include "http/log_tail.h"
#include "http/snapshot_pages.h"
#include "unit/http/fakes.h"

namespace orc::test {
namespace {

Event event_of(std::int64_t id, TaskId task) {
  Event event;
  event.id = EventId{id};
  event.task = task;
  event.kind = "task.submitted";
  event.actor = "alice";
  event.text = "number " + std::to_string(id);
  event.data = "{}";
  event.at = WallTime{1'795'226'591'000};
  return event;
}

class EventStream : public ::testing::Test {
 protected:
  void SetUp() override {
    running_.rows.tasks = {sample_task()};
    running_.rows.events = {event_of(1, TaskId{7}), event_of(2, TaskId{}), event_of(3, TaskId{7})};
    running_.start();
  }
  RawConnection listen(const std::string& target, const std::string& more = "") {
    RawConnection connection = RawConnection::to_port(running_.server->board_port());
    connection.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more +
                    "Accept: text/event-stream\r\n\r\n");
    return connection;
  }
  RunningServer running_;
};

TEST_F(EventStream, ContinuesBehindTheLastEventThatTheListenerHas) {
  RawConnection stream = listen("/api/v1/events", "Last-Event-ID: 1\r\n");
  EXPECT_TRUE(stream.receive_until("number 3")) << stream.received();
  EXPECT_NE(stream.received().find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(stream.received().find("id: 2\nevent: event\n"), std::string::npos);
  EXPECT_EQ(stream.received().find("number 1"), std::string::npos);
}

TEST_F(EventStream, TellsOnlyWhatWasAskedFor) {
  RawConnection stream = listen("/api/v1/events?topics=task:ORCH-116&after=0");
  EXPECT_TRUE(stream.receive_until("number 3")) << stream.received();
  EXPECT_NE(stream.received().find("number 1"), std::string::npos);
  EXPECT_EQ(stream.received().find("number 2"), std::string::npos);
}

TEST_F(EventStream, HoldsNoSecretThatTheHostKnowsInAnyForm) {
  const std::string secret = "planted\"secret/4711";
  keep_secret(secret);
  running_.rows.events[0].text = "it printed " + secret;
  running_.rows.events[1].text = "and cGxhbnRlZCJzZWNyZXQvNDcxMQ== as well";
  running_.rows.events[2].text = "the end";
  RawConnection stream = listen("/api/v1/events?after=0");
  ASSERT_TRUE(stream.receive_until("the end")) << stream.received();
  EXPECT_NE(stream.received().find("it printed ***"), std::string::npos) << stream.received();
  for (const char* form : {"planted", "secret", "4711", "cGxhbnRlZCJzZWNyZXQvNDcx"})
    EXPECT_EQ(stream.received().find(form), std::string::npos) << form;
  const std::string page = get(running_, "/api/v1/events").body;
  EXPECT_NE(page.find("it printed ***"), std::string::npos) << page;
  EXPECT_EQ(page.find("planted"), std::string::npos) << page;
}

TEST_F(EventStream, TellsAListenerWithAnUnknownPastToLookAtEverythingAnew) {
  RawConnection stream = listen("/api/v1/events", "Last-Event-ID: 99\r\n");
  EXPECT_TRUE(stream.receive_until("event: resync")) << stream.received();
}

TEST_F(EventStream, RefusesATopicThatThereIsNotAndNamesThoseThatThereAre) {
  for (const char* topics : {"weather", "tasks,weather", "task:", "log:", "log:x", "log:0", "queue:",
                             "log:88,log:89"}) {
    RawConnection stream = listen(std::string("/api/v1/events?topics=") + topics);
    const RawReply reply = stream.receive();
    EXPECT_EQ(reply.status, 400) << topics;
    EXPECT_EQ(reply.json()["code"], "unknown_topic");
    EXPECT_EQ(reply.json()["hint"], "tasks, host, queue, task:WORK-ITEM, log:RUN (one)");
  }
}

TEST_F(EventStream, RefusesAMistypedParameterInsteadOfTellingEverything) {
  RawConnection stream = listen("/api/v1/events?topic=queue");
  EXPECT_EQ(stream.receive().json()["detail"],
            "unknown parameter \"topic\"; did you mean \"topics\"?");
}

TEST_F(EventStream, SumsTheQueueUpWheneverItHasChanged) {
  RawConnection stream = listen("/api/v1/events?topics=queue");
  ASSERT_TRUE(stream.receive_until("0 running")) << stream.received();
  EXPECT_EQ(stream.received().find("event: event"), std::string::npos);
  running_.publish([](engine::Snapshot& s) { s.running = {{.job = JobId{88}}}; });
  running_.changes.tell();
  ASSERT_TRUE(stream.receive_until("\"busy\":1")) << stream.received();
}

class LogStream : public EventStream {
 protected:
  void SetUp() override {
    job_.id = JobId{88};
    job_.task = TaskId{7};
    job_.stage = Stage::testing;
    job_.state = JobState::running;
    job_.attempt = 2;
    running_.rows.jobs = {job_};
    EventStream::SetUp();
  }
  void write(int attempt, const std::string& text) {
    const auto folder = running_.dir.path() / "jobs" / ("88-" + std::to_string(attempt));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "log", std::ios::app) << text;
  }
  // The rows change before the server asks again.
  void end_run() {
    running_.rows.jobs[0].state = JobState::finished;
    running_.changes.tell();
  }
  Job job_;
};

TEST_F(LogStream, TellsEachLineWhenItIsWholeAndTheRestWhenTheRunHasEnded) {
  RawConnection stream = listen("/api/v1/events?topics=log:88");
  write(2, "one\ntw");
  ASSERT_TRUE(stream.receive_until(R"({"n":1,"text":"one"})")) << stream.received();
  EXPECT_EQ(stream.received().find("tw"), std::string::npos) << stream.received();
  write(2, "o\nthree");
  ASSERT_TRUE(stream.receive_until(R"({"n":2,"text":"two"})")) << stream.received();
  EXPECT_EQ(stream.received().find("three"), std::string::npos) << stream.received();
  end_run();
  ASSERT_TRUE(stream.receive_to_the_end()) << stream.received();
  EXPECT_NE(stream.received().find("event: end\ndata: {\"run\":88,\"attempt\":2}\n\n"),
            std::string::npos)
      << stream.received();
  EXPECT_NE(stream.received().find(R"({"n":3,"text":"three"})"), std::string::npos);
  EXPECT_NE(stream.received().find("id: 3;2.2\n"), std::string::npos) << stream.received();
}

TEST_F(LogStream, GoesOnBehindTheLineThatTheListenerHas) {
  write(2, "one\ntwo\nthree\nfour\n");
  RawConnection asked = listen("/api/v1/events?topics=log:88&from=3");
  ASSERT_TRUE(asked.receive_until("four")) << asked.received();
  EXPECT_EQ(asked.received().find("two"), std::string::npos);
  RawConnection resumed = listen("/api/v1/events?topics=log:88", "Last-Event-ID: 3;2.3\r\n");
  ASSERT_TRUE(resumed.receive_until("four")) << resumed.received();
  EXPECT_EQ(resumed.received().find("three"), std::string::npos);
}

TEST_F(LogStream, BeginsAnewWithTheNextAttempt) {
  write(1, "old one\nold two");
  write(2, "new one\n");
  RawConnection stream = listen("/api/v1/events?topics=log:88", "Last-Event-ID: 3;1.1\r\n");
  ASSERT_TRUE(stream.receive_until("new one")) << stream.received();
  EXPECT_NE(stream.received().find(R"("attempt":1,"lines":[{"n":2,"text":"old two"}])"),
            std::string::npos)
      << stream.received();
  EXPECT_NE(stream.received().find(R"("attempt":2,"lines":[{"n":1,)"), std::string::npos);
}

TEST_F(LogStream, OfManyShortLinesIsTakenWhole) {
  write(2, std::string(60'000, '\n') + "the end\n");
  RawConnection stream = listen("/api/v1/events?topics=log:88");
  EXPECT_TRUE(stream.receive_until(R"({"n":60001,"text":"the end"})"));
}

TEST_F(LogStream, OfARunThatThereIsNotIsAProblem) {
  RawConnection stream = listen("/api/v1/events?topics=log:99");
  EXPECT_EQ(stream.receive().status, 404);
}

TEST(LogTail, CountsLinesOfAnyLengthAndCutsTheLongOnes) {
  const TempDir dir;
  std::filesystem::create_directories(dir.path() / "jobs" / "1-1");
  const std::string wide(http::LogTail::k_longest + http::LogTail::k_piece, 'x');
  std::ofstream(dir.path() / "jobs" / "1-1" / "log") << "a\n" << wide << "\nb\n\nend";
  http::LogTail tail(dir.path(), http::log_path(JobId{1}, 1), 1);
  std::vector<http::LogLine> lines;
  do {
    for (http::LogLine& line : tail.read(true).value()) lines.push_back(std::move(line));
  } while (!tail.is_at_end());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[1].text.size(), http::LogTail::k_longest);
  EXPECT_EQ(lines[2].text, "b");
  EXPECT_EQ(lines[3].text, "");
  EXPECT_EQ(lines[4].number, 5);
  EXPECT_EQ(lines[4].text, "end");
  const auto last = http::last_lines(dir.path(), http::log_path(JobId{1}, 1), 2).value();
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].number, 4);
  EXPECT_EQ(last[1].text, "end");
  EXPECT_TRUE(http::last_lines(dir.path(), "jobs/2-1/log", 2).value().empty());
}

TEST_F(EventStream, HoldsNoThreadOfTheServer) {
  std::deque<RawConnection> streams;
  for (int i = 0; i < 200; ++i) {
    streams.push_back(listen("/api/v1/events?after=0"));
    ASSERT_TRUE(streams.back().connected());
    ASSERT_TRUE(streams.back().receive_until("number 3")) << i;
  }
  const MonoTime before = mono_now();
  EXPECT_EQ(board(running_, "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_LT(mono_now() - before, Millis{1000});
  EXPECT_NE(get(running_, "/metrics").body.find("orchestrator_event_streams 200"),
            std::string::npos);
}

TEST(SlowPeers, AreCutOffAndNeverKeepOthersWaiting) {
  RunningServer running;
  running.start();
  std::deque<RawConnection> slow;
  for (int i = 0; i < 64; ++i) {
    slow.push_back(RawConnection::to_port(running.server->board_port()));
    ASSERT_TRUE(slow.back().connected());
    if (i % 2 == 0) slow.back().send("GET /health HTTP/1.1\r\nHos");
  }
  const MonoTime before = mono_now();
  EXPECT_EQ(board(running, "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_LT(mono_now() - before, Millis{1000});
  for (RawConnection& peer : slow) EXPECT_TRUE(peer.is_at_end());
}

TEST(PostWithoutABody, IsACommandWithoutFields) {
  RunningServer running;
  running.start();
  const RawReply reply = control(running, "POST /-/drain HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(running.engine.requests.size(), 1U);
}

TEST(Conditions, TravelFromTheHeaderToTheEngine) {
  RunningServer running;
  running.rows.tasks = {sample_task()};
  running.start();
  const RawReply shown = get(running, "/api/v1/tasks/ORCH-116");
  const std::string rev = std::to_string(sample_task().rev);
  EXPECT_TRUE(shown.has_header("ETag: \"" + rev + "\"")) << shown.head;
  control(running,
          "POST /api/v1/tasks/ORCH-116/approve HTTP/1.1\r\nHost: localhost\r\nIf-Match: \"41\"\r\n"
          "Idempotency-Key: abc\r\nContent-Length: 2\r\n\r\n{}");
  ASSERT_EQ(running.engine.terms.size(), 1U);
  EXPECT_EQ(running.engine.terms[0].expected, 41);
  EXPECT_EQ(running.engine.terms[0].idempotency_key, "abc");
  const RawReply bad = control(running,
                               "POST /api/v1/tasks/ORCH-116/approve HTTP/1.1\r\nHost: localhost\r\n"
                               "If-Match: newest\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(bad.json()["code"], "bad_if_match");
  running.engine.answer = {.kind = engine::Answer::Kind::changed, .code = "changed_meanwhile"};
  EXPECT_EQ(post(running, "/api/v1/tasks/ORCH-116/approve", "{}").status, 412);
}

TEST(SnapshotPages, AreSharedOnTheBoardAndFreshOnTheControlSocket) {
  RunningServer running;
  running.start();
  const auto of_board = [&] {
    return board(running, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  EXPECT_EQ(of_board().json()["draining"], false);
  running.publish([](engine::Snapshot& s) { s.draining = true; });
  EXPECT_EQ(get(running, "/status").json()["draining"], true);
  const MonoTime limit = mono_now() + Millis{5000};
  bool seen = false;
  while (!seen && mono_now() < limit) seen = of_board().json()["draining"] == true;
  EXPECT_TRUE(seen);
}

TEST(SnapshotPages, ThatAreReadAllTheTimeAreMadeBehindTheirReaders) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::atomic<bool> behind = false;
  int asked = 0;
  http::SnapshotPages pages;
  const auto read = [&, reader = std::this_thread::get_id()] {
    const auto status = std::make_shared<const engine::Snapshot>();
    const auto shown = pages.get("/status", status, [&]() -> http::SnapshotPages::Render {
      const int number = ++asked;
      return [&behind, opened, reader, number] {
        if (std::this_thread::get_id() != reader) {
          behind = true;
          opened.wait();
        }
        return http::Response{.body = std::to_string(number)};
      };
    });
    return shown->response().body;
  };
  const MonoTime limit = mono_now() + Millis{5000};
  std::string shown;
  while (!behind && mono_now() < limit) shown = read();
  ASSERT_TRUE(behind);
  EXPECT_EQ(read(), shown) << "nobody waits for the one in the making";
  gate.set_value();
  std::string next = shown;
  while (next == shown && mono_now() < limit) next = read();
  EXPECT_NE(next, shown);
}

TEST(ConfigOverHttp, IsForTheControlSocketAlone) {
  RunningServer running;
  running.start();
  EXPECT_EQ(get(running, "/api/v1/config").status, 200);
  const RawReply refused = board(running, "GET /api/v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.json()["code"], "control_only");
}

TEST(ReloadOverHttp, PreviewsWithoutApplyingAndNamesTheFileToCheck) {
  RunningServer running;
  running.start();
  EXPECT_EQ(post(running, "/-/reload", R"({"dry_run":true})").status, 200);
  EXPECT_EQ(running.engine.previews, 1);
  EXPECT_TRUE(running.engine.reload_causes.empty());
  running.engine.reload_answer.kind = engine::ReloadAnswer::Kind::rejected;
  const RawReply refused = post(running, "/-/reload", "");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.json()["hint"],
            "orchestrator config check -c /etc/orchestrator/orchestrator.yaml");
}

TEST(Next, NamesTheHostsOwnAffairsAndEveryTaskThatWaits) {
  RunningServer running;
  Task task = sample_task();
  task.state = TaskState::waiting_human;
  running.rows.tasks = {task};
  running.engine.history.last_successful = false;
  running.engine.history.pending = {{"http.board.listen", "a", "b", true}};
  for (const RollbackState rollback : {RollbackState::failed, RollbackState::succeeded}) {
    running.rows.monitors.push_back({.work_item = "ORCH-9",
                                     .repo = "shop",
                                     .state = MonitorState::degraded,
                                     .rollback = rollback,
                                     .rollback_text = "exit code 1"});
  }
  running.start();
  const Json items = get(running, "/api/v1/next").json()["items"];
  ASSERT_EQ(items.size(), 4U) << items.dump(2);
  EXPECT_EQ(items[0]["code"], "config_refused");
  EXPECT_EQ(items[1]["code"], "pending_restart");
  EXPECT_EQ(items[2]["task"], "ORCH-9");
  EXPECT_EQ(items[2]["code"], "rollback_failed");
  EXPECT_EQ(items[3]["task"], "ORCH-116");
  EXPECT_EQ(items[3]["next"], "orchestrator task approve ORCH-116");
}

}  // namespace
}  // namespace orc::test
