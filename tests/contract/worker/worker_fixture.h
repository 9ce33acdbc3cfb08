// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jobs/fork_server.h"
#include "support/temp_dir.h"

namespace orc::worker {

std::filesystem::path test_plugin(const std::string& name);

// A job folder, the real worker on it, and what the host makes of its end. Whatever a test's plugin
// leaves behind is ended with it.
class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest();
  ~WorkerTest() override;

  // One more link of the chain, at positions 0, 2, 4, …
  void add_link(const std::string& plugin, const std::string& mode);
  void add_probe(const std::string& mode) { add_link("probe", mode); }

  // Starts the worker, waits for its end and reads what it left.
  jobs::WorkerReport run();
  void start();
  jobs::WorkerReport wait();
  static bool has_ended(const process::Child& worker);
  // Waits until the worker's progress.json satisfies `is_there`.
  void wait_for_progress(const std::function<bool(const jobs::Progress&)>& is_there);

  // Processes that still carry the job's mark.
  std::vector<pid_t> survivors() const;
  std::string log() const;
  std::string artifact(const std::string& name) const;

  test::TempDir temp_;
  std::filesystem::path folder_ = temp_.path() / "jobs" / "7-1";
  jobs::JobRequest request_;
  std::string secrets_;
  std::optional<jobs::ForkServer> server_;
  process::Child worker_;
  jobs::WorkerEnd end_;
};

// The outcome, if it is of this kind; a failure of the test that shows what it was instead.
template <typename Outcome>
const Outcome& expect(const jobs::WorkerReport& report) {
  static const Outcome none{};
  const auto* outcome = std::get_if<Outcome>(&report.outcome);
  EXPECT_NE(outcome, nullptr) << name_of(report.outcome) << ": " << text_of(report.outcome);
  return outcome == nullptr ? none : *outcome;
}

}  // namespace orc::worker
