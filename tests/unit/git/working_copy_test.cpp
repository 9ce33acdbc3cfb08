// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "git/repository.h"
#include "unit/git/git_world.h"

namespace orc::git {
namespace {

using test::commit_all;
using test::git;
using test::read;
using test::write;

class WorkingCopy : public test::GitWorld {
 protected:
  void SetUp() override {
    test::GitWorld::SetUp();
    ASSERT_TRUE(prepare(first_).ok());
  }
};

TEST_F(WorkingCopy, IsOnTheBranchAtTheCommitAndClean) {
  EXPECT_EQ(git(clone_, {"rev-parse", "HEAD"}), first_);
  EXPECT_EQ(git(clone_, {"symbolic-ref", "HEAD"}), "refs/heads/" + branch_);
  EXPECT_EQ(git(clone_, {"status", "--porcelain"}), "");
  EXPECT_EQ(read(clone_ / "readme.md"), "hello\n");
  EXPECT_FALSE(std::filesystem::exists(clone_ / ".git/objects/info/alternates"));
}

TEST_F(WorkingCopy, LetsAnAgentCommitWithoutAnIdentityOfItsOwn) {
  EXPECT_EQ(git(clone_, {"config", "user.email"}), "orchestrator@localhost");
}

TEST_F(WorkingCopy, TakesInCommitsAndUncommittedWork) {
  write(clone_ / "src/new.c", "int x;\n");
  const std::string made = commit_all(clone_, "Agent's commit");
  write(clone_ / "readme.md", "changed\n");
  write(clone_ / "untracked.txt", "u\n");
  std::filesystem::remove(clone_ / "src/main.c");
  const std::string taken = take_in(first_).value();
  EXPECT_EQ(head(), taken);
  EXPECT_EQ(git(bare_, {"rev-parse", taken + "^"}), made);
  EXPECT_EQ(git(bare_, {"log", "-1", "--format=%an %s", taken}), "Orchestrator Keep what was left");
  EXPECT_EQ(git(bare_, {"ls-tree", "-r", "--name-only", taken}),
            "readme.md\nsrc/new.c\nuntracked.txt");
  EXPECT_EQ(git(bare_, {"cat-file", "-p", taken + ":readme.md"}), "changed");
  EXPECT_TRUE(refs_below("refs/quarantine").empty());
}

TEST_F(WorkingCopy, TakesInCommitsAlone) {
  write(clone_ / ".gitignore", "*.log\n");
  write(clone_ / "kept.log", "committed although ignored\n");
  git(clone_, {"add", "-f", "kept.log"});
  const std::string made = commit_all(clone_, "Agent's commit");
  write(clone_ / "noise.log", "ignored\n");
  EXPECT_EQ(take_in(first_).value(), made);
  EXPECT_EQ(head(), made);
}

TEST_F(WorkingCopy, ReturnsTheExpectedHeadIfNothingChanged) {
  EXPECT_EQ(take_in(first_).value(), first_);
  EXPECT_EQ(head(), first_);
}

TEST_F(WorkingCopy, GoesOnAfterTheHostCommitted) {
  write(clone_ / "one.txt", "1\n");
  const std::string taken = take_in(first_).value();
  const std::string report =
      repository_.commit_files(branch_, taken, {{"docs/r.md", "r"}}, "R\n").value();
  ASSERT_TRUE(prepare(report).ok());
  EXPECT_EQ(git(clone_, {"rev-parse", "HEAD"}), report);
  EXPECT_EQ(git(clone_, {"status", "--porcelain"}), "");
  EXPECT_EQ(read(clone_ / "docs/r.md"), "r");
  EXPECT_TRUE(refs_below("refs/abandoned").empty());
  write(clone_ / "two.txt", "2\n");
  EXPECT_EQ(git(bare_, {"rev-parse", take_in(report).value() + "^"}), report);
}

TEST_F(WorkingCopy, RefusesARewrittenHistory) {
  git(clone_, {"commit", "-q", "--amend", "-m", "Another first"});
  const auto taken = take_in(first_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind, ErrorKind::malformed);
  EXPECT_EQ(head(), first_);
}

TEST_F(WorkingCopy, RefusesABrokenObject) {
  write(clone_ / ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch\n");
  commit_all(clone_, "A module that runs a command");
  const auto taken = take_in(first_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind, ErrorKind::malformed) << taken.error().message;
  EXPECT_EQ(head(), first_);
}

TEST_F(WorkingCopy, RefusesACloneWithoutItsBranchOrItsRepository) {
  git(clone_, {"checkout", "-q", "--detach"});
  git(clone_, {"branch", "-D", "-q", branch_});
  EXPECT_EQ(take_in(first_).error().kind, ErrorKind::malformed);
  std::filesystem::remove_all(clone_ / ".git");
  write(clone_ / ".git", "gitdir: /etc\n");
  EXPECT_EQ(take_in(first_).error().kind, ErrorKind::malformed);
  EXPECT_EQ(head(), first_);
}

TEST_F(WorkingCopy, DoesNotMoveABranchThatMovedMeanwhile) {
  const std::string other = repository_.commit_files(branch_, first_, {{"o", "o"}}, "O\n").value();
  write(clone_ / "mine", "m");
  const auto taken = take_in(first_);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind, ErrorKind::conflict) << taken.error().message;
  EXPECT_EQ(head(), other);
}

TEST_F(WorkingCopy, KeepsAbandonedWorkInAReference) {
  write(clone_ / "committed.txt", "c\n");
  const std::string lost = commit_all(clone_, "Never taken in");
  write(clone_ / "uncommitted.txt", "u\n");
  write(clone_ / ".git/index.lock", "");
  ASSERT_TRUE(prepare(first_).ok());
  EXPECT_EQ(git(clone_, {"status", "--porcelain", "--ignored"}), "");
  EXPECT_FALSE(std::filesystem::exists(clone_ / "uncommitted.txt"));
  EXPECT_FALSE(std::filesystem::exists(clone_ / "committed.txt"));
  bool has_uncommitted = false;
  bool has_lost = false;
  for (const std::string& ref : refs_below("refs/abandoned")) {
    has_lost = has_lost || ref.ends_with(lost);
    has_uncommitted = has_uncommitted ||
                      git(bare_, {"ls-tree", "-r", "--name-only", ref}).find("uncommitted.txt") !=
                          std::string::npos;
  }
  EXPECT_TRUE(has_lost);
  EXPECT_TRUE(has_uncommitted);
}

TEST_F(WorkingCopy, IsCleanedOfIgnoredFilesAndNestedRepositories) {
  write(clone_ / ".gitignore", "build/\n");
  const std::string made = commit_all(clone_, "Ignore");
  ASSERT_EQ(take_in(first_).value(), made);
  write(clone_ / "build/out.o", "o");
  ASSERT_TRUE(prepare(made).ok());
  EXPECT_FALSE(std::filesystem::exists(clone_ / "build"));
  git(clone_, {"init", "-q", "nested"});
  ASSERT_TRUE(prepare(made).ok());
  EXPECT_FALSE(std::filesystem::exists(clone_ / "nested"));
}

// A change hidden behind the clone's own index, with the file's size and times as before.
TEST_F(WorkingCopy, SeesAChangeThatTheClonesOwnIndexHides) {
  const auto time = std::filesystem::last_write_time(clone_ / "readme.md");
  git(clone_, {"update-index", "--assume-unchanged", "readme.md"});
  write(clone_ / "readme.md", "hallo\n");
  std::filesystem::last_write_time(clone_ / "readme.md", time);
  const std::string taken = take_in(first_).value();
  EXPECT_EQ(git(bare_, {"cat-file", "-p", taken + ":readme.md"}), "hallo");
}

TEST_F(WorkingCopy, IsMadeAnewWhenItsRepositoryWasDestroyed) {
  std::filesystem::remove_all(clone_ / ".git/objects");
  ASSERT_TRUE(prepare(first_).ok());
  EXPECT_EQ(git(clone_, {"status", "--porcelain"}), "");
  std::filesystem::remove_all(clone_);
  ASSERT_TRUE(prepare(first_).ok());
  EXPECT_EQ(read(clone_ / "readme.md"), "hello\n");
}

TEST_F(WorkingCopy, NeverWritesThroughALinkThatReplacedTheClone) {
  const std::filesystem::path elsewhere = folder_.path() / "elsewhere";
  write(elsewhere / "precious.txt", "p");
  std::filesystem::remove_all(clone_);
  std::filesystem::create_directory_symlink(elsewhere, clone_);
  EXPECT_EQ(take_in(first_).error().kind, ErrorKind::malformed);
  ASSERT_TRUE(prepare(first_).ok());
  EXPECT_EQ(read(elsewhere / "precious.txt"), "p");
  EXPECT_FALSE(std::filesystem::exists(elsewhere / "readme.md"));
}

// Every way known to make git run a program from inside a repository.
class HostileClone : public WorkingCopy {
 protected:
  void plant(const std::filesystem::path& git_dir) const {
    const std::string run = "touch " + marker_.string();
    write(git_dir / "evil.sh", "#!/bin/sh\n" + run + "\ncat\n");
    std::filesystem::permissions(git_dir / "evil.sh", std::filesystem::perms(0755));
    const std::string program = (git_dir / "evil.sh").string();
    for (const char* hook :
         {"post-checkout", "pre-commit", "post-index-change", "reference-transaction",
          "post-commit", "pre-auto-gc", "fsmonitor-watchman", "post-merge"}) {
      std::filesystem::create_directories(git_dir / "hooks");
      std::filesystem::copy_file(git_dir / "evil.sh", git_dir / "hooks" / hook);
    }
    std::ofstream config(git_dir / "config", std::ios::app);
    config << "[core]\n\tfsmonitor = " << program
           << "\n\thooksPath = " << (git_dir / "hooks").string() << "\n\tsshCommand = " << program
           << "\n\tpager = " << program << "\n\teditor = " << program
           << "\n\talternateRefsCommand = " << program
           << "\n[filter \"evil\"]\n\tclean = " << program << "\n\tsmudge = " << program
           << "\n\tprocess = " << program << "\n[diff]\n\texternal = " << program
           << "\n[diff \"evil\"]\n\ttextconv = " << program
           << "\n[merge \"evil\"]\n\tdriver = " << program << "\n[commit]\n\tgpgSign = true"
           << "\n[gpg]\n\tprogram = " << program
           << "\n[uploadpack]\n\tpackObjectsHook = " << program
           << "\n[credential]\n\thelper = " << program << "\n[extensions]\n\tpartialClone = evil"
           << "\n[remote \"evil\"]\n\turl = ext::" << program
           << "\n\tpromisor = true\n\tuploadpack = " << program << "\n[url \"ext::" << program
           << " \"]\n\tinsteadOf = /\n[protocol]\n\tallow = always\n";
    write(git_dir / "info/attributes", "* filter=evil diff=evil merge=evil\n");
  }

