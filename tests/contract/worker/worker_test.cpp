// SPDX-License-Identifier: Apache-2.0
// The walk of the chain, and what a plugin can do to it.
#include "support/paths.h"
#include "worker_fixture.h"

namespace orc::worker {
namespace {

using ChainWalk = WorkerTest;
using WorkerProcess = WorkerTest;

TEST_F(ChainWalk, TheFirstLinkThatAcceptsProduces) {
  add_probe("decline");
  add_probe("accept");
  add_probe("accept");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<Verdict>(report).token, "PASS");
  EXPECT_EQ(report.producer, "probe/1");
  EXPECT_EQ(report.producer_version, "1.2.3");
  ASSERT_EQ(report.decisions.size(), 2u);
  EXPECT_EQ(report.decisions[0].position, 0);
  EXPECT_EQ(report.decisions[0].decision, Decision::declined);
  EXPECT_EQ(report.decisions[0].reason, "no_contract");
  EXPECT_EQ(report.decisions[0].text, "no block `test`");
  EXPECT_EQ(report.decisions[1].position, 2);
  EXPECT_EQ(report.decisions[1].decision, Decision::accepted);
}

TEST_F(ChainWalk, ALinkThatFailsToDecideHasDeclined) {
  add_link("no-such-library", "accept");
  add_probe("refuse_settings");
  add_probe("throw_configure");
  add_probe("throw_accepts");
  add_probe("wrong_decline");
  request_.chain.push_back(request_.chain.back());
  request_.chain.back().settings = R"({"mode":"accept","token":{"credential":"absent"}})";
  const jobs::WorkerReport report = run();
  expect<NobodyAccepted>(report);
  ASSERT_EQ(report.decisions.size(), 6u);
  const std::vector<std::string> reasons{"load_failed", "configure_failed", "exception",
                                         "exception",   "exception",        "configure_failed"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    EXPECT_EQ(report.decisions[i].decision, Decision::declined) << i;
    EXPECT_EQ(report.decisions[i].reason, reasons[i]) << i << ": " << report.decisions[i].text;
  }
  EXPECT_NE(report.decisions[0].text.find("no-such-library.so"), std::string::npos);
  EXPECT_NE(report.decisions[1].text.find("the mode is refused"), std::string::npos);
  EXPECT_NE(report.decisions[5].text.find("credential:absent"), std::string::npos);
}

TEST_F(ChainWalk, ACrashWhileDecidingNamesTheLink) {
  add_probe("decline");
  add_probe("crash_accepts");
  add_probe("accept");
  const jobs::WorkerReport report = run();
  const auto& fault = expect<FaultWhileDeciding>(report);
  EXPECT_EQ(fault.link, 1);
  EXPECT_NE(fault.text.find("probe/1"), std::string::npos);
  EXPECT_NE(fault.text.find("signal 9"), std::string::npos);
  ASSERT_EQ(report.decisions.size(), 2u);
  EXPECT_EQ(report.decisions[0].reason, "no_contract");
  EXPECT_EQ(report.decisions[1].reason, "crashed");
}

TEST_F(ChainWalk, ALibraryThatAbortsWhileItLoadsNamesItsLink) {
  add_link("static-abort", "");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<FaultWhileDeciding>(report).link, 0);
  EXPECT_TRUE(std::holds_alternative<process::Signalled>(*end_));
}

TEST_F(ChainWalk, ALinkThatHangsIsGivenUpAfterItsTime) {
  request_.decide_timeout = Millis(150);
  add_probe("decline");
  add_probe("hang_accepts");
  const jobs::WorkerReport report = run();
  EXPECT_EQ(expect<FaultWhileDeciding>(report).link, 1);
  ASSERT_EQ(report.decisions.size(), 2u);
  EXPECT_EQ(report.decisions[1].reason, "decide_timeout");
}

TEST_F(ChainWalk, NoProcessMayBeRunWhileDeciding) {
  add_link("raw-probe", "run_in_accepts");
  const jobs::WorkerReport report = run();
  expect<NobodyAccepted>(report);
  EXPECT_EQ(report.decisions.at(0).reason, "disabled");
}

TEST_F(WorkerProcess, ASecondWorkerLeavesTheFirstAlone) {
  add_probe("until_cancel");
  start();
  wait_for_progress(
      [](const jobs::Progress& p) { return p.phase == jobs::Progress::Phase::producing; });
  EXPECT_EQ(jobs::live_worker(folder_)->pid, worker_.pid);
  const process::RunResult second =
      process::run({.spawn = {.argv = {test::bin_dir() + "/orchestrator-worker", folder_.string()},
                              .env = process::base_environment()}});
  ASSERT_TRUE(std::holds_alternative<process::Exited>(second.end));
  EXPECT_EQ(std::get<process::Exited>(second.end).code, 3);
  EXPECT_EQ(jobs::live_worker(folder_)->pid, worker_.pid);
  ::kill(worker_.pid, SIGTERM);
  expect<Deferred>(wait());
  EXPECT_FALSE(jobs::live_worker(folder_).has_value());
}

TEST_F(WorkerProcess, AJobThatHasReportedIsNotRunAgain) {
  add_probe("accept");
  expect<Verdict>(run());
  const process::RunResult second =
      process::run({.spawn = {.argv = {test::bin_dir() + "/orchestrator-worker", folder_.string()},
                              .env = process::base_environment()}});
  EXPECT_EQ(std::get<process::Exited>(second.end).code, 3);
}

TEST_F(WorkerProcess, ABrokenRequestIsTheWorkersFault) {
  std::filesystem::create_directories(folder_);
  ASSERT_TRUE(
      write_file_atomically(folder_ / "request.json", "{\"job\":", Durability::process).ok());
  Result<process::Child> child = server_->start(folder_, "", "x");
  ASSERT_TRUE(child.ok());
  worker_ = std::move(child).value();
  EXPECT_NE(expect<WorkerFault>(wait()).text.find("request.json"), std::string::npos);
}

TEST_F(WorkerProcess, NothingIsProducedAtDone) {
  request_.stage = Stage::done;
  expect<WorkerFault>(run());
}

}  // namespace
}  // namespace orc::worker
