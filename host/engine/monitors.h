// SPDX-License-Identifier: Apache-2.0
// The post-deploy monitors in a running engine. Whatever a monitor has to do next follows from its
// row and from what its workers left on disk, so that a host that starts goes on where the one
// before ended, at any point.
//
// The rollback: its intent is durable before a worker is started, and the worker makes the file
// `began` before it runs the command, which only one process ever can (worker/monitor.h). Without
// that file a worker is started again; with it, never.
//
// Its workers have no job row and need no free worker: they sleep on somebody else's answer.
// [engine thread]
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/generation.h"
#include "engine/monitoring.h"
#include "engine/side_workers.h"
#include "engine/state_folders.h"
#include "store/store.h"

namespace orc::engine {

class Monitors {
 public:
  // What they need of the engine around them; all but remove_soon within an open batch.
  struct Around {
    std::function<Status(TaskId task, const EventDraft& event)> note;
    std::function<Status(const AlertDraft& alert)> raise;  // about no open task
    std::function<void()> look_for_due;                    // jobs were called
    std::function<void(const std::filesystem::path&)> remove_soon;
  };
  Monitors(store::Store& store, SideWorkers& workers, StateFolders folders, Around around);

  // --- in an open batch ---
  // A human confirmed the deploy: the service is sampled before it.
  Status confirmed(const Task& task, const config::Generation& generation, WallTime now);
  // What a deploy that has not begun has to wait for: its baseline, a rollback of the same
  // repository.
  Result<std::optional<KeptBack>> keeps_back(const Task& task, const config::Generation& generation,
                                             WallTime now);
  // The deploy begins: an open window of the repository ends.
  Status deploy_began(const Task& task, WallTime now);
  // The task has left the stage deploy, or was cancelled there.
  Status deploy_ended(const Task& task, const std::string& commit, bool deployed,
                      const config::Generation& generation, WallTime now);
  // Takes in what workers reported, decides, and plans what is to be started. Does nothing while
  // nothing is due.
  Status turn(const config::GenerationPtr& generation, WallTime now);

  // Starts what the last turn planned. Once the batch is durable.
  void launch();
  // When turn() has something to do, besides the end of a worker.
  std::optional<MonoTime> next_turn() const { return next_turn_; }

 private:
  struct Planned {
    std::string name;
    std::filesystem::path folder;
    jobs::JobRequest request;
    Millis grace{0};
  };

  Status tend(const Monitor& monitor, const config::Generation& generation, WallTime now);
  Status tend_look(const Monitor& monitor, const Task& task,
                   const config::Generation& generation, WallTime now);
  Status tend_rollback(const Monitor& monitor, const Task& task,
                       const config::Generation& generation, WallTime now);
  Status write(const Monitor& before, const MonitorStep& step, WallTime now);
  Status end_earlier_incidents(const Monitor& monitor, WallTime now);
  void plan(const Monitor& monitor, const Task& task, const config::Generation& generation,
            JobKind kind, const std::filesystem::path& folder, const std::string& previous = "");
  void wake_at(MonoTime when);

  store::Store& store_;
  SideWorkers& workers_;
  const StateFolders folders_;
  const Around around_;
  std::map<std::string, MonoTime> next_start_;      // by the worker's name
  std::set<std::string> names_;                     // workers that are ours
  std::optional<MonoTime> next_turn_ = MonoTime{};  // a start looks at once
  // Of the batch in the making.
  std::vector<Planned> planned_;
  std::set<std::string> taken_in_;
  std::optional<MonoTime> next_of_batch_ = MonoTime{};
};

}  // namespace orc::engine
