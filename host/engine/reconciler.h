// SPDX-License-Identifier: Apache-2.0
// Looks, at intervals, whether what the store says about open tasks fits together, and fits what
// the forge holds. It only looks: what it finds goes to the engine, which looks again inside its
// own transaction and repairs, holds with a reason, or leaves the task to a live owner. A webhook
// that was lost costs one interval.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/state_folders.h"
#include "store/store.h"

namespace orc::engine {

// A branch of a task that stands still is not where the host left it.
struct MovedBranch {
  TaskId task;
  std::int64_t rev = 0;  // of the task that was compared
  std::string text;
};

struct ReconcilerRound {
  std::vector<store::Irregularity> irregularities;
  std::vector<MovedBranch> moved;
  WallTime at;
};

class Reconciler {
 public:
  struct Parts {
    std::function<Result<std::unique_ptr<store::Reader>>()> open_reader;
    // Branch → commit of a bare repository.
    std::function<Result<std::map<std::string, std::string>>(const std::filesystem::path&)> heads;
    StateFolders folders;
    std::function<Millis()> every;
  };
  explicit Reconciler(Parts parts) : parts_(std::move(parts)) {}
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // The first round begins at once. `report` is called on the reconciler's thread.
  void start(std::function<void(ReconcilerRound)> report);
  // A round within a second or two instead of at the next interval; many asks share one. [any
  // thread]
  void look_soon();
  // One look. [reconciler thread, or a test]
  Result<ReconcilerRound> look();

 private:
  void run();
  Status compare_branches(store::Reader& reader, ReconcilerRound& round);

  const Parts parts_;
  std::function<void(ReconcilerRound)> report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // under mutex_
  bool asked_ = false;     // under mutex_
  std::unique_ptr<store::Reader> reader_;
  std::thread thread_;
};

}  // namespace orc::engine
