// SPDX-License-Identifier: Apache-2.0
// A job is a folder. The host writes request.json and starts one worker on it; the worker holds a
// lock on worker.lock while it lives, writes `log` and progress.json as it goes, artifacts/ as it
// produces, and once, atomically, outcome.json. Nothing else passes between the two, so a job can
// be read with cat, rerun by hand, and finished by a host that was started after the one that
// spawned it.
//
//   jobs/<id>-<attempt>/request.json   this header's JobRequest
//                       worker.lock    locked by the worker (an open-file-description lock, which
//                       can be asked
//                                      about without taking it); content:
//                                      {"pid":…,"start_ticks":…,"boot_id":…}
//                       progress.json  this header's Progress
//                       log            stdout and stderr of the worker, and the plugin's log lines
//                       artifacts/     files of the stage as produced, names as in the contract
//                       scratch/       the plugin's private folder
//                       outcome.json   this header's WorkerReport; its presence is the job's end
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/kill_counts.h"
#include "base/process_identity.h"
#include "base/result.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "domain/edge.h"
#include "domain/isolation.h"
#include "domain/outcome.h"
#include "domain/records.h"

namespace orc::jobs {

// One link of the chain that the host found switched on and in scope.
struct RequestLink {
  int position = 0;               // in the configured chain
  std::string plugin;             // configured name: "staging-runner/website"
  std::filesystem::path library;  // private copy, named by content hash
  std::string settings;           // JSON object; secrets are references, see secrets.h
  Millis timeout{0};              // for produce
  IsolationLevel isolation = IsolationLevel::basic;  // of the programs that it runs
  bool network = true;
  bool runs_agent = false;  // an agent works in the task's clone; anything else in a checkout
};

// How far the programs of a job are kept from the rest of the machine.
struct Isolation {
  IsolationLevel level = IsolationLevel::basic;  // where no link says otherwise: CI
  std::vector<std::filesystem::path> read;
  std::vector<std::filesystem::path> write;
  std::vector<std::filesystem::path> hidden;
  ResourceLimits limits;
};

// What a job of the edge has to know besides; empty for every other.
struct EdgeRequest {
  EdgePlan gates;                            // those that act
  std::vector<std::string> tested_contents;  // of this task, under the request's suite
  std::optional<double> coverage_baseline;   // percent; nothing: none yet
  std::optional<MergeCandidate> landing;     // what was judged and may be landed
};

struct JobRequest {
  JobId job;
  int attempt = 1;
  JobKind kind = JobKind::produce;
  std::string run_id;  // unique per attempt; ORCH_RUN_ID in every child's environment
  std::int64_t generation = 0;

  std::string work_item;
  std::string title;
  std::string request;
  std::string feedback;
  Stage stage = Stage::analysis;
  std::string model;
  std::string effort;
  std::filesystem::path prompt_file;

  // The repository; `clone_url` is empty for a task without one.
  std::string repo;
  std::string clone_url;
  std::string default_branch;
  std::string branch;
  std::string head_commit;  // what the host accepted last; empty: first job of the task
  std::string previous_commit;  // of a rollback: what was deployed before; empty: not known
  std::string contract;     // the repository's configuration block as JSON: test, ci, …
  std::string suite;        // names what a branch is tested with: contract, producers, settings
  EdgeRequest edge;

  // Folders below the state folder, absolute.
  std::filesystem::path bare_repository;
  std::filesystem::path worktree;      // the task's own clone
  std::filesystem::path verification;  // made by the worker for this job, removed with it
  std::filesystem::path plugin_state;  // parent of the per-plugin state folders of this task

  std::vector<RequestLink> chain;  // asked in order
  Isolation isolation;
  std::string resume_token;
  std::string approved_by;   // who released this stage's stopped verdict on exactly this content
  Millis decide_timeout{0};  // for load, configure and accepts of one link
  Millis kill_grace{0};
  Millis limit{0};  // the whole job; the worker keeps it without the host
};

// What the worker reports, once.
struct WorkerReport {
  JobOutcome outcome;
  std::vector<ChainDecision> decisions;  // for the links of the request that it asked
  std::string producer;  // configured name of the link that accepted; empty: none did
  std::string producer_version;
  std::vector<std::string> artifacts;  // names below artifacts/, the stage's contract ones first
  // The branch after the worker took in commits and published the artifacts; empty without a
  // repository.
  std::string head_commit;
  std::string content_id;       // of head_commit
  std::string made_on_commit;   // the commit that the artifacts were made on
  std::string made_on_content;  // content id that the artifacts were made on
  std::vector<AgentRun> agent_runs;
  std::vector<GateRun> gates;               // what the sub-gates of the edge came to
  std::optional<MergeCandidate> candidate;  // of a job of the edge that got so far
  int side_effects = 0;
  std::vector<KillCount> kills;  // signals that ended what the job had started
  Millis duration{0};
};

// Where the worker is, on disk before each step it might not survive, together with what its end
// must not take along.
struct Progress {
  enum class Phase : std::uint8_t { preparing, deciding, producing, collecting };
  Phase phase = Phase::preparing;
  int link = -1;  // index into JobRequest::chain
  std::string text;
  std::vector<ChainDecision> decisions;  // so far
  std::vector<AgentRun> agent_runs;      // so far
  int side_effects = 0;                  // so far
};

// Writes the folder of a fresh attempt; its parents are made where they are missing. `conflict`:
// there is one already, which stays as it is. On any other failure the folder is removed again.
Status create(const std::filesystem::path& folder, const JobRequest& request);

Result<JobRequest> read_request(const std::filesystem::path& folder);
Status write_report(const std::filesystem::path& folder, const WorkerReport& report,
                    Durability durability);
// `not_found` while the worker has not reported.
Result<WorkerReport> read_report(const std::filesystem::path& folder);
std::optional<Progress> read_progress(const std::filesystem::path& folder);

// progress.json, kept open by the worker that writes it. One thread at a time.
class ProgressFile {
 public:
  static Result<ProgressFile> open(const std::filesystem::path& folder);
  Status write(const Progress& progress);

 private:
  explicit ProgressFile(RewrittenFile file) : file_(std::move(file)) {}
  RewrittenFile file_;
};

// Held by the worker for its whole life; no child inherits it. A second holder is refused with
// `conflict`.
class WorkerLock {
 public:
  static Result<WorkerLock> acquire(const std::filesystem::path& folder);

 private:
  explicit WorkerLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Whether a worker ever took the folder's lock, and whether one reported.
bool was_started(const std::filesystem::path& folder);
bool has_reported(const std::filesystem::path& folder);

// The worker of a folder, if it holds the lock and lives right now; nothing if the lock is free.
std::optional<ProcessIdentity> live_worker(const std::filesystem::path& folder);

}  // namespace orc::jobs
