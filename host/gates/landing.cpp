// SPDX-License-Identifier: Apache-2.0
#include "gates/landing.h"

namespace orc::gates {

Judgement judge_retest(const VerdictToken* token, const std::string& said) {
  if (token == nullptr) return {GateResult::passed, said};
  switch (token->meaning) {
    case VerdictMeaning::pass:
      return {GateResult::passed, said};
    case VerdictMeaning::fail:
      return {GateResult::failed, said};
    case VerdictMeaning::blocked:
      return {GateResult::blocked, said};
  }
  return {GateResult::blocked, said};
}

LandingDecision decide_landing(const MergeCandidate& candidate, const LandingFacts& facts) {
  if (facts.base.empty()) return {Landing::blocked, "upstream has no base branch"};
  if (facts.tree != candidate.tree) {
    return {Landing::blocked,
            "the tree of " + candidate.commit + " is " + facts.tree + ", tested was " +
                candidate.tree};
  }
  if (facts.base_holds_it) return {Landing::landed, candidate.commit};
  if (facts.base != candidate.base_commit)
    return {Landing::base_moved, "the base branch moved to " + facts.base};
  const bool is_as_seen = facts.branch_is_base || facts.branch == candidate.branch_commit ||
                          facts.branch == candidate.commit;
  if (is_as_seen) return {Landing::free, ""};
  return {Landing::blocked, "somebody pushed " + (facts.branch.empty() ? "its removal" : facts.branch) +
                                " to the task's branch upstream after it had been judged"};
}

}  // namespace orc::gates
