// SPDX-License-Identifier: Apache-2.0
// A real `orchestrator serve` in a temporary folder, and the command line that talks to it. One
// thread. Whatever the host started is ended with it: workers, suites and agents are found by the
// folder's name in their command line, working folder or environment.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace orc::test {

struct CommandResult {
  int exit_code = -1;  // -1: ended by a signal, or not in time
  std::string out;
  std::string err;
};

// Runs a program in `cwd` with PATH=/usr/bin:/bin and waits for its end, 60 seconds at most.
CommandResult run_program(const std::vector<std::string>& argv, const std::filesystem::path& cwd,
                          const std::vector<std::pair<std::string, std::string>>& env = {},
                          std::chrono::milliseconds limit = std::chrono::seconds(60));

std::string read_text(const std::filesystem::path& path);  // "" if it is not there
void write_text(const std::filesystem::path& path, const std::string& text);
// Waits until the file holds `text`; false after the limit. Wakes when its folder changes.
bool wait_for_text(const std::filesystem::path& path, const std::string& text,
                   std::chrono::milliseconds limit = std::chrono::seconds(30));
// Waits for the end of a process, a child or not; true also if there is none.
bool wait_for_end(pid_t pid, std::chrono::milliseconds limit = std::chrono::seconds(30));

class HostHarness {
 public:
  // `programs`: the folder that holds `orchestrator`.
  explicit HostHarness(std::filesystem::path programs);
  ~HostHarness();
  HostHarness(const HostHarness&) = delete;
  HostHarness& operator=(const HostHarness&) = delete;

  // What the test and its agents share; the host's own folder lies beside it, out of their sight.
  std::filesystem::path root() const { return folder_.path() / "shared"; }
  std::filesystem::path state() const { return folder_.path() / "state"; }
  std::filesystem::path config() const { return root() / "orchestrator.yaml"; }

  // A variable of the host's own environment, from the next start on.
  void set_environment(const std::string& name, const std::string& value) {
    environment_.emplace_back(name, value);
  }
  // Starts `serve` and waits for its line `host.serving`. False: it ended first, or was not in
  // time; its exit code is then in exit_code().
  bool start();
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code, or 128 + the signal; nothing if the host still runs after the limit.
  std::optional<int> wait_for_exit(std::chrono::milliseconds limit = std::chrono::seconds(30));
  void kill_hard();
  std::optional<int> exit_code() const { return exit_code_; }
  std::string log() const { return read_text(log_file()); }
  // Waits until a line that was logged after `from` bytes holds `text`.
  bool wait_for_log(const std::string& text, std::size_t from = 0) const;

  // `orchestrator ARGUMENTS…` against this host.
  CommandResult orchestrator(const std::vector<std::string>& arguments) const;

  // Live processes whose command line, working folder or environment names this folder.
  std::vector<pid_t> processes() const;
  // The same for any folder.
  static std::vector<pid_t> processes_naming(const std::string& folder);
  // Live processes whose command line holds `text`.
  static std::vector<pid_t> processes_with(const std::string& text);

 private:
  std::filesystem::path log_file() const { return root() / "host.log"; }
  void end_everything();

  std::string program() const { return (programs_ / "orchestrator").string(); }

  std::filesystem::path programs_;
  TempDir folder_;
  std::vector<std::pair<std::string, std::string>> environment_;
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  std::optional<int> exit_code_;
};

}  // namespace orc::test
