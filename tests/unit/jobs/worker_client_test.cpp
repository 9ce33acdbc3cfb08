// SPDX-License-Identifier: Apache-2.0
#include "jobs/worker_client.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include "support/temp_dir.h"

namespace orc::jobs {
namespace {

// A stand-in for the worker: a shell script that says what it was given.
std::filesystem::path make_script(const std::filesystem::path& folder, const std::string& body) {
  std::filesystem::path path = folder / "worker";
  EXPECT_TRUE(write_file_atomically(path, "#!/bin/sh\n" + body, Durability::process, 0700).ok());
  return path;
}

int wait_for(const process::Child& child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid, &status, 0), child.pid);
  return status;
}

std::string log_of(const std::filesystem::path& folder) {
  return read_file(folder / "log", 1 << 20).value();
}

TEST(SpawnWorker, HandsOverTheFolderAndNothingElse) {
  const test::TempDir temp;
  ASSERT_EQ(::setenv("ORCH_TEST_CANARY", "canary", 1), 0);
  const auto script = make_script(temp.path(), "echo args: \"$@\"; env; echo oops >&2; cat\n");
  const Result<process::Child> child =
      spawn_worker(script, temp.path(), "{}", worker_environment("run-7"));
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(wait_for(child.value()), 0);
  ::unsetenv("ORCH_TEST_CANARY");
  const std::string log = log_of(temp.path());
  EXPECT_NE(log.find("args: " + temp.path().string() + "\n"), std::string::npos);
  EXPECT_NE(log.find("ORCH_RUN_ID=run-7"), std::string::npos);
  EXPECT_NE(log.find("oops"), std::string::npos);
  EXPECT_EQ(log.find("canary"), std::string::npos);
}

TEST(SpawnWorker, PassesSecretsOverASealedFile) {
  const test::TempDir temp;
  const auto script = make_script(temp.path(),
                                  "echo args: \"$@\"\ncat <&3\n"
                                  "echo changed 2>/dev/null >&3 && echo writable\nexit 0\n");
  const Result<process::Child> child =
      spawn_worker(script, temp.path(), R"({"env:TOKEN":"s3cret"})", worker_environment("run-8"));
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(wait_for(child.value()), 0);
  const std::string log = log_of(temp.path());
  EXPECT_NE(log.find("--secrets-fd 3"), std::string::npos);
  EXPECT_NE(log.find(R"({"env:TOKEN":"s3cret"})"), std::string::npos);
  EXPECT_EQ(log.find("writable"), std::string::npos);
}

TEST(SpawnWorker, TellsAMissingProgram) {
  const test::TempDir temp;
  const Result<process::Child> child =
      spawn_worker(temp.path() / "absent", temp.path(), "", worker_environment("r"));
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().kind, ErrorKind::not_found);
}

class Conclude : public ::testing::Test {
 protected:
  void SetUp() override {
    JobRequest request;
    request.run_id = "r";
    request.chain = {{.position = 2, .plugin = "test-runner", .settings = "{}"},
                     {.position = 5, .plugin = "llm-spawner", .settings = "{}"}};
    ASSERT_TRUE(create(folder_, request).ok());
  }
  void stand_at(Progress::Phase phase, int link) {
    Progress progress;
    progress.phase = phase;
    progress.link = link;
    progress.side_effects = 4;
    ASSERT_TRUE(ProgressFile::open(folder_).value().write(progress).ok());
  }
  void log(std::string_view text) {
    ASSERT_TRUE(write_file_atomically(folder_ / "log", text, Durability::process).ok());
  }

  test::TempDir temp_;
  std::filesystem::path folder_ = temp_.path() / "1-1";
};

TEST_F(Conclude, BelievesAReport) {
  WorkerReport report;
  report.outcome = Verdict{"PASS", "ok"};
  ASSERT_TRUE(write_report(folder_, report, Durability::process).ok());
  const WorkerReport concluded = conclude(folder_, process::Exited{0});
  ASSERT_TRUE(std::holds_alternative<Verdict>(concluded.outcome));
}

TEST_F(Conclude, ACrashWhileDecidingIsThatLinksDecision) {
  stand_at(Progress::Phase::deciding, 1);
  log("one\ntwo\nthree\nfour\nfive\nsix\x1b[31m\n");
  const WorkerReport concluded = conclude(folder_, process::Signalled{11});
  const auto* fault = std::get_if<FaultWhileDeciding>(&concluded.outcome);
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->link, 1);
  EXPECT_NE(fault->text.find("llm-spawner"), std::string::npos);
  EXPECT_NE(fault->text.find("signal 11"), std::string::npos);
  EXPECT_NE(fault->text.find("two | three | four | five | six"), std::string::npos);
  EXPECT_EQ(fault->text.find("one"), std::string::npos);
  EXPECT_EQ(fault->text.find('\x1b'), std::string::npos);
  ASSERT_EQ(concluded.decisions.size(), 1u);
  EXPECT_EQ(concluded.decisions[0].position, 5);
  EXPECT_EQ(concluded.decisions[0].decision, Decision::declined);
  EXPECT_EQ(concluded.decisions[0].reason, "crashed");
}

TEST_F(Conclude, ExitingCleanlyWhileProducingIsAFailedRun) {
  stand_at(Progress::Phase::producing, 0);
  const WorkerReport concluded = conclude(folder_, process::Exited{0});
  const auto* failed = std::get_if<FailedRun>(&concluded.outcome);
  ASSERT_NE(failed, nullptr);
  EXPECT_NE(failed->text.find("code 0"), std::string::npos);
  EXPECT_EQ(concluded.producer, "test-runner");
  EXPECT_EQ(concluded.side_effects, 4);
}

TEST_F(Conclude, AnAdoptedWorkerNeedsNoExitStatus) {
  stand_at(Progress::Phase::producing, 1);
  EXPECT_TRUE(std::holds_alternative<FailedRun>(conclude(folder_, std::nullopt).outcome));
}

TEST_F(Conclude, PreparingAndCollectingAreTheWorkersOwnFault) {
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(conclude(folder_, process::Exited{1}).outcome));
  stand_at(Progress::Phase::preparing, -1);
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(conclude(folder_, std::nullopt).outcome));
  stand_at(Progress::Phase::collecting, 0);
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(conclude(folder_, std::nullopt).outcome));
}

TEST_F(Conclude, ABrokenReportIsNeverAVerdict) {
  stand_at(Progress::Phase::producing, 0);
  ASSERT_TRUE(write_file_atomically(folder_ / "outcome.json", R"({"outcome":{"kind":"verdict")",
                                    Durability::process)
                  .ok());
  EXPECT_TRUE(std::holds_alternative<WorkerFault>(conclude(folder_, process::Exited{0}).outcome));
}

}  // namespace
}  // namespace orc::jobs
