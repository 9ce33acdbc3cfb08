// SPDX-License-Identifier: Apache-2.0
// SIGKILL between any two steps, as the kernel sees them: the attempt, and then the wrapper, are
// traced and killed at the entry of their first system call that changes something, then of their
// second, and so on until one run gets through.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>
#include <list>
#include <orchestrator/plugin/testing.hpp>

#include "deploy_finalizer.h"
#include "shell.h"
#include "wrapper.h"

namespace deploy_finalizer {
namespace {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;
namespace fake = orchestrator::plugin::test;

constexpr char k_commit[] = "0123456789abcdef0123456789abcdef01234567";
constexpr int k_most_steps = 400;
constexpr int k_most_attempts = 2000;
constexpr int k_look_again_us = 2000;

bool changes_something(const __ptrace_syscall_info& call) {
  switch (call.entry.nr) {
    case SYS_openat:
      return (call.entry.args[2] & O_CREAT) != 0;
    case SYS_rename:
    case SYS_renameat2:
    case SYS_mkdir:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
      return true;
    default:
      return false;
  }
}

// Runs a child, stopped and willing to be traced, until its end or until it is about to take step
// `last`. True if it came to its end.
bool run_until_step(pid_t child, int last) {
  int status = 0;
  ::waitpid(child, &status, 0);
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
  int steps = 0;
  long signal = 0;
  while (::ptrace(PTRACE_SYSCALL, child, nullptr, signal) == 0) {
    if (::waitpid(child, &status, 0) != child || WIFEXITED(status) || WIFSIGNALED(status))
      return true;
    signal = 0;
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
      signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
      continue;
    }
    __ptrace_syscall_info call{};
    ::ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), child, sizeof call, &call);
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !changes_something(call)) continue;
    if (++steps < last) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return false;
  }
  return true;
}

class KeptHost : public fake::FakeHost {
 public:
  explicit KeptHost(std::string state) : state_(std::move(state)) {
    when("revision", fake::exited(0, k_commit));
    // It goes on when the attempt is over; the traced child ends without destructors.
    when("sh", [](const sdk::Process& process) {
      static std::list<test::Started> detached;
      detached.emplace_back(process.argv);
      return fake::exited(0);
    });
  }
  std::string state_dir() override { return state_; }

 private:
  std::string state_;
};

class Killed : public testing::Test {
 protected:
  std::string settings(const fs::path& folder) const {
    return R"({"command":["/bin/sh","-c","printf x >> )" + (folder / "marks").string() +
           R"("],"revision_command":["revision"],"timeout":"60s","poll":"2s"})";
  }
  sdk::Outcome produce(const fs::path& folder) {
    KeptHost host(folder / "state");
    DeployFinalizer finalizer;
    EXPECT_EQ(finalizer.configure(settings(folder)), std::nullopt);
    fake::RequestBuilder request;
    request.stage = "deploy";
    request.commit = k_commit;
    request.verdict_key = "deploy_status";
    request.attempt = ++attempts;
    request.run_id = "run-" + std::to_string(attempts);
    return finalizer.produce(request.build(), host);
  }
  // The attempts that follow, undisturbed, up to a word that is more than "not yet".
  std::string told_in_the_end(const fs::path& folder) {
    for (int i = 0; i < k_most_attempts; ++i) {
      const sdk::Outcome outcome = produce(folder);
      if (const auto* verdict = std::get_if<sdk::Verdict>(&outcome)) return verdict->token;
      if (std::holds_alternative<sdk::Hold>(outcome)) return "hold";
      ::usleep(k_look_again_us);
    }
    return "nothing";
  }
  static std::uintmax_t executed(const fs::path& folder) {
    std::error_code none;
    const auto size = fs::file_size(folder / "marks", none);
    return none ? 0 : size;
  }

  int attempts = 0;
};

TEST_F(Killed, AttemptsBetweenAnyTwoStepsDeployOnceAndLoseNoResult) {
  int killed = 0;
  for (int step = 1, alive = 0; alive < 2 && step < k_most_steps; ++step) {
    // The first attempt starts the deploy, the second finds its result.
    alive = 0;
    for (const int disturbed : {1, 2}) {
      const fake::ScratchFolder folder;
      fs::create_directory(folder.path() / "state");
      if (disturbed == 2) {
        produce(folder.path());
        const fs::path result = folder.path() / "state" /
                                ("deploy-run-" + std::to_string(attempts)) / "result";
        ASSERT_TRUE(test::eventually([&] { return fs::exists(result); }));
      }
      const pid_t child = ::fork();
      if (child == 0) {
        // What the fake host would have removed goes with the test's own folder.
        ::setenv("TMPDIR", folder.path().c_str(), 1);
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        (void)produce(folder.path());
        ::_exit(0);
      }
      const bool got_through = run_until_step(child, step);
      ++attempts;
      alive += got_through ? 1 : 0;
      killed += got_through ? 0 : 1;
      EXPECT_EQ(told_in_the_end(folder.path()), "SUCCESS") << "attempt " << disturbed << ", " << step;
      EXPECT_EQ(executed(folder.path()), 1U) << "attempt " << disturbed << ", step " << step;
    }
  }
  EXPECT_GT(killed, 10) << "there are more steps than that";
}

TEST_F(Killed, WrappersBetweenAnyTwoStepsDeployAtMostOnce) {
  int told = 0;
  int held = 0;
  bool got_through = false;
  for (int step = 1; !got_through && step < k_most_steps; ++step) {
    const fake::ScratchFolder folder;
    fs::create_directory(folder.path() / "state");
    const DeploymentFolder deployments((folder.path() / "state").string());
    const Intent intent{"deploy-run-0", k_commit, "1", 0};
    ASSERT_TRUE(deployments.make_current(intent));
    const std::vector<std::string> argv = wrapper_argv(
        deployments.folder(intent), intent.id,
        {std::chrono::seconds(60), std::chrono::seconds(1)},
        {"/bin/sh", "-c", "printf x >> \"$0\"", (folder.path() / "marks").string()});
    const pid_t child = ::fork();
    if (child == 0) {
      std::vector<char*> raw;
      for (const std::string& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
      raw.push_back(nullptr);
      std::array<char*, 2> env{const_cast<char*>("PATH=/usr/bin:/bin"), nullptr};
      ::setsid();
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      ::execve(raw[0], raw.data(), env.data());
      ::_exit(127);
    }
    got_through = run_until_step(child, step);
    const std::string end = told_in_the_end(folder.path());
    EXPECT_TRUE(end == "SUCCESS" || end == "hold") << end << " after step " << step;
    // Held: nobody knows, and nobody tries again. Told: it took place.
    EXPECT_LE(executed(folder.path()), 1U) << "step " << step;
    if (end == "SUCCESS") {
      EXPECT_EQ(executed(folder.path()), 1U) << "step " << step;
      ++told;
    }
    held += end == "hold" ? 1 : 0;
  }
  EXPECT_TRUE(got_through);
  EXPECT_GT(told, 1) << "before it began, and when it had got through";
  EXPECT_GT(held, 1) << "between the beginning and the result";
}

}  // namespace
}  // namespace deploy_finalizer
