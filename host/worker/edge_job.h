// SPDX-License-Identifier: Apache-2.0
// What the steps of one job of the edge share.
#pragma once

#include <optional>

#include "gates/judgement.h"
#include "gates/settings.h"
#include "worker/code.h"
#include "worker/session.h"

namespace orc::worker {

struct EdgeJob {
  Session& session;
  gates::Settings settings;
  git::Repository repository;
  Code code;                  // the candidate, once it is made
  MergeCandidate candidate;
  bool tests_ran = false;     // in code.verification
  jobs::WorkerReport report;  // in the making
};

// A gate's own word, or, where it got none, how the job ends.
using Judged = std::variant<gates::Judgement, JobOutcome>;

// rebase.cpp: the candidate, made and compared with what must not vanish.
std::optional<Judged> make_candidate(EdgeJob& job);
// retest.cpp: passed where equal content has passed before.
Judged test_candidate(EdgeJob& job);
// scan.cpp
Judged scan_candidate(EdgeJob& job);
Judged measure_coverage(EdgeJob& job);
// image.cpp
Judged look_at_image(EdgeJob& job);
// land.cpp
JobOutcome land(EdgeJob& job);

}  // namespace orc::worker
