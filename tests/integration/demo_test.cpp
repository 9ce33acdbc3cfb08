// SPDX-License-Identifier: Apache-2.0
#include "integration/host_test.h"
#include "support/paths.h"

namespace orc::test {

namespace {

TEST(Demo, PlaysItsStoryAsPromisedAndLeavesNothing) {
  const TempDir folder;
  const CommandResult demo =
      run_program({test::bin_dir() + "/orchestrator", "demo", "--check"}, folder.path(),
                  {{"TMPDIR", folder.path()}}, std::chrono::seconds(90));
  EXPECT_EQ(demo.exit_code, 0) << demo.out << demo.err;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_TRUE(HostHarness::processes_with(folder.path().string()).empty());
}

}  // namespace

}  // namespace orc::test
