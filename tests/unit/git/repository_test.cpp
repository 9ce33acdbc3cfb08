// SPDX-License-Identifier: Apache-2.0
#include "git/repository.h"

#include <gtest/gtest.h>

#include "unit/git/git_world.h"

namespace orc::git {
namespace {

using test::commit_all;
using test::git;
using test::read;
using test::write;

class GitRepository : public test::GitWorld {};

TEST_F(GitRepository, BringsUpstreamsBranchesUpToDateAndForgetsDeletedOnes) {
  git(upstream_, {"branch", "old"});
  ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  git(upstream_, {"branch", "-D", "-q", "old"});
  git(upstream_, {"branch", "old/er"});
  ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  EXPECT_EQ(refs_below("refs/upstream"),
            (std::vector<std::string>{"refs/upstream/main", "refs/upstream/old/er"}));
}

TEST_F(GitRepository, SaysThatAnUpstreamDoesNotExist) {
  const Status status = repository_.fetch_upstream((folder_.path() / "nothing").string());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::not_found) << status.error().message;
}

TEST_F(GitRepository, SaysThatAnUpstreamCannotBeReached) {
  const Status status = repository_.fetch_upstream("https://127.0.0.1:1/x.git");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::unavailable) << status.error().message;
}

TEST_F(GitRepository, RefusesATransportThatRunsACommand) {
  const std::filesystem::path marker = folder_.path() / "ran";
  for (const std::string& url :
       {"ext::touch " + marker.string(), "--upload-pack=touch " + marker.string()}) {
    const Status status = repository_.fetch_upstream(url);
    ASSERT_FALSE(status.ok());
    EXPECT_FALSE(std::filesystem::exists(marker)) << url;
  }
}

TEST_F(GitRepository, StartsFromTheBranchOrFromItsBase) {
  git(upstream_, {"checkout", "-q", "-b", "feature"});
  write(upstream_ / "more.txt", "more");
  const std::string second = commit_all(upstream_, "Second");
  ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  EXPECT_EQ(repository_.starting_point("feature", "main", false).value(), second);
  EXPECT_EQ(repository_.starting_point("new", "main", true).value(), first_);
  EXPECT_EQ(repository_.merge_base(second, "main").value(), first_);
}

TEST_F(GitRepository, NamesTheBranchThatIsMissing) {
  const auto branch = repository_.starting_point("gone", "main", false);
  EXPECT_EQ(branch.error().kind, ErrorKind::not_found);
  EXPECT_NE(branch.error().message.find("gone"), std::string::npos);
  const auto base = repository_.starting_point("new", "master", true);
  EXPECT_EQ(base.error().kind, ErrorKind::not_found);
  EXPECT_NE(base.error().message.find("master"), std::string::npos);
  EXPECT_EQ(repository_.merge_base(first_, "master").error().kind, ErrorKind::not_found);
}

TEST_F(GitRepository, FindsNoMergeBaseOfUnrelatedHistories) {
  git(upstream_, {"checkout", "-q", "--orphan", "island"});
  const std::string island = commit_all(upstream_, "Island");
  ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  EXPECT_EQ(repository_.merge_base(island, "main").value(), "");
}

TEST_F(GitRepository, KeepsAnAbandonedHead) {
  const std::string second =
      repository_.commit_files(branch_, first_, {{"a.txt", "a"}}, "Second\n").value();
  ASSERT_TRUE(repository_.set_branch(branch_, first_).ok());
  EXPECT_EQ(head(), first_);
  EXPECT_EQ(refs_below("refs/abandoned"),
            std::vector<std::string>{"refs/abandoned/" + branch_ + "/" + second});
  // Moving on loses nothing, so nothing is kept.
  ASSERT_TRUE(repository_.set_branch(branch_, second).ok());
  EXPECT_EQ(head(), second);
  EXPECT_EQ(refs_below("refs/abandoned").size(), 1U);
}

TEST_F(GitRepository, CommitsFilesOnTopOfTheParent) {
  const std::string binary("a\0b\n", 4);
  const std::string made =
      repository_
          .commit_files(branch_, first_, {{"docs/w/1.md", "text"}, {"docs/w/b c", binary}}, "Why\n")
          .value();
  EXPECT_EQ(head(), made);
  EXPECT_EQ(git(bare_, {"rev-parse", made + "^"}), first_);
  EXPECT_EQ(git(bare_, {"log", "-1", "--format=%an <%ae> %cn <%ce> %s", made}),
            "Orchestrator <orchestrator@localhost> Orchestrator <orchestrator@localhost> Why");
  EXPECT_EQ(git(bare_, {"ls-tree", "-r", "--name-only", made}),
            "docs/w/1.md\ndocs/w/b c\nreadme.md\nsrc/main.c");
  EXPECT_EQ(git(bare_, {"cat-file", "-s", made + ":docs/w/b c"}), "4");
}

TEST_F(GitRepository, DoesNotCommitOnAParentThatIsNotTheHead) {
  const std::string second = repository_.commit_files(branch_, first_, {{"a", "1"}}, "A\n").value();
  const auto late = repository_.commit_files(branch_, first_, {{"a", "2"}}, "B\n");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  EXPECT_EQ(head(), second);
}

