// SPDX-License-Identifier: Apache-2.0
// What a host or a worker that was killed in the middle of an end leaves on disk.
#include "engine/engine.h"
#include "engine/worker_process.h"

namespace orc::engine {

// Of a worker that could not sweep for itself.
void Engine::clear_up_after(const Worker& worker) {
  end_survivors(worker.run_id);
  if (housekeeping_)
    housekeeping_->remove_soon(folders_.verification(worker.job.id, worker.job.attempt));
}

Status Engine::remove_clones_of_ended_tasks() {
  if (!housekeeping_) return Done{};
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folders_.root / "work", none)) {
    ORC_TRY(const std::optional<Task> task, store_->task(entry.path().filename().string()));
    if (task && (task->state == TaskState::done || task->state == TaskState::cancelled))
      clean_up_after(*task);
  }
  return Done{};
}

}  // namespace orc::engine
