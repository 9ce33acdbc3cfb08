// SPDX-License-Identifier: Apache-2.0
// Jobs without a host: the real worker on a job folder below a scratch folder, its report judged as
// the engine would judge it. One thread; blocks until the worker has ended. Whatever is left lies
// below the scratch folder, which is the caller's.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/gates.h"
#include "engine/launcher.h"
#include "engine/state_folders.h"
#include "jobs/job_folder.h"

namespace orc::app {

// What came of one job.
struct Tried {
  jobs::WorkerReport report;
  std::vector<Evidence> evidence;     // of a verdict: its artifacts as the gate reads them
  std::optional<GateDecision> gate;   // of a verdict
  std::string log;                    // the job's own, at most 256 KiB of it
  std::optional<Millis> ended_after;  // since it was asked to end; nothing: it never was
};

class Trials {
 public:
  // `by_itself`: the worker is left alone. `once_it_produces`: it is asked to end as soon as its
  // plugin produces, as an operator's cancel does.
  enum class Ending : std::uint8_t { by_itself, once_it_produces };

  // `cancelled`, asked now and then, kills the worker; may be empty.
  Trials(std::filesystem::path worker, std::filesystem::path scratch,
         std::function<bool()> cancelled = {});

  // A first attempt at the stage with all its folders below the scratch folder and the usual
  // limits; the caller says what it works on.
  jobs::JobRequest request(JobId id, Stage stage, std::string work_item) const;
  // An Error: no worker could be started, or its artifacts could not be read.
  Result<Tried> carry_out(const jobs::JobRequest& request, Ending ending = Ending::by_itself);

  const engine::StateFolders& folders() const { return folders_; }

 private:
  std::optional<Millis> wait_for(const process::Child& worker, const std::filesystem::path& folder,
                                 Millis limit, Ending ending) const;
  Result<Tried> judge(const jobs::JobRequest& request, jobs::WorkerReport report) const;

  const std::unique_ptr<engine::Launcher> launcher_;
  const engine::StateFolders folders_;
  const std::function<bool()> cancelled_;
};

}  // namespace orc::app
