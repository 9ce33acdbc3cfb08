// SPDX-License-Identifier: Apache-2.0
// What the worker knows about its job, on disk before every step that might be its last, and the
// one way out of the process. [any thread]
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "jobs/job_folder.h"
#include "process/sweep.h"

namespace orc::worker {

class JobRecord {
 public:
  // `request` must outlive the record.
  JobRecord(std::filesystem::path folder, const jobs::JobRequest& request);

  // Written to progress.json before it returns; a disk that refuses ends the job.
  void enter(jobs::Progress::Phase phase, int link);
  // One line of what goes on; written at most five times a second.
  void tell(std::string text);
  void decided(ChainDecision decision);
  // Both written at once: a crash must not hide what was spent or changed.
  void ran(AgentRun run);
  void side_effect();

  // A child that outlives the job, with everything below it. Not reaped yet, so that its number is
  // its own.
  void spare(pid_t child);
  // A folder whose content ends with the job.
  void remove_at_end(std::filesystem::path folder);

  int link() const;
  Millis age() const;
  // Ends every process below this one but the spared ones.
  void sweep() const;

  // Sweeps, removes the job's folders, adds what is known to the report, writes it and ends the
  // process. The first caller wins; any other waits for the end.
  [[noreturn]] void finish(jobs::WorkerReport report);

 private:
  void save();
  Status try_to_save();
  bool goes_with_the_job(const std::filesystem::path& folder) const;

  const std::filesystem::path folder_;
  const jobs::JobRequest& request_;
  const MonoTime began_ = mono_now();

  std::mutex finishing_;  // taken once, never given back
  mutable std::mutex mutex_;
  jobs::Progress progress_;
  std::optional<jobs::ProgressFile> progress_file_;
  MonoTime told_;
  std::vector<process::Spared> spared_;
  std::vector<std::filesystem::path> to_remove_;
};

}  // namespace orc::worker
