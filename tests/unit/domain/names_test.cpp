// SPDX-License-Identifier: Apache-2.0
#include "domain/names.h"

#include <gtest/gtest.h>

#include <string>

#include "domain/scope.h"

namespace orc {
namespace {

using namespace std::string_literals;

class HostileName : public testing::TestWithParam<std::string> {};

TEST_P(HostileName, IsRefusedAsBranchRepositoryAndWorkItem) {
  EXPECT_FALSE(check_branch_name(GetParam()).ok());
  EXPECT_FALSE(check_repo_name(GetParam()).ok());
  EXPECT_FALSE(check_work_item_id(GetParam()).ok());
}

INSTANTIATE_TEST_SUITE_P(Corpus, HostileName,
                         testing::Values(""s, "--upload-pack=touch X"s, "--exec=touch X"s, "-h"s,
                                         "a;touch X"s, "a$(touch X)"s, "a`touch X`"s, "a\nb"s,
                                         "../../x"s, "/etc"s, "@"s, ".lock"s, std::string(300, 'a'),
                                         "a\u202Eb"s, "a\0b"s, "%2e%2e"s, "a b"s, "a'b"s, "a|b"s,
                                         "a\\b"s, ".hidden"s, "~"s));

TEST(BranchName, AcceptsWhatPeopleUse) {
  for (const char* name : {"main", "task/ORCH-116", "feature/a.b_c-d", "release-1.2"}) {
    EXPECT_TRUE(check_branch_name(name).ok()) << name;
  }
}

TEST(BranchName, RefusesWhatGitOrAPathWouldMisread) {
  for (const char* name :
       {"HEAD", "a..b", "a//b", "a/", "a.lock", "a/b.lock/c", "a/.b", "a/-b", "a."}) {
    EXPECT_FALSE(check_branch_name(name).ok()) << name;
  }
}

TEST(BranchName, SaysWhichRuleWasBroken) {
  const Status status = check_branch_name("--upload-pack=x");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "branch \"--upload-pack=x\": must start with a letter or a digit");
}

TEST(NameOfRepository, IsAValidNameForAnyPathAndDiffersForEveryPath) {
  for (const char* url :
       {"/srv/Shop.git", "/srv/shop/", "/", "/srv/..", "/srv/a b$(x)", "ssh://git@host/x/Y.git"}) {
    EXPECT_TRUE(check_repo_name(name_of_repository(url)).ok()) << name_of_repository(url);
  }
  EXPECT_NE(name_of_repository("/a/shop"), name_of_repository("/b/shop"));
}

TEST(RepoScope, IsTheSelfHostingRepositoryWhenEmpty) {
  EXPECT_TRUE(RepoScope::parse("").covers("orchestrator", true));
  EXPECT_FALSE(RepoScope::parse(" , ").covers("website", false));
}

TEST(RepoScope, TrimsBlanksAndKnowsTheStar) {
  const RepoScope scope = RepoScope::parse(" orchestrator , enduro ");
  EXPECT_TRUE(scope.covers("enduro", false));
  EXPECT_FALSE(scope.covers("end", false));
  EXPECT_FALSE(scope.covers("website", true));
  EXPECT_TRUE(RepoScope::parse("*").covers("anything", false));
}

}  // namespace
}  // namespace orc
