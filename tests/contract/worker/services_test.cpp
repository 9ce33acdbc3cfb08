// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "worker_fixture.h"

namespace orc::worker {
namespace {

class Services : public WorkerTest {
 protected:
  void SetUp() override {
    ::setenv("ORCH_TEST_CANARY", "canary-7531", 1);
    add_probe("services");
    request_.chain[0].settings = R"({"mode":"services","token":{"credential":"deploy"}})";
    secrets_ = R"({"credential:deploy":"hunter2"})";
    report_ = run();
    ::unsetenv("ORCH_TEST_CANARY");
    body_ = artifact("13-test-report.md");
  }
  bool says(const std::string& line) const { return body_.find(line + "\n") != std::string::npos; }

  jobs::WorkerReport report_;
  std::string body_;
};

TEST_F(Services, GiveAProducerWhatItAsksForAndNothingElse) {
  expect<Verdict>(report_);
  for (const char* line : {"secret=hunter2", "GIVEN=yes", "streamed_all=1", "echoed=over stdin",
                           "absent=1", "slow_timed_out=1", "aux=1", "aux_up=0", "aux_gate=0",
                           "remaining=1", "cancelled=0", "work_item=DEMO-1", "tokens=3"}) {
    EXPECT_TRUE(says(line)) << line << " is missing in\n" << body_;
  }
  EXPECT_TRUE(says("ORCH_RUN_ID=" + request_.run_id));
  EXPECT_TRUE(says("cwd=" + request_.worktree.string()));
  EXPECT_EQ(body_.find("canary-7531"), std::string::npos);
  EXPECT_EQ(report_.side_effects, 1);
}

TEST_F(Services, KeepFurtherFilesBesideTheArtifact) {
  EXPECT_EQ(report_.artifacts, (std::vector<std::string>{"13-test-report.md", "junit.xml"}));
  EXPECT_EQ(artifact("junit.xml"), "<testsuites/>");
}

TEST_F(Services, GiveEachPluginAStateFolderOfItsOwn) {
  const auto folder = request_.plugin_state / "probe_0";
  EXPECT_TRUE(says("state_dir=" + folder.string()));
  EXPECT_TRUE(std::filesystem::is_directory(folder));
}

TEST_F(Services, NeverWriteASecretIntoTheFolder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    // The report is the plugin's own doing: it put the secret there.
    if (!entry.is_regular_file() || entry.path().filename() == "13-test-report.md") continue;
    const Result<std::string> text = read_file(entry.path(), 1 << 20);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text.value().find("hunter2"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace orc::worker
