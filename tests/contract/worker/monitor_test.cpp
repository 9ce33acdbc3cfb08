// SPDX-License-Identifier: Apache-2.0
// A sample of a deployed service and a rollback, as the real worker carries them out.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>

#include "support/host_harness.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

class MonitorJob : public WorkerTest {
 protected:
  MonitorJob() {
    request_.stage = Stage::deploy;
    request_.kind = JobKind::monitor;
    request_.head_commit = "0123abcd";
  }
  void monitored(const std::string& block) { request_.contract = R"({"monitor":{)" + block + "}}"; }
  static std::string sh(const std::string& script) {
    return R"(["/bin/sh","-c",")" + script + R"("])";
  }
  Sample sample() { return expect<Sampled>(run()).sample; }
};

TEST_F(MonitorJob, ACommandThatSaysYesIsHealthyAndIsTimed) {
  monitored(R"("command":)" + sh("test {commit}-{work_item} = 0123abcd-DEMO-1"));
  const Sample seen = sample();
  EXPECT_EQ(seen.health, Health::healthy) << seen.text;
  EXPECT_TRUE(seen.latency_ms);
  EXPECT_FALSE(seen.error_rate);
}

TEST_F(MonitorJob, ACommandThatSaysNoIsUnhealthyWithItsReason) {
  monitored(R"("command":)" + sh("echo the queue is stuck >&2; exit 3"));
  const Sample seen = sample();
  EXPECT_EQ(seen.health, Health::unhealthy);
  EXPECT_EQ(seen.text, "exit code 3: the queue is stuck");
}

TEST_F(MonitorJob, WhatCannotBeAskedSaysNothingAboutTheService) {
  for (const std::string& command :
       {std::string(R"(["/no/such/look"])"), sh("exec /no/such/look"), sh("kill -KILL $$")}) {
    std::filesystem::remove_all(folder_);
    monitored(R"("command":)" + command);
    EXPECT_EQ(sample().health, Health::unknown) << command;
  }
}

TEST_F(MonitorJob, NoAnswerInTimeIsUnhealthy) {
  monitored(R"("timeout":"200ms","command":["sleep","60"])");
  const Sample seen = sample();
  EXPECT_EQ(seen.health, Health::unhealthy);
  EXPECT_NE(seen.text.find("not finished"), std::string::npos) << seen.text;
  EXPECT_TRUE(survivors().empty());
}

TEST_F(MonitorJob, TheErrorRateIsANumberOrUnknown) {
  monitored(R"("command":["true"],"error_rate_command":["echo","0.5"])");
  EXPECT_EQ(sample().error_rate, 0.5);
  std::filesystem::remove_all(folder_);
  monitored(R"("command":["true"],"error_rate_command":["echo","many"])");
  const Sample seen = sample();
  EXPECT_EQ(seen.health, Health::healthy);
  EXPECT_FALSE(seen.error_rate);
  EXPECT_NE(seen.text.find("error rate unknown: many"), std::string::npos) << seen.text;
}

// One answer on a loopback port; 0 characters close the connection unanswered.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 1), 0);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd client(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char request[1024];
      (void)!::read(client.get(), request, sizeof request);
      (void)!::write(client.get(), answer.data(), answer.size());
    });
  }
  ~OneAnswer() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/health"; }

 private:
  UniqueFd fd_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(MonitorJob, AUrlIsHealthyByItsStatusAndTimed) {
  const OneAnswer service("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  monitored(R"("url":")" + service.url() + R"(")");
  const Sample seen = sample();
  EXPECT_EQ(seen.health, Health::healthy) << seen.text;
  EXPECT_TRUE(seen.latency_ms);
}

TEST_F(MonitorJob, AUrlThatFailsOrRefusesIsUnhealthyAndOneThatCannotBeAskedIsNot) {
  {
    const OneAnswer service("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    monitored(R"("url":")" + service.url() + R"(")");
    EXPECT_EQ(sample().health, Health::unhealthy);
  }
  std::filesystem::remove_all(folder_);
  monitored(R"("url":"http://127.0.0.1:1/health")");
  EXPECT_EQ(sample().health, Health::unhealthy);
  std::filesystem::remove_all(folder_);
  monitored(R"("url":"http://127.0.0.1:99999/health")");
  EXPECT_EQ(sample().health, Health::unknown);
}

class RollbackJob : public MonitorJob {
 protected:
  RollbackJob() { request_.kind = JobKind::rollback; }
  // As another monitor: its folder knows of nothing that has begun.
  void begin_anew() {
    std::filesystem::remove_all(folder_);
    std::filesystem::remove_all(request_.plugin_state);
  }
};

TEST_F(RollbackJob, RunsTheCommandAndTellsItsEnd) {
  monitored(R"("rollback":{"command":)" + sh("echo back on {repo}") + "}");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<RolledBack>(report).state, RollbackState::succeeded);
  EXPECT_EQ(expect<RolledBack>(report).text, "exit code 0: back on demo");
  EXPECT_EQ(report.side_effects, 1);
}

TEST_F(RollbackJob, KnowsWhatWasDeployedBefore) {
  const std::string asks =
      R"("rollback":{"command":)" + sh("echo {previous_commit} not {commit}") + "}";
  monitored(asks);
  const RolledBack without = expect<RolledBack>(run());
  EXPECT_EQ(without.state, RollbackState::not_run) << without.text;
  EXPECT_NE(without.text.find("asks for {previous_commit}"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(request_.plugin_state / "began"));
  begin_anew();
  request_.head_commit = "bbbb";
  request_.previous_commit = "aaaa";
  monitored(asks);
  EXPECT_EQ(expect<RolledBack>(run()).text, "exit code 0: aaaa not bbbb");
}

TEST_F(RollbackJob, SaysFailedOrUnknownWhereItIs) {
  monitored(R"("rollback":{"command":["false"]})");
  EXPECT_EQ(expect<RolledBack>(run()).state, RollbackState::failed);
  begin_anew();
  monitored(R"("rollback":{"timeout":"200ms","command":["sleep","60"]})");
  EXPECT_EQ(expect<RolledBack>(run()).state, RollbackState::unknown);
  begin_anew();
  monitored(R"("rollback":{"command":["/no/such/rollback"]})");
  EXPECT_EQ(expect<RolledBack>(run()).state, RollbackState::not_run);
}

TEST_F(RollbackJob, RunsOnceHoweverManyWorkersAreStarted) {
  const std::filesystem::path marks = temp_.path() / "marks";
  monitored(R"("rollback":{"command":)" + sh("printf x >> " + marks.string()) + "}");
  EXPECT_EQ(expect<RolledBack>(run()).state, RollbackState::succeeded);
  std::filesystem::remove_all(folder_);
  const RolledBack second = expect<RolledBack>(run());
  EXPECT_EQ(second.state, RollbackState::unknown);
  EXPECT_EQ(second.text, "another worker has begun it");
  EXPECT_EQ(test::read_text(marks), "x");
}

TEST_F(RollbackJob, AKilledWorkerLeavesTheWordThatItHadBegun) {
  monitored(R"("rollback":{"command":)" +
            sh("echo begun > " + (temp_.path() / "begun").string() + "; sleep 60") + "}");
  start();
  ASSERT_TRUE(test::wait_for_text(temp_.path() / "begun", "begun"));
  ::kill(worker_.pid, SIGKILL);
  const jobs::WorkerReport report = wait();
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(report.outcome)) << name_of(report.outcome);
  EXPECT_TRUE(std::filesystem::exists(request_.plugin_state / "began"));
  EXPECT_EQ(report.side_effects, 1);
}

}  // namespace
}  // namespace orc::worker
