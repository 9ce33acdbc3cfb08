// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "git/repository.h"
#include "process/process.h"
#include "support/temp_dir.h"

namespace orc::git::test {

inline const process::Environment k_env = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}};

// What a person or an agent does: git as installed, with whatever the folder's configuration says.
inline std::string git(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  process::RunSpec spec;
  spec.spawn.argv = {"git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"};
  spec.spawn.argv.insert(spec.spawn.argv.end(), arguments.begin(), arguments.end());
  spec.spawn.env = k_env;
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    spec.spawn.env.emplace_back(std::string("GIT_") + who + "_NAME", "Agent");
    spec.spawn.env.emplace_back(std::string("GIT_") + who + "_EMAIL", "agent@example.org");
  }
  spec.spawn.cwd = folder;
  const process::RunResult result = process::run(spec);
  const auto* exited = std::get_if<process::Exited>(&result.end);
  EXPECT_TRUE(exited != nullptr && exited->code == 0) << join(arguments, " ") << "\n" << result.err;
  return std::string(trim(result.out));
}

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string commit_all(const std::filesystem::path& folder, const std::string& message) {
  git(folder, {"add", "-A"});
  git(folder, {"commit", "-q", "-m", message});
  return git(folder, {"rev-parse", "HEAD"});
}

template <typename T>
T value_of(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

// An upstream with one commit on main, the host's bare repository with the task's branch at that
// commit.
class GitWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(upstream_);
    git(upstream_, {"init", "-q"});
    write(upstream_ / "readme.md", "hello\n");
    write(upstream_ / "src/main.c", "int main(void) { return 0; }\n");
    first_ = commit_all(upstream_, "First");
    ASSERT_TRUE(repository_.fetch_upstream(upstream_.string()).ok());
    ASSERT_TRUE(repository_.set_branch(branch_, first_).ok());
  }

  Status prepare(const std::string& commit) {
    return repository_.prepare_clone(clone_, branch_, commit);
  }
  Result<std::string> take_in(const std::string& expected) {
    return repository_.take_in(clone_, branch_, expected, "run-1", "Keep what was left\n");
  }
  std::string head() const { return git(bare_, {"rev-parse", "refs/heads/" + branch_}); }
  std::vector<std::string> refs_below(const std::string& prefix) const {
    std::vector<std::string> refs;
    const std::string list = git(bare_, {"for-each-ref", "--format=%(refname)", prefix});
    for (const std::string_view line : split(list, '\n')) {
      if (!line.empty()) refs.emplace_back(line);
    }
    return refs;
  }

  orc::test::TempDir folder_;
  const std::filesystem::path upstream_ = folder_.path() / "upstream";
  const std::filesystem::path bare_ = folder_.path() / "repo.git";
  const std::filesystem::path clone_ = folder_.path() / "work" / "task";
  const std::string branch_ = "task/ORCH-1";
  std::string first_;
  Repository repository_ = value_of(Repository::open(bare_, k_env));
};

}  // namespace orc::git::test
