// SPDX-License-Identifier: Apache-2.0
// A real host with the scripted producer, in a folder of its own, made to be killed. One thread,
// but for signals.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/check/check.h"
#include "base/unique_fd.h"
#include "cli/control_client.h"
#include "store/store.h"

namespace orc::test {

class World {
 public:
  using Ms = std::chrono::milliseconds;
  using Variables = std::vector<std::pair<std::string, std::string>>;

  // Makes configuration and repository below `root`, an empty folder.
  explicit World(std::filesystem::path root);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Starts a host with a log of its own; does not wait for it.
  void start(const Variables& variables = {});
  // False: it ended first, or does not serve in time.
  bool wait_until_serving(Ms limit) const;
  bool lives() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  const UniqueFd& pidfd() const { return pidfd_; }
  void signal(int number) const;
  // How it ended: the exit code, or 128 + the signal; nothing if it lives on after the limit.
  std::optional<int> wait_for_end(Ms limit);
  std::string log() const;

  // Through the control socket; false if the host refused or died.
  bool submit(const std::string& work_item, const std::string& title, const std::string& repo,
              const std::string& from = "");
  bool order(const std::string& verb, const std::string& work_item);
  // Approves what waits, releases what is held, and removes from the forge's repository the locks
  // of a push that was killed.
  void push_on();

  std::vector<Task> tasks() const;
  std::vector<Event> events() const;
  int open_tasks() const;
  // The invariants, over the state folder as it is now.
  // The newest post-deploy monitor of the task.
  std::optional<Monitor> monitor(TaskId task) const;
  // How many alerts of this condition are open.
  int alerts(const std::string& condition) const;
  std::vector<store::Violation> violations() const;
  // Attempts that began to produce more than once, and how many began at all.
  std::vector<std::string> ran_twice() const;
  std::size_t runs() const;
  // Live processes of this world, the host's own included.
  std::vector<pid_t> processes() const;
  std::vector<pid_t> workers() const;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path state() const { return root_ / "state"; }
  std::filesystem::path database() const { return state() / "orchestrator.db"; }

 private:
  bool post(const std::string& target, const std::string& body) const;
  void remove_locks_left_behind() const;

  const std::filesystem::path root_;
  const cli::ControlClient client_;
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  int starts_ = 0;
};

}  // namespace orc::test