  const std::filesystem::path marker_ = folder_.path() / "ran";
};

// The control: without it, an absent marker would prove nothing.
TEST_F(HostileClone, WouldRunAProgramInAnOrdinaryGitCommand) {
  plant(clone_ / ".git");
  git(clone_, {"status"});
  EXPECT_TRUE(std::filesystem::exists(marker_));
}

TEST_F(HostileClone, RunsNothingWhenItIsTakenInOrPreparedAgain) {
  write(clone_ / ".gitattributes", "* filter=evil diff=evil merge=evil\n");
  write(clone_ / "committed.txt", "c\n");
  commit_all(clone_, "With attributes");
  write(clone_ / "readme.md", "uncommitted\n");
  write(clone_ / "vendor/file.txt", "v\n");
  plant(clone_ / ".git");
  const std::string taken = take_in(first_).value();
  EXPECT_EQ(git(bare_, {"cat-file", "-p", taken + ":readme.md"}), "uncommitted");
  write(clone_ / "readme.md", "again\n");
  plant(clone_ / ".git");
  ASSERT_TRUE(prepare(first_).ok());
  ASSERT_TRUE(prepare(taken).ok());
  EXPECT_EQ(read(clone_ / "readme.md"), "uncommitted\n");
  EXPECT_FALSE(std::filesystem::exists(marker_));
  EXPECT_FALSE(std::filesystem::exists(clone_ / ".git/hooks"));
  EXPECT_EQ(read(clone_ / ".git/config").find("evil"), std::string::npos);
}

// git status goes into a nested repository with that one's configuration; the host's calls must
// not.
TEST_F(HostileClone, RunsNothingFromARepositoryInsideTheTree) {
  git(clone_, {"init", "-q", "nested"});
  write(clone_ / "nested/file.txt", "n\n");
  const std::string inner = commit_all(clone_ / "nested", "Inner");
  git(clone_, {"update-index", "--add", "--cacheinfo", "160000," + inner + ",nested"});
  write(clone_ / ".gitmodules",
        "[submodule \"nested\"]\n\tpath = nested\n\turl = ./nested\n\tignore = none\n");
  git(clone_, {"add", ".gitmodules"});
  git(clone_, {"commit", "-q", "-m", "A nested repository"});
  plant(clone_ / "nested/.git");
  write(clone_ / "nested/file.txt", "changed\n");
  const auto taken = take_in(first_);
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  ASSERT_TRUE(prepare(taken.value()).ok());
  EXPECT_FALSE(std::filesystem::exists(marker_));
  git(clone_, {"status"});
  EXPECT_TRUE(std::filesystem::exists(marker_)) << "the control";
  ASSERT_TRUE(prepare(first_).ok());
  EXPECT_FALSE(std::filesystem::exists(clone_ / "nested/file.txt"));
}

TEST_F(HostileClone, CannotPointElsewhereThroughAlternatesOrLinks) {
  write(clone_ / ".git/objects/info/alternates", (upstream_ / ".git/objects").string() + "\n");
  write(clone_ / ".git/commondir", upstream_.string() + "/.git\n");
  std::filesystem::remove(clone_ / ".git/config");
  std::filesystem::create_symlink(upstream_ / ".git/config", clone_ / ".git/config");
  const std::string before = read(upstream_ / ".git/config");
  EXPECT_EQ(take_in(first_).value(), first_);
  EXPECT_EQ(read(upstream_ / ".git/config"), before);
  EXPECT_FALSE(std::filesystem::exists(clone_ / ".git/objects/info/alternates"));
  EXPECT_FALSE(std::filesystem::exists(clone_ / ".git/commondir"));
}

TEST_F(HostileClone, ALinkForABranchIsNotFollowed) {
  const std::filesystem::path ref = clone_ / ".git/refs/heads" / branch_;
  std::filesystem::remove(ref);
  std::filesystem::create_symlink(upstream_ / ".git/refs/heads/main", ref);
  EXPECT_EQ(take_in(first_).error().kind, ErrorKind::malformed);
}

}  // namespace
}  // namespace orc::git
