// SPDX-License-Identifier: Apache-2.0
// What git push is told, row by row, and what a real repository with a watching hook makes of it.
#include "git/push.h"

#include <algorithm>

#include "unit/git/git_world.h"

namespace orc::git::test {

namespace {

const std::string k_new(40, 'a');
const std::string k_old(40, 'b');
const Place k_place{"/nowhere", {}};

struct Row {
  const char* name;
  std::string branch;
  std::string expected;
  std::string lease;  // empty: the push is refused
};

class BranchPushTable : public ::testing::TestWithParam<Row> {};

TEST_P(BranchPushTable, NamesWhatUpstreamMustHold) {
  const Row& row = GetParam();
  const auto command =
      push_of_branch(k_place, {"/upstream", row.branch, "main", row.expected, k_new});
  ASSERT_EQ(command.ok(), !row.lease.empty());
  if (!command.ok()) return;
  const std::vector<std::string> wanted{"push",
                                        "--quiet",
                                        "--no-follow-tags",
                                        "--no-verify",
                                        "--recurse-submodules=no",
                                        "--no-signed",
                                        "--force-with-lease=" + row.lease,
                                        "--end-of-options",
                                        "/upstream",
                                        k_new + ":refs/heads/" + row.branch};
  EXPECT_EQ(command.value().arguments(), wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BranchPushTable,
    ::testing::Values(Row{"Moves", "task/T-1", k_old, "refs/heads/task/T-1:" + k_old},
                      Row{"IsNew", "task/T-1", "", "refs/heads/task/T-1:"},
                      Row{"IsTheBase", "main", k_old, ""}, Row{"IsAnOption", "--force", k_old, ""},
                      Row{"IsForced", "+main", k_old, ""},
                      Row{"ExpectsNoId", "task/T-1", "main", ""},
                      Row{"ExpectsTwo", "task/T-1", k_old + ":x", ""}),
    [](const auto& each) { return std::string(each.param.name); });

bool could_force(const std::string& argument) {
  return argument.find("force") != std::string::npos || argument == "-f" ||
         argument.starts_with("+") || argument == "--mirror" || argument == "--delete" ||
         argument.starts_with(":");
}

class BasePushTable : public ::testing::TestWithParam<std::string> {};

TEST_P(BasePushTable, IsRefusedOrHoldsNothingThatForces) {
  for (const std::string& commit : {k_new, GetParam()}) {
    const auto command = push_of_base(k_place, {GetParam(), GetParam(), commit});
    if (!command.ok()) continue;
    const auto& arguments = command.value().arguments();
    const auto url = std::find(arguments.begin(), arguments.end(), "--end-of-options");
    ASSERT_NE(url, arguments.end());
    EXPECT_EQ(std::find_if(arguments.begin(), url, could_force), url);
    EXPECT_EQ(arguments.end() - url, 3) << "one url, one refspec";
    EXPECT_FALSE(could_force(arguments.back())) << arguments.back();
  }
}

INSTANTIATE_TEST_SUITE_P(Each, BasePushTable,
                         ::testing::Values("main", "--force", "-f", "+main", "+" + k_new,
                                           "--mirror", "--delete", ":main", "main:other", "",
                                           "a b", "--force-with-lease", k_new));

TEST(BasePush, TellsGitWhatToMoveAndNothingElse) {
  const auto command = push_of_base(k_place, {"/upstream", "main", k_new});
  ASSERT_TRUE(command.ok());
  const std::vector<std::string> wanted{
      "push",        "--quiet",       "--no-follow-tags",
      "--no-verify", "--recurse-submodules=no", "--no-signed",
      "--end-of-options", "/upstream", k_new + ":refs/heads/main"};
  EXPECT_EQ(command.value().arguments(), wanted);
}

class Push : public GitWorld {
 protected:
  void SetUp() override {
    GitWorld::SetUp();
    git(folder_.path(), {"clone", "-q", "--bare", upstream_.string(), forge_.string()});
    // Counts every update of main that is no fast-forward, and refuses it.
    write(forge_ / "hooks/update",
          "#!/bin/sh\n[ \"$1\" = refs/heads/main ] || exit 0\n"
          "git merge-base --is-ancestor \"$2\" \"$3\" && exit 0\n"
          "echo forced >>" + (folder_.path() / "forced").string() + "\nexit 1\n");
    std::filesystem::permissions(forge_ / "hooks/update", std::filesystem::perms::owner_all);
  }
  std::string commit_on(const std::string& base, const std::string& file,
                        const std::string& text) {
    git(upstream_, {"checkout", "-q", "--detach", base});
    write(upstream_ / file, text);
    const std::string made = commit_all(upstream_, "Change " + file);
    git(bare_, {"fetch", "-q", upstream_.string(), made});
    return made;
  }
  std::string forge_holds(const std::string& branch) const {
    return git(forge_, {"for-each-ref", "--format=%(objectname)", "refs/heads/" + branch});
  }
  bool was_forced() const { return std::filesystem::exists(folder_.path() / "forced"); }

  const std::filesystem::path forge_ = folder_.path() / "forge.git";
};

TEST_F(Push, MovesTheBaseForward) {
  const std::string next = commit_on(first_, "a.txt", "a\n");
  ASSERT_TRUE(repository_.push_base(forge_.string(), "main", next).ok());
  EXPECT_EQ(forge_holds("main"), next);
}

TEST_F(Push, NeverMovesTheBaseAnywhereElse) {
  const std::string mine = commit_on(first_, "a.txt", "a\n");
  const std::string theirs = commit_on(first_, "b.txt", "b\n");
  ASSERT_TRUE(repository_.push_base(forge_.string(), "main", theirs).ok());
  const Status lost = repository_.push_base(forge_.string(), "main", mine);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().kind, ErrorKind::conflict) << lost.error().message;
  EXPECT_FALSE(repository_.push_base(forge_.string(), "main", first_).ok()) << "backwards";
  EXPECT_EQ(forge_holds("main"), theirs);
  EXPECT_FALSE(was_forced()) << "a push that would rewrite main reached the forge";
}

TEST_F(Push, RewritesATasksBranchOnlyWhereItHoldsWhatIsExpected) {
  const std::string one = commit_on(first_, "a.txt", "a\n");
  const std::string two = commit_on(first_, "b.txt", "b\n");
  const auto push = [&](const std::string& expected, const std::string& commit) {
    return repository_.push_branch(forge_.string(), "task/T-1", "main", expected, commit);
  };
  ASSERT_TRUE(push("", one).ok());
  const Status as_new = push("", two);
  ASSERT_FALSE(as_new.ok());
  EXPECT_EQ(as_new.error().kind, ErrorKind::conflict) << as_new.error().message;
  EXPECT_FALSE(push(first_, two).ok());
  EXPECT_EQ(forge_holds("task/T-1"), one);
  EXPECT_TRUE(push(one, two).ok());
  EXPECT_EQ(forge_holds("task/T-1"), two);
  EXPECT_EQ(forge_holds("main"), first_);
}

TEST_F(Push, SaysThatAHookRefused) {
  write(forge_ / "hooks/pre-receive", "#!/bin/sh\necho 'protected branch' >&2\nexit 1\n");
  std::filesystem::permissions(forge_ / "hooks/pre-receive", std::filesystem::perms::owner_all);
  const Status refused =
      repository_.push_base(forge_.string(), "main", commit_on(first_, "a.txt", "a\n"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::refused) << refused.error().message;
  EXPECT_NE(refused.error().message.find("protected branch"), std::string::npos);
  EXPECT_TRUE(was_rejected_by_upstream(refused.error())) << refused.error().message;
}

TEST_F(Push, TellsAnUpstreamThatHasTheBranchCheckedOutFromOneThatLetsNobodyIn) {
  test::git(forge_, {"config", "core.bare", "false"});
  test::git(forge_, {"config", "receive.denyCurrentBranch", "refuse"});
  const std::string mine = commit_on(first_, "a.txt", "a\n");
  const Status refused = repository_.push_base(forge_.string(), "main", mine);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(was_rejected_by_upstream(refused.error())) << refused.error().message;
  EXPECT_NE(refused.error().message.find("currently checked out"), std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(was_rejected_by_upstream({ErrorKind::refused, "Permission denied (publickey)."}));
}

}  // namespace

}  // namespace orc::git::test
