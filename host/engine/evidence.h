// SPDX-License-Identifier: Apache-2.0
// The evidence store: host-owned copies of what producers made, with hash and provenance. Gates
// read these, never the repository. [engine thread]; small local reads and one rename per job.
#pragma once

#include <vector>

#include "domain/gates.h"
#include "domain/records.h"
#include "engine/state_folders.h"
#include "jobs/job_folder.h"

namespace orc::engine {

struct Intake {
  std::vector<ArtifactRecord> records;  // to be stored with the job's end
  std::vector<Evidence> evidence;       // the same, for the gate
};

// Moves the artifacts of an ended job into the evidence store and reads them once. May be repeated:
// a job whose artifacts were moved before a crash is found where they are.
Result<Intake> take_in(const StateFolders& folders, const Task& task, const Job& job,
                       const jobs::WorkerReport& report, WallTime now);

// The stored artifacts as they are on disk right now, for a gate that is asked again later.
std::vector<Evidence> read_again(const StateFolders& folders,
                                 const std::vector<ArtifactRecord>& records);

}  // namespace orc::engine
