// SPDX-License-Identifier: Apache-2.0
// The seam between the engine and the processes it starts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "jobs/job_folder.h"
#include "jobs/worker_client.h"
#include "process/process.h"

namespace orc::engine {

class Launcher {
 public:
  // A worker to wait for, a report that is there already, or why nothing was started.
  using Launched = std::variant<process::Child, jobs::WorkerReport, Error>;

  virtual ~Launcher() = default;
  // [engine thread] Writes the job's folder and starts its worker. On an Error no folder is left.
  virtual Launched launch(const std::filesystem::path& folder, const jobs::JobRequest& request) = 0;
  // [engine thread] How a worker that was launched here ended, once it has; asked where it left no
  // report.
  virtual jobs::WorkerEnd end_of(const process::Child& worker) = 0;
};

// Starts orchestrator-worker from `worker`.
std::unique_ptr<Launcher> make_process_launcher(std::filesystem::path worker);

}  // namespace orc::engine
