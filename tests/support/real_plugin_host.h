// SPDX-License-Identifier: Apache-2.0
// A FakeHost whose run() starts real processes, for tests of a plugin against real tools: own
// session, the allow-listed environment of the real host, a deadline, the whole group killed at the
// end. Header-only, so that a plugin's tests need no library of the host.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "orchestrator/plugin/testing.hpp"

namespace orc::test {

class RealPluginHost : public orchestrator::plugin::test::FakeHost {
 public:
  explicit RealPluginHost(std::string worktree) : worktree_(std::move(worktree)) {}

  orchestrator::plugin::ProcessResult run(const orchestrator::plugin::Process& process) override {
    runs.push_back(process);
    const auto start = std::chrono::steady_clock::now();
    orchestrator::plugin::ProcessResult result = start_and_wait(process);
    result.duration = std::chrono::duration_cast<orchestrator::plugin::Milliseconds>(
        std::chrono::steady_clock::now() - start);
    return result;
  }

 private:
  using Process = orchestrator::plugin::Process;
  using ProcessResult = orchestrator::plugin::ProcessResult;

  struct Pipe {
    Pipe() {
      if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    }
    ~Pipe() {
      close_end(0);
      close_end(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_end(std::size_t i) {
      if (ends[i] >= 0) ::close(ends[i]);
      ends[i] = -1;
    }
    std::array<int, 2> ends{-1, -1};
  };

  static void set(std::vector<std::string>& env, const std::string& name,
                  const std::string& value) {
    for (std::string& entry : env) {
      if (entry.rfind(name + '=', 0) == 0) {
        entry = name + '=' + value;
        return;
      }
    }
    env.push_back(name + '=' + value);
  }

  static std::vector<std::string> environment(const Process& process) {
    std::vector<std::string> env;
    for (const char* const name : {"PATH", "HOME", "LANG", "TMPDIR", "TZ"}) {
      if (const char* const value = std::getenv(name)) set(env, name, value);
    }
    set(env, "ORCH_RUN_ID", "test-run");
    for (const auto& [name, value] : process.env) set(env, name, value);
    return env;
  }

  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  }

  [[noreturn]] static void become(const std::string& cwd, int in, Pipe& out, Pipe& err,
                                  Pipe& failure, char* const* argv, char* const* env) {
    ::setsid();
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(in, 0);
    ::dup2(out.ends[1], 1);
    ::dup2(err.ends[1], 2);
    int error = ENOTDIR;
    if (::chdir(cwd.c_str()) == 0) {
      ::execvpe(argv[0], argv, env);
      error = errno;
    }
    (void)!::write(failure.ends[1], &error, sizeof error);
    ::_exit(127);
  }

  // Reads until the process has ended; false: it had to be killed.
  static bool collect(pid_t pid, const Process& process, Pipe& out, Pipe& err,
                      ProcessResult& result) {
    const auto timeout = process.timeout.count() > 0 ? process.timeout : std::chrono::minutes(2);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::array<pollfd, 2> polled{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
    std::array<std::string*, 2> kept{&result.out, &result.err};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        ::kill(-pid, SIGKILL);
        return false;
      }
      ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
      for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].fd < 0 || polled[i].revents == 0) continue;
        std::array<char, 65536> chunk{};
        const ssize_t got = ::read(polled[i].fd, chunk.data(), chunk.size());
        if (got <= 0) {
          polled[i].fd = -1;
          continue;
        }
        const std::string_view bytes(chunk.data(), static_cast<std::size_t>(got));
        *kept[i] += bytes;
        if (process.on_output)
          process.on_output(static_cast<orchestrator::plugin::Stream>(i + 1), bytes);
      }
    }
    return true;
  }

  // A child that does not read its input must not end the test program.
  static void feed(const std::string& bytes, Pipe& in) {
    ::signal(SIGPIPE, SIG_IGN);
    (void)!::write(in.ends[1], bytes.data(), bytes.size());
    in.close_end(0);
    in.close_end(1);
  }

  ProcessResult start_and_wait(const Process& process) {
    using namespace orchestrator::plugin;
    Pipe in;
    Pipe out;
    Pipe err;
    Pipe failure;
    std::vector<std::string> arguments = process.argv;
    std::vector<std::string> env = environment(process);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(env);
    const std::string cwd = process.cwd.empty() ? worktree_ : process.cwd;
    const pid_t pid = ::fork();
    if (pid < 0) return orchestrator::plugin::test::not_started(errno);
    if (pid == 0) become(cwd, in.ends[0], out, err, failure, argv.data(), envp.data());
    for (Pipe* const pipe : {&out, &err, &failure}) pipe->close_end(1);
    feed(process.stdin_bytes, in);
    ProcessResult result;
    int error = 0;
    const bool started = ::read(failure.ends[0], &error, sizeof error) <= 0;
    const bool in_time = !started || collect(pid, process, out, err, result);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ::kill(-pid, SIGKILL);
    if (!started)
      return orchestrator::plugin::test::not_started(
          error, process.argv.front() + ": " + std::strerror(error));
    if (!in_time) {
      result.end = TimedOut{};
    } else if (WIFSIGNALED(status)) {
      result.end = Signalled{WTERMSIG(status)};
    } else {
      result.end = Exited{WEXITSTATUS(status)};
    }
    return result;
  }

  std::string worktree_;
};

}  // namespace orc::test
