// SPDX-License-Identifier: Apache-2.0
// Producers that run in the shadow of the deciding one: on the same commit, after its verdict, and
// without a say. What they answer is stored for the advisor.
//
// They touch nothing of the task: no row, no counter, no branch, no clone. Each works in folders of
// its own, in slots of its own beside the workers', and starts only while a worker is idle, at
// low priority; so none ever delays a deciding producer. A run that the host's end interrupts is
// lost: a lost sample costs nothing. [engine thread]
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/generation.h"
#include "engine/launcher.h"
#include "engine/state_folders.h"
#include "store/store.h"

namespace orc::engine {

// A verdict that counted, and what a shadow needs to be asked about the same thing.
struct Decided {
  const Task& task;
  const Job& job;
  const std::string& producer;
  const std::string& token;
  const std::string& commit;
};

class Shadows {
 public:
  // Their pidfds are put into `epoll`, under a token that no job has.
  Shadows(store::Store& store, Launcher& launcher, StateFolders folders, int epoll);
  // Ends what still runs, and waits for it.
  ~Shadows();
  Shadows(const Shadows&) = delete;
  Shadows& operator=(const Shadows&) = delete;

  // What an earlier host left is ended and counted as lost. In an open batch.
  Status recover(WallTime now);
  // One row for each shadow link of the stage that is switched on and in scope, and one for the
  // triage of a red verdict. In an open batch.
  Status queue_after(const Decided& decided, const config::Generation& generation,
                     const std::vector<store::PluginKill>& kills, WallTime now);
  // Stores the ends of those that ended, and takes what waits while a worker is idle. In an open
  // batch.
  Status turn(const config::GenerationPtr& generation, const std::vector<store::PluginKill>& kills,
              bool may_start, WallTime now);
  // Starts what the last turn took. Once the batch is durable.
  void launch();
  std::optional<MonoTime> next_deadline() const;
  int running() const { return static_cast<int>(running_.size()); }

 private:
  struct Running {
    store::ShadowRun run;
    std::string work_item;
    process::Child child;
    MonoTime deadline;
  };

  Status store_end(const Running& ended, const config::Config& config, WallTime now);
  Status take(const store::ShadowRun& run, const config::Generation& generation,
              const std::vector<store::PluginKill>& kills, WallTime now);
  Status give_up(std::int64_t id, const std::string& outcome, const std::string& text,
                 WallTime now);
  std::filesystem::path job_folder(std::int64_t id) const;
  std::filesystem::path work_folder(std::int64_t id) const;
  std::string keep_artifact(const Running& ended, const std::vector<std::string>& names) const;

  store::Store& store_;
  Launcher& launcher_;
  const StateFolders folders_;
  const int epoll_;
  std::map<std::int64_t, Running> running_;
  std::vector<std::pair<Running, jobs::JobRequest>> taken_;        // not launched yet
  std::vector<std::pair<std::int64_t, std::string>> not_started_;  // and why
  bool may_wait_ = true;                                           // rows may be queued
};

}  // namespace orc::engine
