// SPDX-License-Identifier: Apache-2.0
// The merge gate's own decisions: what a re-test says, and whether a judged candidate has landed,
// may land, or must not. Pure; any thread.
#pragma once

#include <string>

#include "domain/edge.h"
#include "domain/stage.h"
#include "gates/judgement.h"

namespace orc::gates {

// `token`: of the testing stage's table; null: an agent's report, which the host's gate reads.
Judgement judge_retest(const VerdictToken* token, const std::string& said);

// What upstream holds right now.
struct LandingFacts {
  std::string base;           // head of the base branch; empty: it has none
  std::string branch;         // head of its copy of the task's branch; empty: has none
  bool base_holds_it = false;  // the candidate is in the base branch
  std::string tree;           // of the candidate, as git reads it now
  bool branch_is_base = false;
};

enum class Landing : std::uint8_t {
  free,        // nothing stands against it
  landed,      // there already, with the tested tree
  base_moved,  // somebody else was first
  blocked,     // only a person can say how it goes on
};
struct LandingDecision {
  Landing landing = Landing::blocked;
  std::string text;
};
LandingDecision decide_landing(const MergeCandidate& candidate, const LandingFacts& facts);

}  // namespace orc::gates
