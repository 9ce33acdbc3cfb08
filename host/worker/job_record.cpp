// SPDX-License-Identifier: Apache-2.0
#include "worker/job_record.h"

#include <unistd.h>

#include <csignal>

#include "base/failpoint.h"
#include "base/log.h"

namespace orc::worker {

namespace {

constexpr Millis k_tell_interval{200};
constexpr Millis k_sweep_limit{10'000};
constexpr Millis k_long_job{1000};  // longer ones are worth a sync: running them again costs more
// The end itself must end: SIGALRM is not handled.
constexpr unsigned k_finish_limit_s = 120;
constexpr int k_exit_no_report = 4;

}  // namespace

JobRecord::JobRecord(std::filesystem::path folder, const jobs::JobRequest& request)
    : folder_(std::move(folder)), request_(request) {}

Status JobRecord::try_to_save() {
  if (!progress_file_) {
    ORC_TRY(jobs::ProgressFile file, jobs::ProgressFile::open(folder_));
    progress_file_.emplace(std::move(file));
  }
  return progress_file_->write(progress_);
}

void JobRecord::save() {
  const Status written = try_to_save();
  if (written.ok()) return;
  // Without it a crash would be laid at the wrong door.
  log(LogLevel::error, "worker.no_progress", written.error().message);
  ::_exit(k_exit_no_report);
}

void JobRecord::enter(jobs::Progress::Phase phase, int link) {
  const std::lock_guard lock(mutex_);
  progress_.phase = phase;
  progress_.link = link;
  progress_.text.clear();
  save();
}

void JobRecord::tell(std::string text) {
  const std::lock_guard lock(mutex_);
  progress_.text = std::move(text);
  if (mono_now() - told_ < k_tell_interval) return;
  told_ = mono_now();
  save();
}

void JobRecord::decided(ChainDecision decision) {
  const std::lock_guard lock(mutex_);
  progress_.decisions.push_back(std::move(decision));
}

void JobRecord::ran(AgentRun run) {
  const std::lock_guard lock(mutex_);
  progress_.agent_runs.push_back(std::move(run));
  save();
}

void JobRecord::side_effect() {
  const std::lock_guard lock(mutex_);
  ++progress_.side_effects;
  save();
}

void JobRecord::spare(pid_t child) {
  const process::Spared spared = process::spare(child);
  log(LogLevel::info, "worker.detached", "a process was started that outlives this job",
      {{"pid", std::to_string(child)}});
  const std::lock_guard lock(mutex_);
  spared_.push_back(spared);
}

void JobRecord::remove_at_end(std::filesystem::path folder) {
  const std::lock_guard lock(mutex_);
  to_remove_.push_back(std::move(folder));
}

int JobRecord::link() const {
  const std::lock_guard lock(mutex_);
  return progress_.link;
}

Millis JobRecord::age() const {
  return std::chrono::duration_cast<Millis>(mono_now() - began_);
}

void JobRecord::sweep() const {
  std::vector<process::Spared> spared;
  {
    const std::lock_guard lock(mutex_);
    spared = spared_;
  }
  const process::Sweep swept =
      process::sweep_descendants(request_.kill_grace, request_.kill_grace + k_sweep_limit, spared);
  if (swept.killed > 0) {
    log(LogLevel::warning, "worker.swept", "processes outlived the producer and were ended",
        {{"count", std::to_string(swept.killed)}, {"left", std::to_string(swept.left)}});
  }
}

// An empty folder inside the job's own is left to go with it: ext4 passes over every inode that was
// deleted in the last seconds whenever it makes a new one, so a deletion a job slows all that
// follow.
bool JobRecord::goes_with_the_job(const std::filesystem::path& folder) const {
  return folder.parent_path() == folder_ && is_empty_folder(folder);
}

void JobRecord::finish(jobs::WorkerReport report) {
  finishing_.lock();
  ::alarm(k_finish_limit_s);
  sweep();
  const std::lock_guard lock(mutex_);
  for (const std::filesystem::path& folder : to_remove_) {
    if (goes_with_the_job(folder)) continue;
    if (const Status removed = remove_tree(folder); !removed.ok()) {
      log(LogLevel::warning, "worker.not_removed", removed.error().message);
    }
  }
  report.decisions = progress_.decisions;
  report.agent_runs = progress_.agent_runs;
  report.side_effects = progress_.side_effects;
  report.kills = take_kill_counts();
  report.duration = age();
  const Durability durability =
      report.duration >= k_long_job ? Durability::power : Durability::process;
  ORC_CRASHPOINT(outcome_made);
  const Status written = jobs::write_report(folder_, report, durability);
  ORC_CRASHPOINT(outcome_written);
  if (!written.ok()) log(LogLevel::error, "worker.no_report", written.error().message);
  // No destructor of a plugin or a library runs: they may hang or crash, and nothing is left to
  // save.
  ::_exit(written.ok() ? 0 : k_exit_no_report);
}

}  // namespace orc::worker
