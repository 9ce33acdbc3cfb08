// SPDX-License-Identifier: Apache-2.0
// A branch on another base, without a work tree: held against what git rebase itself makes of it.
#include "unit/git/git_world.h"

namespace orc::git::test {

namespace {

class Rebase : public GitWorld {
 protected:
  // One commit on top of `parent`; the host's repository knows it.
  std::string commit_on(const std::string& parent,
                        const std::vector<std::pair<std::string, std::string>>& files,
                        const std::string& message = "Change") {
    git(upstream_, {"checkout", "-q", "--detach", parent});
    for (const auto& [path, text] : files) write(upstream_ / path, text);
    return fetched(commit_all(upstream_, message));
  }
  std::string fetched(const std::string& commit) {
    git(bare_, {"fetch", "-q", upstream_.string(), commit});
    return commit;
  }
  Repository::Rebased rebase(const std::string& head, const std::string& base) {
    return value_of(repository_.rebase(head, base));
  }
  std::string tree(const std::string& commit) { return git(bare_, {"rev-parse", commit + "^{tree}"}); }
};

TEST_F(Rebase, LeavesABranchThatIsOnItsBaseAlone) {
  const std::string head = commit_on(first_, {{"a.txt", "a\n"}});
  EXPECT_EQ(rebase(head, first_).commit, head);
}

TEST_F(Rebase, OfABranchThatHasLandedIsTheBase) {
  const std::string base = commit_on(first_, {{"a.txt", "a\n"}});
  EXPECT_EQ(rebase(first_, base).commit, base);
}

TEST_F(Rebase, MakesTheTreesThatGitRebaseMakes) {
  const std::string one = commit_on(first_, {{"a.txt", "a\n"}, {"deep/er/b.txt", "b\n"}}, "One");
  const std::string two = commit_on(one, {{"src/main.c", "int main(void) { return 1; }\n"}}, "Two");
  git(upstream_, {"checkout", "-q", "--detach", two});
  std::filesystem::remove(upstream_ / "readme.md");
  const std::string head = fetched(commit_all(upstream_, "Three\n\nWith a body.\n"));
  const std::string base = commit_on(first_, {{"c.txt", "c\n"}}, "Theirs");
  const auto rebased = rebase(head, base);
  ASSERT_TRUE(rebased.conflicts.empty());

  git(upstream_, {"checkout", "-q", "-B", "work", head});
  git(upstream_, {"rebase", "-q", base});
  const std::string wanted = git(upstream_, {"log", "--format=%T %an %ae %at %s %b", base + ".."});
  EXPECT_EQ(git(bare_, {"log", "--format=%T %an %ae %at %s %b", base + ".." + rebased.commit}),
            wanted);
}

TEST_F(Rebase, LeavesOutWhatTheBaseHasAlready) {
  const std::string same = commit_on(first_, {{"a.txt", "a\n"}}, "Same");
  const std::string head = commit_on(same, {{"b.txt", "b\n"}}, "Mine");
  const std::string base = commit_on(commit_on(first_, {{"x.txt", "x\n"}}), {{"a.txt", "a\n"}});
  const auto rebased = rebase(head, base);
  EXPECT_EQ(git(bare_, {"log", "--format=%s", base + ".." + rebased.commit}), "Mine");
}

TEST_F(Rebase, NamesEveryFileInConflictAndMakesNoCommit) {
  const std::string head = commit_on(first_, {{"readme.md", "mine\n"}, {"ok.txt", "ok\n"}});
  const std::string base = commit_on(first_, {{"readme.md", "theirs\n"}});
  const auto rebased = rebase(head, base);
  EXPECT_EQ(rebased.conflicts, std::vector<std::string>{"readme.md"});
  EXPECT_TRUE(rebased.commit.empty());
}

TEST_F(Rebase, KeepsASolvedConflictSolved) {
  const std::string mine = commit_on(first_, {{"readme.md", "mine\n"}});
  const std::string theirs = commit_on(first_, {{"readme.md", "theirs\n"}});
  git(upstream_, {"checkout", "-q", "--detach", mine});
  git(upstream_, {"merge", "-q", "-s", "ours", "-m", "Merge", theirs});
  write(upstream_ / "readme.md", "both\n");
  const std::string head = fetched(commit_all(upstream_, "Solve"));
  const std::string base = commit_on(theirs, {{"later.txt", "l\n"}});
  const auto rebased = rebase(head, base);
  ASSERT_TRUE(rebased.conflicts.empty());
  EXPECT_EQ(git(bare_, {"show", rebased.commit + ":readme.md"}), "both");
  EXPECT_EQ(git(bare_, {"show", rebased.commit + ":later.txt"}), "l");
  EXPECT_TRUE(value_of(repository_.contains(rebased.commit, base)));
}

TEST_F(Rebase, RunsNothingThatTheRepositoryBrings) {
  const auto trap = folder_.path() / "ran";
  git(bare_, {"config", "merge.evil.driver", "touch " + trap.string()});
  git(bare_, {"config", "filter.evil.clean", "touch " + trap.string()});
  write(bare_ / "hooks/post-rewrite", "#!/bin/sh\ntouch " + trap.string() + "\n");
  const std::string base =
      commit_on(first_, {{".gitattributes", "* merge=evil filter=evil\n"}, {"a.txt", "a\nb\nc\n"}});
  const std::string head = commit_on(commit_on(first_, {{"a.txt", "a\nb\nc\n"}}), {{"b.txt", "b\n"}});
  (void)rebase(head, base);
  EXPECT_FALSE(std::filesystem::exists(trap));
}

TEST_F(Rebase, KnowsWhetherAMarkerIsThere) {
  const std::string head = commit_on(first_, {{"src/lease.c", "take_lease(a);\n"}});
  using Markers = std::vector<Repository::Marker>;
  const auto missing = [&](const Markers& markers) {
    std::vector<std::string> ids;
    for (const auto& marker : value_of(repository_.missing_markers(head, markers)))
      ids.push_back(marker.id);
    return ids;
  };
  EXPECT_TRUE(missing({{"FIX-1", "src/lease.c", "take_lease\\(.\\)"}}).empty());
  EXPECT_EQ(missing({{"FIX-2", "src/lease.c", "give_lease"},
                     {"FIX-3", "src/gone.c", "."},
                     {"FIX-4", "*", "take_lease"},
                     {"FIX-5", "src/lease.c", "--help"}}),
            (std::vector<std::string>{"FIX-2", "FIX-3", "FIX-4", "FIX-5"}));
  const auto broken = repository_.missing_markers(head, {{"FIX-6", "src/lease.c", "("}});
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("FIX-6"), std::string::npos);
}

}  // namespace

}  // namespace orc::git::test
