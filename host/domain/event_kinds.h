// SPDX-License-Identifier: Apache-2.0
// The words of the audit trail: every kind of event that the host writes, once. An event of a kind
// without a row here does not compile; the event schema is made from these rows. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace orc {

// What an event of the kind is about.
enum class EventSubject : std::uint8_t { task, host, either };

struct EventKindRow {
  std::string_view kind;
  EventSubject about;
  std::string_view text;                       // for people
  std::span<const std::string_view> data = {};  // keys that its data always holds
};

namespace event_rows {
inline constexpr std::array<std::string_view, 3> k_transition_data{"from", "to", "reason"};
inline constexpr std::array<std::string_view, 1> k_hold_data{"class"};

using enum EventSubject;
inline constexpr std::array k_rows{
    EventKindRow{"task.submitted", task, "a task was submitted"},
    EventKindRow{"task.approved", task, "a person approved at a human gate"},
    EventKindRow{"task.retried", task, "an operator gave a fresh retry budget"},
    EventKindRow{"task.held", task, "the task was held"},
    EventKindRow{"task.released", task, "a hold was released"},
    EventKindRow{"task.cancelled", task, "an operator ended the task"},
    EventKindRow{"task.waiting_human", task, "a person has to decide"},
    EventKindRow{"stage.transition", task, "the task came to another stage, or back to its own",
                 k_transition_data},
    EventKindRow{"gate.passed", task, "a gate passed, and the task stays for what comes next"},
    EventKindRow{"artifact.broken", task, "an artifact is not in the agreed form"},
    EventKindRow{"job.deferred", task, "an infrastructure fault; the job is tried again later"},
    EventKindRow{"job.lost", task, "a worker ended without a report"},
    EventKindRow{"job.kept_back", task, "the job waits for something that is its own affair"},
    EventKindRow{"producer.faulted", task, "a producer met a fault of its class"},
    EventKindRow{"producer.failed", task, "a producer broke its contract after it had accepted"},
    EventKindRow{"triage.attached", task, "a model said why a measured verdict is red"},
    EventKindRow{"merge.base_moved", task, "the base branch moved before the landing"},
    EventKindRow{"merge.landed", task, "the branch was merged"},
    EventKindRow{"deployment.intended", task, "a worker may deploy from here on"},
    EventKindRow{"deployment.running", task, "the deployment has begun"},
    EventKindRow{"deployment.succeeded", task, "the producer proved that it runs"},
    EventKindRow{"deployment.failed", task, "the deployment failed"},
    EventKindRow{"deployment.unknown", task, "somebody has to look what runs"},
    EventKindRow{"deployment.not_run", task, "nothing was deployed"},
    EventKindRow{"monitor.baseline", task, "the service is measured before the deploy"},
    EventKindRow{"monitor.watching", task, "the deployed service is watched"},
    EventKindRow{"monitor.healthy", task, "the service stayed healthy"},
    EventKindRow{"monitor.degraded", task, "the service got worse"},
    EventKindRow{"monitor.unobserved", task, "too little was seen to judge"},
    EventKindRow{"monitor.superseded", task, "a later deploy is watched instead"},
    EventKindRow{"monitor.abandoned", task, "nobody watches any more"},
    EventKindRow{"monitor.rollback_intended", task, "the rollback command will run, once"},
    EventKindRow{"monitor.rollback_succeeded", task, "the rollback command succeeded"},
    EventKindRow{"monitor.rollback_failed", task, "the rollback command failed"},
    EventKindRow{"monitor.rollback_unknown", task, "nobody knows how the rollback ended"},
    EventKindRow{"monitor.rollback_not_run", task, "the rollback command was not run"},
    EventKindRow{"lease.handed_over", task, "a lease of a host that has stopped was taken over"},
    EventKindRow{"lease.reclaimed", task, "a lease without a live owner was freed"},
    EventKindRow{"lease.forced", task, "an operator freed a lease"},
    EventKindRow{"breaker.opened", host, "a producer is paused after one class of faults"},
    EventKindRow{"breaker.closed", host, "a paused producer is asked again"},
    EventKindRow{"breaker.canary", task, "this job tries whether a paused producer goes on"},
    EventKindRow{"provider.paused", host, "a model's provider is kept from being asked"},
    EventKindRow{"provider.opened", host, "a model's provider answers again"},
    EventKindRow{"provider.tried", host, "an operator asked for a trial run"},
    EventKindRow{"plugin.killed", host, "an operator switched a plugin off"},
    EventKindRow{"plugin.unkilled", host, "an operator took a kill back"},
    EventKindRow{"host.draining", host, "nothing new is started"},
    EventKindRow{"host.resumed", host, "the drain ended"},
    EventKindRow{"config.generation", host, "another configuration is in force"},
    EventKindRow{"event.unnamed", either, "something that has no word of its own"},
};
}  // namespace event_rows

inline constexpr std::span<const EventKindRow> k_event_kinds = event_rows::k_rows;

constexpr bool is_event_kind(std::string_view kind) {
  for (const EventKindRow& row : k_event_kinds) {
    if (row.kind == kind) return true;
  }
  return false;
}

// One of them.
class EventKind {
 public:
  template <std::size_t N>
  consteval EventKind(const char (&kind)[N]) : kind_(kind) {  // NOLINT(google-explicit-constructor)
    if (!is_event_kind(kind)) throw "no row of k_event_kinds has this kind";
  }
  // "deployment.", "failed" → deployment.failed. A family has a row for each of its states, which a
  // test shows; without one it would be event.unnamed: an event is never lost over its name.
  static EventKind of(std::string_view family, std::string_view state);

  std::string_view word() const { return kind_; }
  operator std::string() const { return std::string(word()); }  // NOLINT(google-explicit-constructor)
  friend bool operator==(const EventKind& kind, std::string_view word) {
    return kind.word() == word;
  }
  friend std::ostream& operator<<(std::ostream& out, const EventKind& kind) {
    return out << kind.word();
  }

 private:
  explicit EventKind(const EventKindRow& row) : kind_(row.kind) {}
  std::string_view kind_;
};

}  // namespace orc
