// SPDX-License-Identifier: Apache-2.0
// Named places where a test may end, stop or fail the program: every step of a job's life after
// which a crash must cost nothing. Compiled into test builds only (CMake option ORCH_FAILPOINTS);
// elsewhere the macros are nothing.
//
//   ORCH_FAILPOINT=NAME:ACTION[:NTH]   ACTION kill (SIGKILL to itself), stop (SIGSTOP), error (the
//   step fails) ORCH_FAILPOINT_ONCE=FILE           at most once in all processes that name this
//   file, which is then made
//
// NTH counts the passes of one process; 1 unless told. Workers inherit both.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/failpoint_switch.h"
#include "base/result.h"

// The table: X(enumerator, name, what has happened when it is reached). docs/reliability.md lists
// the same.
#define ORC_FAILPOINT_TABLE(X)                                                                    \
  X(claim_chosen, "claim.chosen", "a due job was chosen")                                         \
  X(claim_written, "claim.written", "its row says running, in an open batch")                     \
  X(claim_durable, "claim.durable", "the claim is durable, nothing was started")                  \
  X(spawn_written, "spawn.written", "the job's folder is there, its worker is not")               \
  X(spawn_started, "spawn.started", "the worker runs, nobody watches it")                         \
  X(produce_locked, "produce.locked", "the worker holds its lock")                                \
  X(produce_accepted, "produce.accepted", "a producer accepted and is about to produce")          \
  X(produce_returned, "produce.returned", "it returned, nothing was taken in")                    \
  X(produce_published, "produce.published", "artifacts are kept, the branch has moved")           \
  X(edge_judged, "edge.judged", "every gate of the edge passed, the branch is not on the candidate")  \
  X(land_begun, "land.begun", "the base has not moved, nothing was pushed")                       \
  X(land_branch_pushed, "land.branch_pushed", "upstream holds the candidate on the task's branch") \
  X(land_pushed, "land.pushed", "the base branch was moved, nothing was read back")               \
  X(land_noted, "land.noted", "the landing is noted, in an open batch")                           \
  X(outcome_made, "outcome.made", "the report is made, not written")                              \
  X(outcome_written, "outcome.written", "the report is written, the worker lives")                \
  X(gate_seen, "gate.seen", "the engine knows that the worker ended")                             \
  X(gate_finished, "gate.finished", "the job's row says finished, in an open batch")              \
  X(gate_evidence, "gate.evidence", "the artifacts are in the evidence store")                    \
  X(gate_decided, "gate.decided", "the gate has decided")                                         \
  X(transition_begun, "transition.begun", "the task's row is about to be compared")               \
  X(transition_won, "transition.won", "the compare-and-swap was won, in an open batch")           \
  X(next_job_queued, "next_job.queued", "the next job is queued, in an open batch")               \
  X(events_appended, "events.appended", "the events are appended, in an open batch")              \
  X(alert_raised, "alert.raised", "alert and outbox row are written, in an open batch")           \
  X(decision_recorded, "decision.recorded", "a human's decision is written, in an open batch")    \
  X(batch_written, "batch.written", "the batch is complete, not committed")                       \
  X(batch_durable, "batch.durable", "the batch is durable, nothing was acted on")                 \
  X(outbox_taken, "outbox.taken", "due items are about to be sent")                               \
  X(outbox_sent, "outbox.sent", "an item was delivered, nobody noted it")                         \
  X(outbox_noted, "outbox.noted", "its row says sent, in an open batch")                          \
  X(deployment_begun, "deployment.begun", "its row is written, in the claim's open batch")        \
  X(deployment_noted, "deployment.noted", "what became of it is written, in an open batch")       \
  X(monitor_sampled, "monitor.sampled", "a look at the service is stored, in an open batch")      \
  X(monitor_decided, "monitor.decided", "degraded: alert and intent to roll back, in an open batch") \
  X(rollback_intended, "rollback.intended", "the intent is durable, no worker was started")       \
  X(rollback_begun, "rollback.begun", "that it begins is on the disk, its command was not run")   \
  X(rollback_ran, "rollback.ran", "its command has ended, nobody was told")                       \
  X(rollback_noted, "rollback.noted", "how it ended is written, in an open batch")                \
  X(lease_taken, "lease.taken", "the lease is ours, in the claim's open batch") \
  X(lease_released, "lease.released", "the lease is free again, in an open batch") \
  X(lease_reclaimed, "lease.reclaimed", "a lease of a host that is gone was taken, in an open batch") \
  X(recovery_adopted, "recovery.adopted", "a start owns an earlier host's job, in an open batch") \
  X(recovery_durable, "recovery.durable", "it owns all of them, and has looked at none")

namespace orc {

enum class Failpoint : unsigned char {
#define ORC_FAILPOINT_ENUMERATOR(enumerator, name, text) enumerator,
  ORC_FAILPOINT_TABLE(ORC_FAILPOINT_ENUMERATOR)
#undef ORC_FAILPOINT_ENUMERATOR
};

struct FailpointRow {
  Failpoint point;
  std::string_view name;
  std::string_view text;
};
inline constexpr std::array k_failpoints{
#define ORC_FAILPOINT_ROW(enumerator, name, text) FailpointRow{Failpoint::enumerator, name, text},
    ORC_FAILPOINT_TABLE(ORC_FAILPOINT_ROW)
#undef ORC_FAILPOINT_ROW
};

#if ORCH_FAILPOINTS
// Does what the environment asks for at this point; an error if that is to fail. Any thread. An
// environment that names no known point or action ends the program with status 64.
Status reach(Failpoint point);
// What a worker has to inherit.
std::vector<std::pair<std::string, std::string>> failpoint_environment();
#endif

}  // namespace orc

#if ORCH_FAILPOINTS
// In a function that returns a Result: `error` makes it fail here.
#define ORC_FAILPOINT(point) ORC_CHECK_OK(::orc::reach(::orc::Failpoint::point))
// Where nothing can fail: `error` does nothing.
#define ORC_CRASHPOINT(point) static_cast<void>(::orc::reach(::orc::Failpoint::point))
#else
#define ORC_FAILPOINT(point) static_cast<void>(0)
#define ORC_CRASHPOINT(point) static_cast<void>(0)
#endif
