// SPDX-License-Identifier: Apache-2.0
// What the rest of the program may ask of the engine. Commands are answered after the transaction
// that carried them out is durable. [any thread, but not the engine's own]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/generation.h"
#include "config/preflight.h"
#include "domain/breaker.h"
#include "domain/ownership.h"
#include "domain/records.h"

namespace orc::engine {

class Tallies;

// Who asked, and through which door.
struct Actor {
  std::string name;     // "alice", "uid:1000", "token"
  std::string channel;  // cli, http, board, signal, webhook
};

struct Submit {
  std::string work_item;  // empty: the local tracker gives one
  std::string title;
  std::string request;
  std::string repo;      // configured name; or empty with repo_url
  std::string repo_url;  // absolute path of a local repository that the configuration does not name
  std::string branch;    // empty: task/<work item>
  std::optional<Stage> from;  // empty: analysis
};
struct Approve {
  std::string work_item, reason;
};
struct Reject {
  std::string work_item, reason;
};
struct Retry {
  std::string work_item, reason;
};  // a fresh developer-retry budget, and on
struct PutOnHold {
  std::string work_item, reason;
};
struct Release {
  std::string work_item, reason;
};
struct Cancel {
  std::string work_item, reason;
};
struct Drain {
  std::string reason;
};  // start nothing new; running jobs end
struct Resume {
  std::string reason;
};
// Frees the task's transition lease by hand. A lease whose owner lives is freed by force alone: its
// job is ended and the task is held.
struct ReleaseLease {
  std::string work_item, reason;
  bool force = false;
};
struct KillPlugin {
  std::string plugin, reason;
  std::string repo;  // empty: for every repository
  std::optional<Millis> duration;
};
struct UnkillPlugin {
  std::string plugin, reason;
  std::optional<std::string> repo;  // the kill for it alone; unset: every kill of the plugin
};
// A provider that is kept from being asked gets a trial run at once.
struct TryPlugin {
  std::string plugin, reason;
};

// A forge says that something has happened in a repository. A hint, never a fact: what waits there
// for something outside is looked at now instead of later, by whoever would have done so.
struct LookAgain {
  std::string forge;       // gitea, github
  std::string repository;  // as the forge calls it: "team/shop"
  std::string branch;      // empty: all of them
};

using Request = std::variant<Submit, Approve, Reject, Retry, PutOnHold, Release, Cancel, Drain,
                             Resume, ReleaseLease, KillPlugin, UnkillPlugin, TryPlugin, LookAgain>;

struct Answer {
  enum class Kind : std::uint8_t {
    done,
    invalid,
    not_found,
    conflict,
    not_permitted,
    unavailable,
    changed,  // not what the caller had seen: Terms::expected
  };
  Kind kind = Kind::done;
  std::string code;  // stable: task_exists, wrong_state, unknown_repo, draining, …
  std::string text;  // for people
  std::string hint;  // the next command, where there is one
  std::optional<Task> task;
  bool repeated = false;  // what was answered to the same key before
};

// What a caller asks beside the command itself; both hold in the transaction that carries it out.
struct Terms {
  // The task's rev, or for plugins the configuration generation, that the caller has seen; nothing
  // is done if it is another one by now.
  std::optional<std::int64_t> expected;
  // A command with a key is carried out once: whoever repeats it is told what was answered then. A
  // key that comes back with another command is refused.
  std::string idempotency_key;
  std::string fingerprint;  // of the command
};

class CommandPort {
 public:
  virtual ~CommandPort() = default;
  virtual Answer execute(const Request& request, const Actor& actor, const Terms& terms = {}) = 0;
};

// The closed list of reasons why something waits.
enum class WaitCode : std::uint8_t {
  no_free_worker,
  serial_gate,
  lease_held,
  human_gate,
  infra_backoff,
  infra_hold,
  merge_lock,
  budget,
  paused,
  draining,
  dependency,
  unknown,
};
std::string_view to_string(WaitCode code);

// Why a queued job waits whose LLM provider is kept from being asked: Job::reason.
inline constexpr std::string_view k_provider_paused = "provider_paused";

struct Waiting {
  WaitCode code = WaitCode::unknown;
  std::string text;
  std::string next;  // the one command that moves it on; may be empty
  std::optional<WallTime> until;
  std::optional<int> position;
};
// Why the task does not move right now; nothing for a running, done or cancelled one. Always says
// something: a reason that cannot be derived is `unknown` with that text.
std::optional<Waiting> why_waiting(const Task& task, const std::optional<Job>& live_job,
                                   int jobs_ahead, int workers, bool draining, WallTime now);

// Of a task in its repository's line; `ahead` are the places before it.
Waiting at_serial_gate(const std::vector<SerialPlace>& ahead);

// What the engine holds in memory, published after every batch. Immutable.
struct RunningJob {
  JobId job;
  int attempt = 0;
  int worker_pid = 0;
  WallTime deadline;
};
struct KnownPreflight {
  config::PreflightRow row;
  WallTime at;
};
// One gate or plugin, tried on its fixtures.
struct SelftestRow {
  std::string subject;  // "check_tests_passed", "merge_gate", a plugin's name
  std::string sha256;   // of a plugin's library; empty: a gate
  bool passed = false;
  int cases = 0;
  std::string text;  // which case went wrong, and how; empty: none
};
struct SelftestRound {
  std::vector<SelftestRow> rows;
  // Hashes of the libraries in force: what is known of any other is forgotten.
  std::set<std::string> loaded;
};
struct LeaseReclaims {
  std::int64_t stale = 0;   // the owner was gone
  std::int64_t forced = 0;  // an operator took it from a live one
};
// Since the start.
struct ReaperCounts {
  std::int64_t dead = 0;        // tier 1: the worker ended without a report
  std::int64_t silent = 0;      // tier 2
  std::int64_t past_limit = 0;  // tier 3: past ownership.reaper.max_running
  std::optional<WallTime> last_run;
};
struct ReconcilerCounts {
  std::int64_t repaired = 0;
  std::int64_t quarantined = 0;
  std::optional<WallTime> last_run;
};
struct Snapshot {
  HostIdentity host;
  WallTime started_at;
  bool ready = false;
  bool draining = false;
  int workers = 0;
  std::vector<RunningJob> running;
  config::GenerationPtr generation;
  std::int64_t transitions = 0;  // since start
  std::int64_t lost_writes = 0;  // compare-and-swaps that somebody else had won
  LeaseReclaims lease_reclaims;  // since start
  ReaperCounts reaper;
  ReconcilerCounts reconciler;
  std::shared_ptr<const Tallies> tallies;  // of the engine's life; null in a test
  std::int64_t last_event = 0;
  WallTime last_batch;                     // when the engine last passed a durable batch
  std::string fault;                       // the store refuses to write; empty: none
  std::vector<KnownPreflight> preflights;  // of this process; by plugin, then repository
  std::vector<ProviderPause> provider_pauses;
  std::vector<Breaker> breakers;       // open or not; by producer, then reason
  // Of this process: gates, then plugins. May be null.
  std::shared_ptr<const std::vector<SelftestRow>> selftests;
};
using StatusPtr = std::shared_ptr<const Snapshot>;

class StatusPort {
 public:
  virtual ~StatusPort() = default;
  virtual StatusPtr status() const = 0;
};

struct ReloadAnswer {
  enum class Kind : std::uint8_t { applied, unchanged, rejected };
  Kind kind = Kind::applied;
  std::int64_t generation = 0;
  std::string sha256;
  std::vector<config::Change> changes;
  std::vector<config::Masked> masked;  // of the configuration that was read
  std::vector<config::Finding> findings;
};
struct ReloadHistory {
  bool last_successful = true;
  std::optional<WallTime> last_success_at;
  std::int64_t applied = 0, unchanged = 0, rejected = 0;
  std::vector<config::Finding> last_findings;  // of the last refused one; empty after a success
  std::vector<config::Change> last_changes;    // of the last applied one
  std::string last_cause;                      // who asked for it
  std::vector<config::Change> pending;         // accepted since the start, and in need of a restart
};
class ReloadPort {
 public:
  virtual ~ReloadPort() = default;
  // Builds the next generation and waits. At most one runs and one waits; further callers share the
  // waiting one.
  virtual ReloadAnswer reload(const std::string& cause) = 0;
  // What a reload would answer now; nothing is applied, counted or logged.
  virtual ReloadAnswer preview() = 0;
  virtual ReloadHistory reload_history() const = 0;
};

}  // namespace orc::engine
