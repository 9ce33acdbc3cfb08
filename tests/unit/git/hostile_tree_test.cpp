// SPDX-License-Identifier: Apache-2.0
// What a branch may carry in its tree: submodules that run commands, filters, files without end.
#include <gtest/gtest.h>

#include "git/repository.h"
#include "unit/git/git_world.h"

namespace orc::git {
namespace {

using test::commit_all;
using test::git;
using test::read;
using test::write;
namespace fs = std::filesystem;

constexpr std::uintmax_t k_too_large = (std::uintmax_t{100} << 20) + 1;

class HostileTree : public test::GitWorld {
 protected:
  // A commit on upstream's main with submodules and filters that would run a program.
  std::string plant() const {
    const std::string touch = "touch " + marker_.string();
    write(upstream_ / ".gitmodules",
          "[submodule \"a\"]\n\tpath = a\n\turl = ext::sh -c '" + touch +
              "'\n\tupdate = !" + touch +
              "\n[submodule \"b\"]\n\tpath = \"b\\r\"\n\turl = --upload-pack=" + touch +
              "\n[submodule \"../../c\"]\n\tpath = c\n\turl = " + upstream_.string() + "\n");
    write(upstream_ / ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    write(upstream_ / ".lfsconfig", "[lfs]\n\turl = ext::" + touch + "\n");
    write(upstream_ / "large.bin",
          "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') +
              "\nsize 99999999999\n");
    for (const char* path : {"a", "b\r", "c"}) {
      git(upstream_, {"update-index", "--add", "--cacheinfo",
                      "160000," + first_ + "," + std::string(path)});
    }
    git(upstream_, {"add", ".gitmodules", ".gitattributes", ".lfsconfig", "large.bin"});
    git(upstream_, {"commit", "-q", "-m", "Submodules"});
    return git(upstream_, {"rev-parse", "HEAD"});
  }

  const fs::path marker_ = folder_.path() / "ran";
};

TEST_F(HostileTree, FetchesAndRunsNothingForASubmoduleOrAFilter) {
  const std::string commit = plant();
  const Status fetched = repository_.fetch_upstream(upstream_.string());
  // git's own check may refuse such a .gitmodules as a whole; then there is nothing to run.
  if (fetched.ok()) {
    ASSERT_TRUE(repository_.set_branch(branch_, commit).ok());
    ASSERT_TRUE(prepare(commit).ok());
    const fs::path checkout = folder_.path() / "checkout";
    fs::create_directories(checkout);
    ASSERT_TRUE(repository_.checkout(commit, checkout).ok());
    for (const fs::path& tree : {clone_, checkout}) {
      EXPECT_NE(read(tree / "large.bin").find("size 99999999999"), std::string::npos);
      EXPECT_FALSE(fs::exists(tree / "a" / "readme.md"));
      EXPECT_FALSE(fs::exists(tree / "c" / "readme.md"));
    }
    write(clone_ / "readme.md", "work\n");
    EXPECT_TRUE(take_in(commit).ok());
  }
  EXPECT_FALSE(fs::exists(marker_));
}

TEST_F(HostileTree, ASubmoduleAndAFilterOfAnAgentsCommitAreTakenInUnused) {
  ASSERT_TRUE(prepare(first_).ok());
  write(clone_ / ".gitmodules", "[submodule \"a\"]\n\tpath = a\n\turl = ./readme.md\n");
  write(clone_ / ".gitattributes", "* filter=evil\n");
  git(clone_, {"update-index", "--add", "--cacheinfo", "160000," + first_ + ",a"});
  git(clone_, {"add", ".gitmodules", ".gitattributes"});
  git(clone_, {"commit", "-q", "-m", "A submodule"});
  const auto taken = take_in(first_);
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  const fs::path checkout = folder_.path() / "checkout";
  fs::create_directories(checkout);
  ASSERT_TRUE(repository_.checkout(taken.value(), checkout).ok());
  EXPECT_FALSE(fs::exists(checkout / "a" / "readme.md"));
}

TEST_F(HostileTree, AFileThatPacksSmallAndUnpacksLargeIsNotTakenIn) {
  ASSERT_TRUE(prepare(first_).ok());
  write(clone_ / "zeros", "");
  fs::resize_file(clone_ / "zeros", k_too_large);
  commit_all(clone_, "Zeros");
  fs::remove(clone_ / "zeros");
  commit_all(clone_, "Gone again");
  const auto taken = take_in(first_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind, ErrorKind::malformed);
  EXPECT_NE(taken.error().message.find("100 MiB"), std::string::npos) << taken.error().message;
  EXPECT_EQ(head(), first_);
}

TEST_F(HostileTree, UncommittedWorkHasTheSameLimit) {
  ASSERT_TRUE(prepare(first_).ok());
  write(clone_ / "sparse", "");
  fs::resize_file(clone_ / "sparse", std::uintmax_t{10} << 30);
  const auto taken = take_in(first_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind, ErrorKind::malformed);
  EXPECT_NE(taken.error().message.find("sparse"), std::string::npos) << taken.error().message;
  EXPECT_EQ(head(), first_);
}

TEST_F(HostileTree, NoCredentialOfTheUpstreamReachesAClone) {
  ASSERT_TRUE(prepare(first_).ok());
  for (const auto& entry : fs::recursive_directory_iterator(clone_ / ".git")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read(entry.path()).find(upstream_.string()), std::string::npos) << entry.path();
  }
  EXPECT_EQ(read(bare_ / "config").find(upstream_.string()), std::string::npos);
  EXPECT_FALSE(fs::exists(bare_ / "FETCH_HEAD"));
}

}  // namespace
}  // namespace orc::git
