// SPDX-License-Identifier: Apache-2.0
// Workers that belong to no job row: looks at a deployed service, a rollback. Each has a name of
// its owner's choosing. What it reported stays until the owner has made it durable and forgets it,
// so that a batch that is not written loses nothing. A worker outlives the host, as every worker
// does; whoever must know of it afterwards adopts it by its folder. [engine thread]
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "engine/launcher.h"

namespace orc::engine {

class SideWorkers {
 public:
  // Their pidfds are put into `epoll`, under a token that no job has.
  SideWorkers(Launcher& launcher, int epoll) : launcher_(launcher), epoll_(epoll) {}
  SideWorkers(const SideWorkers&) = delete;
  SideWorkers& operator=(const SideWorkers&) = delete;

  // Once the batch that decided it is durable; one of that name that has ended is forgotten. What
  // cannot be started has ended at once, with the reason as the worker's fault. A worker that
  // outstays its request's limit by `grace` is killed.
  void launch(const std::string& name, const std::filesystem::path& folder,
              const jobs::JobRequest& request, Millis grace);
  // One that an earlier host started, with its whole limit again. False: it does not live.
  bool adopt(const std::string& name, const std::filesystem::path& folder, Millis grace);

  // Started here or adopted, and not forgotten.
  bool is_known(const std::string& name) const { return workers_.contains(name); }
  // What it reported; null while it runs, and for an unknown name. Never a verdict without a report
  // of its own (jobs/worker_client.h).
  const jobs::WorkerReport* report_of(const std::string& name) const;
  // Where it ran; empty for an unknown name.
  std::filesystem::path folder_of(const std::string& name) const;
  // One that has ended.
  void forget(const std::string& name) { workers_.erase(name); }

  // Notes who has ended, and ends who is overdue; until then an ended one keeps `epoll` ready.
  // Every turn.
  void reap();
  // When reap() has to end somebody.
  std::optional<MonoTime> next_deadline() const;

 private:
  struct Worker {
    std::filesystem::path folder;
    std::string run_id;
    process::Child child;
    bool is_child = true;  // false: adopted, its exit status is not ours to read
    MonoTime deadline;
    std::optional<jobs::WorkerReport> report;  // then there is no process any more
  };
  void watch(const std::string& name, Worker worker);

  Launcher& launcher_;
  const int epoll_;
  std::map<std::string, Worker> workers_;
};

}  // namespace orc::engine
