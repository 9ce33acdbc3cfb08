// SPDX-License-Identifier: Apache-2.0
// The evidence store: host-owned copies of what producers made, with hash and provenance. Gates
// read these, never the repository. [engine thread]; small local reads and one rename per job.
#pragma once

#include <memory>
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

class EvidenceStore {
 public:
  virtual ~EvidenceStore() = default;
  // Takes the artifacts of an ended job out of its folder and reads them once. May be repeated: a
  // job whose artifacts were taken before a crash is found where they are.
  virtual Result<Intake> take_in(const Task& task, const Job& job, const jobs::WorkerReport& report,
                                 WallTime now) = 0;
  // The stored artifacts as they are right now, for a gate that is asked again later.
  virtual std::vector<Evidence> read_again(const std::vector<ArtifactRecord>& records) = 0;
};

// One artifact as a gate is shown it, from its bytes: hash, emptiness and frontmatter; where it comes
// from is the caller's to say. Pure; any thread.
Evidence evidence_of(const std::string& name, const Result<std::string>& bytes);

// Below <state>/evidence/<work item>/<job>-<attempt>/.
std::unique_ptr<EvidenceStore> make_evidence_folders(const StateFolders& folders);

}  // namespace orc::engine
