// SPDX-License-Identifier: Apache-2.0
#include "git/planted.h"

#include <gtest/gtest.h>

#include "git_world.h"

namespace orc::git {
namespace {

using test::git;
using test::write;
namespace fs = std::filesystem;

class PlantedInAClone : public ::testing::Test {
 protected:
  PlantedInAClone() {
    git(folder_.path(), {"init", "-q", "clone"});
    fs::remove_all(clone() / ".git" / "hooks");
    fs::remove_all(clone() / ".git" / "info");
  }
  fs::path clone() const { return folder_.path() / "clone"; }
  Planted look() const { return find_planted(clone()); }

  orc::test::TempDir folder_;
};

TEST_F(PlantedInAClone, NothingIsFoundInAFreshOneOrAfterOrdinaryWork) {
  write(clone() / "file", "x\n");
  git(clone(), {"config", "user.name", "Agent"});
  git(clone(), {"config", "core.autocrlf", "false"});
  test::commit_all(clone(), "Work");
  git(clone(), {"remote", "add", "origin", "https://example.org/x.git"});
  git(clone(), {"checkout", "-q", "-b", "other"});
  const Planted planted = look();
  EXPECT_TRUE(planted.traps.empty()) << planted.traps.front();
  EXPECT_TRUE(planted.oddities.empty()) << planted.oddities.front();
}

TEST_F(PlantedInAClone, EverySettingThatRunsOrRedirectsIsATrap) {
  for (const char* setting :
       {"core.fsmonitor", "core.sshCommand", "core.worktree", "core.attributesFile",
        "filter.x.smudge", "diff.external", "diff.x.textconv", "merge.x.driver", "gpg.program",
        "remote.origin.uploadpack", "url.ext::x.insteadOf", "include.path", "alias.status",
        "credential.helper", "extensions.worktreeConfig", "includeIf.gitdir:/.path",
        "uploadpack.packObjectsHook"}) {
    const std::string before = test::read(clone() / ".git/config");
    git(clone(), {"config", setting, "!touch /tmp/marker"});
    EXPECT_EQ(look().traps.size(), 1U) << setting;
    write(clone() / ".git/config", before);
  }
}

TEST_F(PlantedInAClone, SettingsAreFoundHoweverTheyAreWritten) {
  for (const char* text : {"[CORE] FSMonitor=x\n", "[core]\n\tfsmonitor\n", "[filter.x]\nclean = y\n",
                           "[core]\n[filter \"a]b\"] smudge = z\n", "fsmonitor = x\n"}) {
    const std::string before = test::read(clone() / ".git/config");
    write(clone() / ".git/config", text);
    EXPECT_FALSE(look().traps.empty()) << text;
    write(clone() / ".git/config", before);
  }
}

TEST_F(PlantedInAClone, FilesThatLeadGitElsewhereAreTraps) {
  for (const char* name : {"objects/info/alternates", "commondir", "config.worktree"}) {
    write(clone() / ".git" / name, "/elsewhere\n");
    EXPECT_EQ(look().traps, std::vector<std::string>{name});
    fs::remove(clone() / ".git" / name);
  }
  fs::remove_all(clone() / ".git");
  write(clone() / ".git", "gitdir: /elsewhere\n");
  EXPECT_EQ(look().traps.size(), 1U);
}

TEST_F(PlantedInAClone, WhatToolsOfAProjectInstallIsOddAndNoTrap) {
  write(clone() / ".git/hooks/pre-commit", "#!/bin/sh\n");
  git(clone(), {"config", "core.hooksPath", ".husky/_"});
  git(clone(), {"config", "filter.lfs.clean", "git-lfs clean -- %f"});
  const Planted planted = look();
  EXPECT_TRUE(planted.traps.empty()) << planted.traps.front();
  EXPECT_EQ(planted.oddities.size(), 3U);
}

TEST_F(PlantedInAClone, ABareRepositoryShowsEveryChangeOfItsBehaviour) {
  git(folder_.path(), {"init", "-q", "--bare", "bare"});
  const fs::path bare = folder_.path() / "bare";
  const std::string before = bare_state(bare);
  EXPECT_EQ(bare_state(bare), before);
  write(bare / "hooks/post-update", "x");
  EXPECT_NE(bare_state(bare), before);
  fs::remove(bare / "hooks/post-update");
  EXPECT_EQ(bare_state(bare), before);
  git(bare, {"config", "core.fsmonitor", "x"});
  EXPECT_NE(bare_state(bare), before);
}

}  // namespace
}  // namespace orc::git
