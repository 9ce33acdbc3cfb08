// SPDX-License-Identifier: Apache-2.0
#include "engine/housekeeping.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace orc::engine {
namespace {

class HousekeepingTest : public testing::Test {
 protected:
  std::filesystem::path make(const std::string& relative, std::chrono::hours age) {
    const std::filesystem::path path = state_.path() / relative;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "x";
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age);
    return path;
  }

  orc::test::TempDir state_;
  std::set<std::filesystem::path> in_use_;
  Housekeeping housekeeping_{
      {state_.path()}, [] { return Millis{std::chrono::hours(48)}; }, [this] { return in_use_; }};
};

TEST_F(HousekeepingTest, RemovesOldJobFoldersAndKeepsYoungOnes) {
  const auto old_job = make("jobs/1-1", std::chrono::hours(72));
  const auto young_job = make("jobs/2-1", std::chrono::hours(1));
  EXPECT_EQ(housekeeping_.remove_old(wall_now()), 1);
  EXPECT_FALSE(std::filesystem::exists(old_job));
  EXPECT_TRUE(std::filesystem::exists(young_job));
}

TEST_F(HousekeepingTest, KeepsALibraryThatTheGenerationInForceUses) {
  const auto used = make("plugins/aa.so", std::chrono::hours(72));
  const auto unused = make("plugins/bb.so", std::chrono::hours(72));
  in_use_ = {used};
  housekeeping_.remove_old(wall_now());
  EXPECT_TRUE(std::filesystem::exists(used));
  EXPECT_FALSE(std::filesystem::exists(unused));
}

TEST_F(HousekeepingTest, NeverFollowsALink) {
  const auto outside = make("precious/file", std::chrono::hours(72));
  std::filesystem::create_directories(state_.path() / "jobs");
  std::filesystem::create_directory_symlink(state_.path() / "precious", state_.path() / "jobs/3-1");
  (void)housekeeping_.remove_old(wall_now() + Millis{std::chrono::hours(100)});
  EXPECT_TRUE(std::filesystem::exists(outside));
}

}  // namespace
}  // namespace orc::engine
