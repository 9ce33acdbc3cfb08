// SPDX-License-Identifier: Apache-2.0
// What a host or a worker that was killed in the middle of an end leaves on disk.
#include <algorithm>

#include "engine/engine.h"
#include "engine/worker_process.h"

namespace orc::engine {

// Of a worker that could not sweep for itself.
void Engine::clear_up_after(const Worker& worker) {
  end_survivors(worker.run_id);
  if (housekeeping_)
    housekeeping_->remove_soon(folders_.verification(worker.job.id, worker.job.attempt));
}

// The removal itself may have been cut off: clones of tasks that are over, checkouts of attempts
// that do not run.
Status Engine::remove_leftovers() {
  if (!housekeeping_) return Done{};
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folders_.root / "work", none)) {
    ORC_TRY(const std::optional<Task> task, store_->task(entry.path().filename().string()));
    if (task && (task->state == TaskState::done || task->state == TaskState::cancelled))
      clean_up_after(*task);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folders_.root / "verify", none)) {
    const bool in_use = std::any_of(workers_.begin(), workers_.end(), [&](const auto& known) {
      return folders_.verification(known.first, known.second.job.attempt) == entry.path();
    });
    if (!in_use) housekeeping_->remove_soon(entry.path());
  }
  return Done{};
}

}  // namespace orc::engine
