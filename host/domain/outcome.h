// SPDX-License-Identifier: Apache-2.0
// How a job can end. An infrastructure fault is never a code fault: only a Verdict says anything
// about the code, and only the gate reads what it says. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "domain/monitor.h"

namespace orc {

// Why a producer declined, deferred or held. The numbers are the plugin ABI's
// (orchestrator/plugin/abi.h): 10–19 decline, 20–29 defer, 30–39 hold.
enum class ReasonCode : std::int32_t {
  none = 0,
  out_of_scope = 10,
  no_contract = 11,
  disabled = 12,
  timeout = 20,
  network = 21,
  resource = 22,
  busy = 23,
  cancelled = 24,
  in_progress = 25,
  tool_missing = 30,
  credentials = 31,
  config = 32,
  contract_broken = 33,
  unknown = 34,
};
std::string_view to_string(ReasonCode code);
std::optional<ReasonCode> parse_reason_code(std::string_view text);
std::optional<ReasonCode> reason_code_from_abi(std::int32_t number);

// Why a task stands still until somebody, or a configuration change, releases it.
enum class HoldClass : std::uint8_t {
  environment,      // a permanent environment defect: tool missing, bad credentials, unknown host
  infra_budget,     // transient faults used up the defer budget
  unknown,          // a producer ended in a way no rule knows
  failed_run,       // the producer crashed or broke its contract twice after it accepted
  broken_artifact,  // the artifact broke its contract more often than the budget allows
  no_producer,      // every link of the chain declined or is off
  retry_budget,     // the developer-retry budget is spent
  repeats,          // the same failures again and again: one more try changes nothing
  blocked,          // the verdict itself says BLOCKED
  llm_budget,       // no further LLM run fits into what the task, the role or the day may use
  operator_hold,    // a human asked for it
};
std::string_view to_string(HoldClass hold);
std::optional<HoldClass> parse_hold_class(std::string_view text);
// Who can end a hold of this class, in words for an operator.
std::string_view released_by(HoldClass hold);
// True for the classes that say something about the surroundings and nothing about the code.
bool is_infrastructure(HoldClass hold);

// --- what one job reports ----------------------------------------------------------------------

// The tool really ran and the artifact is written; the gate decides what that means.
struct Verdict {
  std::string
      token;  // empty where the stage has no machine verdict, or an agent wrote the artifact
  std::string summary;  // one line for people
};

// Did not run, may run later.
struct Deferred {
  ReasonCode reason = ReasonCode::none;
  std::string text;
  Millis retry_after{0};     // 0: the host's own backoff
  std::string resume_token;  // given back to the producer on the next attempt
};

// Will not run until something outside changes.
struct Held {
  ReasonCode reason = ReasonCode::none;
  std::string text;
};

// Every link was off, out of scope, or declined.
struct NobodyAccepted {};

// A link faulted while it decided (crash, exception, time-out): counts as declined; the rest of the
// chain continues at link + 1 in a fresh worker.
struct FaultWhileDeciding {
  int link = 0;
  std::string text;
};

// The producer crashed or broke its contract after it had accepted.
struct FailedRun {
  std::string text;
};

// The worker could not do its own part: no clone, no disk, not started, killed from outside.
struct WorkerFault {
  std::string text;
};

// The repository's own continuous integration ran on the branch head.
struct CiResult {
  bool green = false;
  std::string summary;
};

// The sub-gates on the edge from staging to production; the table of them is domain/edge.h.
enum class EdgeGate : std::uint8_t { merge, security, coverage, image };
enum class GateResult : std::uint8_t { passed, failed, blocked, not_run };
enum class EdgeEnd : std::uint8_t {
  passed,      // every gate of the job passed; a landing was read back
  failed,      // the code's doing: it goes back to the developer
  blocked,     // only a person can say how it goes on
  base_moved,  // somebody else merged first: from the start, with the new base
};

// A job of the edge came to its end.
struct EdgeResult {
  EdgeEnd end = EdgeEnd::blocked;
  EdgeGate gate = EdgeGate::merge;  // whose result it is; of `passed` the last one's
  std::string text;
};

// A deployed service was looked at.
struct Sampled {
  Sample sample;
};

// The rollback command of a degraded service came to an end.
struct RolledBack {
  RollbackState state = RollbackState::unknown;
  std::string text;
};

using JobOutcome =
    std::variant<Verdict, Deferred, Held, NobodyAccepted, FaultWhileDeciding, FailedRun,
                 WorkerFault, CiResult, EdgeResult, Sampled, RolledBack>;
// "verdict", "deferred", … : stored with the job and used as a metric label.
std::string_view name_of(const JobOutcome& outcome);
std::string text_of(const JobOutcome& outcome);
// Of a deferral or a hold; else none.
ReasonCode reason_of(const JobOutcome& outcome);

// --- the chain's decisions ---------------------------------------------------------------------

enum class Decision : std::uint8_t { accepted, declined, skipped, not_asked };
std::string_view to_string(Decision decision);
std::optional<Decision> parse_decision(std::string_view text);

// The reasons that go with a decision. A worker wrote one down in whose process a plugin was loaded:
// where only known words may stand, any other is "other".
std::span<const std::string_view> reasons_of(Decision decision);
std::string_view known_reason(Decision decision, std::string_view reason);

// One link of one walk: why this producer, and why not the others.
struct ChainDecision {
  int position = 0;
  std::string producer;
  Decision decision = Decision::not_asked;
  std::string reason;  // stable: in_scope, kill-switch, scope, no_contract, crashed, …
  std::string text;    // for people
};

}  // namespace orc
