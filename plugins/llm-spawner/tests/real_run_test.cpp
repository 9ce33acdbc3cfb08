// SPDX-License-Identifier: Apache-2.0
// Small scripted agents, run for real: what a process does with its arguments, streams and files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <orchestrator/plugin/testing.hpp>
#include <system_error>

#include "llm_spawner.h"

namespace llm_spawner {
namespace {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;
using namespace orchestrator::plugin::test;  // NOLINT(google-build-using-namespace): a test

// Runs the process and follows its standard output; no time-outs, the agents here end by
// themselves.
sdk::ProcessResult run_for_real(const sdk::Process& process) {
  std::vector<char*> argv;
  for (const std::string& argument : process.argv)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> env_texts{"PATH=/usr/bin:/bin"};
  for (const auto& [name, value] : process.env) env_texts.push_back(name + "=" + value);
  std::vector<char*> env;
  for (std::string& text : env_texts) env.push_back(text.data());
  env.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return not_started(errno);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  ::posix_spawn_file_actions_addchdir_np(&actions, process.cwd.c_str());
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  sdk::ProcessResult result;
  if (failed != 0) {
    ::close(ends[0]);
    return not_started(failed, std::generic_category().message(failed));
  }
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    result.out.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) result.end = sdk::Signalled{WTERMSIG(status)};
  if (WIFEXITED(status)) result.end = sdk::Exited{WEXITSTATUS(status)};
  return result;
}

class RealAgent : public testing::Test {
 protected:
  RealAgent() {
    const fs::path root = folder.path();
    request.worktree = (root / "wt").string();
    request.artifact_dir = (root / "wt/docs/work-items/DEMO-1").string();
    request.scratch = (root / "scratch").string();
    request.prompt_file = (root / "tester.md").string();
    request.request = "$(touch planted) `touch planted` ; touch planted \" ' {{work_item}}";
    fs::create_directories(request.artifact_dir);
    fs::create_directories(request.scratch);
    std::ofstream(request.prompt_file) << "do {{request}}\n";
  }

  sdk::Outcome run(const std::string& script, const std::string& arguments) {
    const fs::path agent = folder.path() / "agent";
    std::ofstream(agent) << "#!/bin/sh\n" << script;
    fs::permissions(agent, fs::perms::owner_all);
    EXPECT_EQ(spawner.configure(R"({"argv":[")" + agent.string() + "\"," + arguments + "]}"),
              std::nullopt);
    host.when(agent.string(), run_for_real);
    return spawner.produce(request.build(), host);
  }

  ScratchFolder folder;
  RequestBuilder request;
  FakeHost host;
  LlmSpawner spawner;
};

TEST_F(RealAgent, GetsThePromptAsOneArgumentThatNoShellReads) {
  const sdk::Outcome outcome =
      run("[ \"$#\" = 1 ] || exit 9\nprintf '%s' \"$1\" > got\n"
          "printf -- '---\\nresult: PASS\\n---\\n' > docs/work-items/DEMO-1/13-test-report.md\n"
          "echo '{\"usage\":{\"input_tokens\":7,\"output_tokens\":8}}'\n",
          R"("{{prompt}}")");
  ASSERT_TRUE(std::holds_alternative<sdk::Verdict>(outcome));
  std::ifstream got(request.worktree + "/got");
  const std::string text{std::istreambuf_iterator<char>(got), {}};
  EXPECT_EQ(text, "do " + request.request + "\n");
  EXPECT_FALSE(fs::exists(request.worktree + "/planted"));
  EXPECT_EQ(host.agent_runs.at(0).result, "ok");
  EXPECT_EQ(host.agent_runs.at(0).input_tokens, 7);
}

TEST_F(RealAgent, FindsItsPromptInAFileAndAWritableHome) {
  run("cat \"$1\" > \"$HOME/copy\" && cp \"$HOME/copy\" got\n", R"("{{prompt_file}}")");
  EXPECT_EQ(fs::file_size(request.worktree + "/got"),
            fs::file_size(request.scratch + "/run-1/prompt.md"));
}

TEST_F(RealAgent, ThatDiesOfASignalIsNoVerdict) {
  const sdk::Outcome outcome = run("kill -9 $$\n", R"("{{prompt}}")");
  ASSERT_TRUE(std::holds_alternative<sdk::Defer>(outcome));
  EXPECT_EQ(std::get<sdk::Defer>(outcome).why, sdk::Why::resource);
}

TEST_F(RealAgent, ThatReportsARateLimitIsBelievedWhateverItsExitCode) {
  const sdk::Outcome outcome =
      run("echo '{\"error\":{\"kind\":\"rate_limit\",\"retry_after_s\":5}}'; exit 0\n",
          R"("{{prompt}}")");
  ASSERT_TRUE(std::holds_alternative<sdk::Defer>(outcome));
  EXPECT_EQ(std::get<sdk::Defer>(outcome).retry_after, std::chrono::seconds(5));
}

}  // namespace
}  // namespace llm_spawner
