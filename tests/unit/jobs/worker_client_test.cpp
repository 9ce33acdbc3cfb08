// SPDX-License-Identifier: Apache-2.0
#include "jobs/worker_client.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace orc::jobs {
namespace {

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