TEST_F(GitRepository, RefusesPathsThatNoTreeMayHold) {
  for (const std::string path :
       {"../x", "/etc/x", "a//b", ".git/config", "a/.git/x", "a\nb", "\"a\"", ""}) {
    const auto made = repository_.commit_files(branch_, first_, {{path, "x"}}, "X\n");
    ASSERT_FALSE(made.ok()) << path;
    EXPECT_EQ(made.error().kind, ErrorKind::refused);
  }
  EXPECT_EQ(head(), first_);
}

TEST_F(GitRepository, ContentIdIgnoresArtifactsAndSeesCode) {
  const std::string folder = "docs/work-items/ORCH-1";
  const std::string before = repository_.content_id(first_, folder).value();
  EXPECT_EQ(before, git(bare_, {"rev-parse", first_ + "^{tree}"}));
  const std::string artifact =
      repository_.commit_files(branch_, first_, {{folder + "/12-review.md", "r"}}, "R\n").value();
  EXPECT_EQ(repository_.content_id(artifact, folder).value(), before);
  EXPECT_NE(repository_.content_id(artifact, "docs/work-items/ORCH-2").value(), before);
  const std::string code =
      repository_.commit_files(branch_, artifact, {{"src/main.c", "x"}}, "C\n").value();
  EXPECT_NE(repository_.content_id(code, folder).value(), before);
}

TEST_F(GitRepository, ContentIdIsTheTreeThatGitWouldMake) {
  const std::string made = repository_
                               .commit_files(branch_, first_,
                                             {{"docs/guide.md", "g"},
                                              {"docs/work-items/A/1.md", "a"},
                                              {"docs/work-items/B/1.md", "b"}},
                                             "M\n")
                               .value();
  git(upstream_, {"fetch", "-q", bare_.string(), "refs/heads/" + branch_});
  git(upstream_, {"checkout", "-q", "FETCH_HEAD"});
  git(upstream_, {"rm", "-rq", "docs/work-items/A"});
  EXPECT_EQ(repository_.content_id(made, "docs/work-items/A").value(),
            git(upstream_, {"write-tree"}));
  git(upstream_, {"rm", "-rq", "docs/work-items/B"});
  EXPECT_EQ(repository_.content_id(made, "docs/work-items").value(),
            git(upstream_, {"write-tree"}));
  const std::string no_commit(40, '1');
  EXPECT_EQ(repository_.content_id(no_commit, "docs").error().kind, ErrorKind::not_found);
}

TEST_F(GitRepository, ChecksOutExactlyTheFilesOfACommit) {
  write(upstream_ / "run.sh", "#!/bin/sh\n");
  std::filesystem::permissions(upstream_ / "run.sh", std::filesystem::perms(0755));
  std::filesystem::create_symlink("src/main.c", upstream_ / "link");
  const std::string commit = commit_all(upstream_, "Second");
  ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
  const std::filesystem::path target = folder_.path() / "verify";
  std::filesystem::create_directory(target);
  ASSERT_TRUE(repository_.checkout(commit, target).ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(target)) {
    names.push_back(entry.path().lexically_relative(target));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"link", "readme.md", "run.sh", "src", "src/main.c"}));
  EXPECT_EQ(std::filesystem::read_symlink(target / "link"), "src/main.c");
  EXPECT_NE(
      std::filesystem::status(target / "run.sh").permissions() & std::filesystem::perms::owner_exec,
      std::filesystem::perms::none);
  EXPECT_EQ(read(target / "readme.md"), "hello\n");
  // A folder that holds something is not mixed with the commit.
  EXPECT_EQ(repository_.checkout(commit, target).error().kind, ErrorKind::refused);
}

TEST_F(GitRepository, HostileNamesNeverReachGit) {
  const std::filesystem::path marker = folder_.path() / "ran";
  const std::vector<std::string> names = {"--upload-pack=touch " + marker.string(),
                                          "-h",
                                          "--exec=x",
                                          "a b",
                                          "a;touch x",
                                          "../x",
                                          "HEAD",
                                          "a..b",
                                          "a\nb",
                                          ""};
  for (const std::string& name : names) {
    EXPECT_FALSE(repository_.starting_point(name, "main", true).ok()) << name;
    EXPECT_FALSE(repository_.starting_point("main", name, true).ok()) << name;
    EXPECT_FALSE(repository_.merge_base(first_, name).ok()) << name;
    EXPECT_FALSE(repository_.merge_base(name, "main").ok()) << name;
    EXPECT_FALSE(repository_.set_branch(name, first_).ok()) << name;
    EXPECT_FALSE(repository_.set_branch(branch_, name).ok()) << name;
    EXPECT_FALSE(repository_.prepare_clone(clone_, name, first_).ok()) << name;
    EXPECT_FALSE(repository_.prepare_clone(clone_, branch_, name).ok()) << name;
    EXPECT_FALSE(repository_.take_in(clone_, name, first_, "r", "m").ok()) << name;
    EXPECT_FALSE(repository_.take_in(clone_, branch_, first_, name, "m").ok()) << name;
    EXPECT_FALSE(repository_.commit_files(name, first_, {{"a", "a"}}, "m").ok()) << name;
    EXPECT_FALSE(repository_.content_id(name, "docs").ok()) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
  EXPECT_FALSE(std::filesystem::exists(clone_));
  EXPECT_EQ(refs_below("refs/heads").size(), 1U);
}

TEST_F(GitRepository, OpensWhatIsThereWithoutTouchingIt) {
  EXPECT_TRUE(Repository::open(bare_, test::k_env).ok());
  EXPECT_EQ(head(), first_);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
}

}  // namespace
}  // namespace orc::git
