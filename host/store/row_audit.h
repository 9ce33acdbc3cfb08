// SPDX-License-Identifier: Apache-2.0
// The invariants of docs/reliability.md that rows alone can break, and the facts that a check of
// files, branches and processes compares with. Read-only, offline or beside the host that serves
// the database. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process_identity.h"
#include "base/result.h"
#include "domain/records.h"

namespace orc::store {

// A rule of docs/reliability.md that some row breaks.
struct Violation {
  std::string invariant;  // "I7"; "DB" for the file itself
  std::string check;      // "active_has_a_live_job"
  std::string row;        // "tasks 12 (ORCH-12)", "jobs/7-1", "refs/heads/task/ORCH-12 of demo"
  std::string problem;
  std::string advice;  // the one thing to do
};

// The rules that rows alone can break, in the order in which they are looked at.
struct RowCheck {
  const char* invariant;
  const char* name;
};
const std::vector<RowCheck>& row_checks();

struct JobFacts {
  JobId job;
  int attempt = 0;
  std::string state;  // as stored
  std::optional<WallTime> finished_at;
};

struct BranchFacts {
  TaskId task;
  std::string work_item;
  std::string repo;
  std::string branch;
  std::string head_commit;
};

struct ArtifactFacts {
  std::int64_t id = 0;
  std::string path;  // below the state folder
  std::string sha256;
};

class RowAudit {
 public:
  virtual ~RowAudit() = default;
  // Every row check, over one snapshot. `host_lives`: rows that only a live host may leave behind
  // are a violation only then; without a host the next start puts them right.
  virtual Result<std::vector<Violation>> check_rows(bool host_lives) = 0;
  // Who opened the database last; whether that process still lives is the caller's to ask.
  virtual Result<std::optional<ProcessIdentity>> last_host() = 0;
  virtual Result<std::optional<JobFacts>> job(JobId id) = 0;
  // Of tasks that are not finished and have a repository.
  virtual Result<std::vector<BranchFacts>> branches() = 0;
  // Of tasks that are not finished, oldest first.
  virtual Result<std::vector<ArtifactFacts>> artifacts() = 0;
};

// As open_sqlite_audit().
Result<std::unique_ptr<RowAudit>> open_sqlite_row_audit(const std::filesystem::path& file,
                                                        Millis busy_timeout);

}  // namespace orc::store
