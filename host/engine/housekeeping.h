// SPDX-License-Identifier: Apache-2.0
// Takes away what nobody needs any more: the clone of a task that has ended, at once; job folders
// and copies of plugin libraries that nothing has touched for longer than they are kept, at the
// start and once a day. On a thread of its own: removing a large tree takes long. Never follows a
// link; what cannot be removed is logged and left.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "engine/state_folders.h"

namespace orc::engine {

class Housekeeping {
 public:
  // `keep` must be longer than any job may run. `libraries_in_use` is asked on the housekeeping
  // thread.
  Housekeeping(StateFolders folders, std::function<Millis()> keep,
               std::function<std::set<std::filesystem::path>()> libraries_in_use);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  void start();
  // The task has ended and no process works in its clone. [any thread]
  void task_ended(const std::string& work_item);
  // Nobody needs this folder of the state folder any more. [any thread]
  void remove_soon(std::filesystem::path folder);
  // One round over what has grown old: how many folders and files were removed. [housekeeping
  // thread, or a test]
  int remove_old(WallTime now);

 private:
  void run();
  int remove_older_than(const std::filesystem::path& folder, WallTime limit,
                        const std::set<std::filesystem::path>& spare);

  const StateFolders folders_;
  const std::function<Millis()> keep_;
  const std::function<std::set<std::filesystem::path>()> libraries_in_use_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::filesystem::path> to_remove_;  // under mutex_
  bool stopping_ = false;           // under mutex_
  std::thread thread_;
};

}  // namespace orc::engine
