// SPDX-License-Identifier: Apache-2.0
#include "git/outline.h"

#include "git_world.h"

namespace orc::git::test {
namespace {

class Outline : public GitWorld {
 protected:
  std::vector<std::string> outline() {
    const auto folder = folder_.path() / "outline";
    std::filesystem::create_directories(folder);
    const Status written = write_outline(bare_, "main", k_env, folder);
    EXPECT_TRUE(written.ok()) << written.error().message;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  void commit_and_fetch() {
    commit_all(upstream_, "More");
    ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  }
};

TEST_F(Outline, HoldsTheFilesNearTheRootWithTheirContent) {
  write(upstream_ / "a/b/near.txt", "near\n");
  write(upstream_ / "a/b/c/far.txt", "far\n");
  commit_and_fetch();
  EXPECT_EQ(outline(), (std::vector<std::string>{"a/b/near.txt", "readme.md", "src/main.c"}));
  EXPECT_EQ(read(folder_.path() / "outline/a/b/near.txt"), "near\n");
  EXPECT_EQ(read(folder_.path() / "outline/readme.md"), "hello\n");
}

TEST_F(Outline, LeavesOutLinksAndLargeFiles) {
  write(upstream_ / "large.bin", std::string(300 * 1024, 'x'));
  write(upstream_ / "empty.txt", "");
  std::filesystem::create_symlink("/etc/passwd", upstream_ / "link");
  commit_and_fetch();
  EXPECT_EQ(outline(), (std::vector<std::string>{"empty.txt", "readme.md", "src/main.c"}));
}

TEST_F(Outline, SaysThatNothingIsKnownYet) {
  const auto folder = folder_.path() / "outline";
  std::filesystem::create_directories(folder);
  EXPECT_EQ(write_outline(folder_.path() / "nowhere.git", "main", k_env, folder).error().kind,
            ErrorKind::not_found);
  EXPECT_EQ(write_outline(bare_, "nowhere", k_env, folder).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace orc::git::test
