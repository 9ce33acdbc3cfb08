// SPDX-License-Identifier: Apache-2.0
// The store: domain operations over durable facts, each with its own guard. One writer (the engine
// thread) groups many operations into one transaction; readers have connections of their own.
//
// An operation that returns `lost` has changed nothing: somebody else was there first. So has one
// that returns `conflict`, `refused` or `not_found`. Any other Error leaves the open batch
// unusable; the caller rolls it back. A row that no rule can interpret is `malformed`; lists leave
// it out, so that it never blocks the others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "domain/breaker.h"
#include "domain/deployment.h"
#include "domain/llm.h"
#include "domain/monitor.h"
#include "domain/ownership.h"
#include "domain/records.h"
#include "store/audit.h"
#include "store/llm_records.h"
#include "store/queries.h"
#include "store/shadow_records.h"

namespace orc::store {

// Reads. One reader belongs to one thread at a time; every call sees one consistent snapshot.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<Task>> task(TaskId id) = 0;
  virtual Result<std::optional<Task>> task(const std::string& work_item) = 0;
  virtual Result<std::vector<Task>> tasks(const TaskFilter& filter) = 0;
  // Running ones first, then queued by due time.
  virtual Result<std::vector<LiveJob>> live_jobs(int limit) = 0;
  virtual Result<std::optional<Job>> live_job(TaskId task) = 0;
  virtual Result<std::optional<Job>> job(JobId id) = 0;
  virtual Result<std::vector<Job>> jobs(TaskId task) = 0;
  virtual Result<std::vector<DecisionRow>> decisions(TaskId task) = 0;
  // Newest first.
  virtual Result<std::vector<ArtifactRecord>> artifacts(TaskId task) = 0;
  virtual Result<std::vector<Approval>> approvals(TaskId task) = 0;
  virtual Result<std::vector<AgentRun>> agent_runs(TaskId task) = 0;
  virtual Result<std::optional<PullRequest>> pull_request(TaskId task) = 0;
  // After `after`, oldest first; task 0 means all.
  virtual Result<std::vector<Event>> events(EventId after, TaskId task, int limit) = 0;
  // The newest; 0 where there is none.
  virtual Result<EventId> last_event() = 0;
  // Jobs that a producer ran for and that have ended, newest first.
  virtual Result<std::vector<Job>> finished_jobs(int limit) = 0;
  virtual Result<std::vector<StageCount>> stage_counts() = 0;
  virtual Result<std::vector<OutcomeCount>> outcome_counts() = 0;
  virtual Result<std::vector<Alert>> open_alerts() = 0;
  virtual Result<std::vector<PluginKill>> kills(WallTime now) = 0;
  // The task's lease, held or released; nothing if it never had one.
  virtual Result<std::optional<Lease>> lease(TaskId task) = 0;
  // Those that somebody holds.
  virtual Result<std::vector<Lease>> held_leases() = 0;
  // Every place, by repository, in the order of arrival: the first may be inside, the others wait.
  virtual Result<std::vector<SerialPlace>> serial_places() = 0;
  // Newest first.
  virtual Result<std::vector<Merge>> merges(TaskId task) = 0;
  virtual Result<std::vector<GateRun>> gate_runs(TaskId task) = 0;
  virtual Result<std::vector<GateCount>> gate_counts() = 0;
  virtual Result<std::vector<MergeSlot>> merge_slots() = 0;
  virtual Result<std::vector<CoverageBaseline>> coverage_baselines() = 0;
  // Oldest first.
  virtual Result<std::vector<Deployment>> deployments(TaskId task) = 0;
  // Newest first.
  virtual Result<std::vector<Monitor>> monitors(TaskId task) = 0;
  // Those that still have something to do, oldest first.
  virtual Result<std::vector<Monitor>> open_monitors() = 0;
  // The newest of each repository that came to a deploy.
  virtual Result<std::vector<Monitor>> latest_monitors() = 0;
  // Oldest first.
  virtual Result<std::vector<Sample>> samples(std::int64_t monitor) = 0;
  virtual Result<std::vector<DeliveryCount>> delivery_counts() = 0;
  virtual Result<std::optional<Drain>> drain() = 0;
  // Among open tasks and live jobs; empty in a database that only this program has written.
  virtual Result<std::vector<Irregularity>> irregularities(int limit) = 0;
  // Not finished, oldest first.
  virtual Result<std::vector<ShadowRun>> open_shadows(int limit) = 0;
  virtual Result<std::vector<ShadowTally>> shadow_tallies() = 0;
  // Newest first.
  virtual Result<std::vector<ShadowDisagreement>> shadow_disagreements(int limit) = 0;
  virtual Result<std::vector<ProviderPause>> provider_pauses() = 0;
  virtual Result<std::vector<Breaker>> breakers() = 0;  // by producer, then reason
  // Newest first.
  virtual Result<std::vector<RunRow>> runs(const RunFilter& filter) = 0;
  virtual Result<std::vector<UsageRow>> llm_usage(WallTime since) = 0;
  // Kept with every run: a row each, however many runs there were.
  virtual Result<std::vector<LlmTotal>> llm_totals() = 0;
  virtual Result<std::vector<VerdictCount>> verdict_counts(WallTime since) = 0;
  // What the scope's runs used, with the reservations of those that run. `unknown` stands in for the tokens and
  // the cost that a run did not tell.
  virtual Result<LlmAmount> llm_spend(const LlmScope& scope, const LlmAmount& unknown) = 0;
  // The answer stored under an idempotency key.
  virtual Result<std::optional<std::string>> delivery(const std::string& source,
                                                      const std::string& key) = 0;
};

enum class Write : std::uint8_t { written, lost };

struct NewTask {
  std::string work_item;
  std::string title;
  std::string request;
  std::string repo;
  std::string repo_url;  // of a repository that the configuration does not name; else empty
  std::string branch;
  Stage stage = Stage::analysis;
  TaskState state = TaskState::active;
  std::string submitted_by;
};

struct NewJob {
  TaskId task;
  JobKind kind = JobKind::produce;
  Stage stage = Stage::analysis;
  int attempt = 1;
  int first_link = 0;
  int failed_runs = 0;
  WallTime run_after;
  std::string reason;  // why it waits, when run_after lies ahead
  std::string text;
  std::string resume_token;
};

// Whoever ends or re-owns a running job must name all three.
struct JobFence {
  JobId job;
  int attempt = 0;
  std::string owner_instance;
};

struct JobEnd {
  Stage stage = Stage::analysis;  // of the job: ends are counted by it
  std::string outcome;
  std::string reason;
  std::string text;
  std::string producer;
  std::string resume_token;
  WallTime at;
  std::vector<ChainDecision> decisions;  // of the walk, beside those recorded before
};

// What a writer of a task's row has seen: the compare of the compare-and-swap.
struct TaskFence {
  TaskId task;
  Stage stage = Stage::analysis;
  TaskState state = TaskState::active;
  std::int64_t rev = 0;
  std::optional<std::int64_t> lease_epoch;  // the lease it writes under must still be this one
};

// The single writer. [engine thread]
class Store : public Reader {
 public:
  // A batch is one durable transaction over any number of operations; there is no write outside of
  // one. Nothing is visible to a reader before commit. A commit that fails has rolled the batch
  // back.
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;
  // The wall clock was set back by `by`: what waits for a time after `now` waits for that much
  // less.
  virtual Status bring_forward(Millis by, WallTime now) = 0;
  // When the newest event was written; nothing if there is none.
  virtual Result<std::optional<WallTime>> newest_event_time() = 0;
  // Housekeeping that is best begun in a moment without work, such as moving the log into the file.
  // Waits for nothing; cheap when there is nothing to do. Commits see to it themselves when nobody
  // ever calls it.
  virtual Status maintain() = 0;

  // The number the next task will get.
  virtual Result<std::int64_t> next_task_number() = 0;
  // The work item whose open task works on this branch of the repository, if one does.
  virtual Result<std::optional<std::string>> open_task_on(const std::string& repo,
                                                          const std::string& branch) = 0;
  // `conflict` if the work item has a task already.
  virtual Result<Task> insert_task(const NewTask& task, WallTime now) = 0;
  // The one place that writes a task's row: stage, state, hold, counters, head, content, feedback
  // and title of `next`, guarded by stage and rev, and by the lease's epoch where one is named;
  // grows rev. `refused` if the stage changes along no row of STAGE_TRANSITIONS.
  virtual Result<Write> write_task(const TaskFence& expected, const Task& next, WallTime now) = 0;

  // `conflict` if the task has a live job already.
  virtual Result<Job> queue_job(const NewJob& job, WallTime now) = 0;
  // A job that never waits: queued and claimed in one write. `conflict` if the task has a live job
  // already.
  virtual Result<Job> start_job(const NewJob& job, const HostIdentity& owner,
                                std::int64_t generation, WallTime now, WallTime deadline) = 0;
  // Queued jobs that are due, that of the oldest task first.
  virtual Result<std::vector<DueJob>> due_jobs(WallTime now, int limit) = 0;
  // A queued job and its task; nothing if it is not queued any more, or if no rule can interpret
  // it.
  virtual Result<std::optional<LiveJob>> queued_job(JobId job) = 0;
  // When the first of the queued jobs that are not due yet becomes due; nothing if there is none.
  virtual Result<std::optional<WallTime>> next_due(WallTime now) = 0;
  virtual Result<Write> claim_job(JobId job, const HostIdentity& owner, std::int64_t generation,
                                  WallTime now, WallTime deadline) = 0;
  virtual Result<Write> finish_job(const JobFence& fence, const JobEnd& end) = 0;
  // A queued job ends without having run: cancelled, or its task was held.
  virtual Result<Write> withdraw_job(JobId job, const JobEnd& end) = 0;
  // A restarted host takes over a job whose worker still lives or has reported.
  virtual Result<Write> adopt_job(const JobFence& fence, const HostIdentity& owner) = 0;
  virtual Result<std::vector<LiveJob>> running_jobs() = 0;
  // A queued job that may not start yet waits until `due`; `reason` and `text` say for what.
  virtual Result<Write> postpone_job(JobId job, WallTime due, std::string_view reason,
                                     const std::string& text) = 0;
  // Queued jobs that wait for this reason are due now; how many they were.
  virtual Result<int> recall_jobs(std::string_view reason, WallTime now) = 0;

  // The lease passes to `owner` under the epoch after `seen_epoch` (0: the task never had one), if
  // nobody has taken it since the caller saw that epoch and found it released or its owner gone.
  virtual Result<Write> take_lease(TaskId task, std::int64_t seen_epoch, const HostIdentity& owner,
                                   const std::string& holder, WallTime now) = 0;
  // `lost` where nobody held it.
  virtual Result<Write> release_lease(TaskId task, WallTime now) = 0;
  // Puts the task in its repository's line, if it is not there yet, and lets it in if it is the
  // first: true.
  virtual Result<bool> enter_serial_gate(TaskId task, const std::string& repo, WallTime now) = 0;
  // The task gives up its place, and the next one of its repository is called: what waited at the
  // gate of these two is due now. `lost` where it had no place.
  virtual Result<Write> leave_serial_gate(TaskId task, const std::string& repo, WallTime now) = 0;

  // The repository's merge lock, also where the task has it already; `lost`: another task has it.
  virtual Result<Write> take_merge_slot(const std::string& repo, TaskId task, WallTime now) = 0;
  // `lost` where it held none. What waits for the lock of that repository is due now.
  virtual Result<Write> leave_merge_slot(TaskId task, WallTime now) = 0;
  // This content of the task has passed the tests of this suite.
  virtual Status record_tested(TaskId task, const std::string& suite, const std::string& content_id,
                               JobId job, WallTime now) = 0;
  virtual Result<std::vector<std::string>> tested_contents(TaskId task, const std::string& suite) = 0;
  // The intent to land a candidate; an intent of the task that is still open is withdrawn.
  virtual Status open_merge(const Merge& merge) = 0;
  // Of the task's open intent; `lost` where there is none.
  virtual Result<Write> settle_merge(TaskId task, MergeState state, WallTime now) = 0;
  // Never down: a lower number leaves the baseline where it is.
  virtual Status raise_coverage(const std::string& repo, double percent, const std::string& commit,
                                WallTime now) = 0;
  virtual Status record_gate_run(const GateRun& run) = 0;

  // Of the task, if there is one whose end is not known.
  virtual Result<std::optional<Deployment>> open_deployment(TaskId task) = 0;
  // State `intended`; the task must have none that is open.
  virtual Status begin_deployment(const Deployment& deployment) = 0;
  // State, text, producer, commit and time; `lost` where its end is known already.
  virtual Result<Write> write_deployment(const Deployment& next) = 0;
  // The commit that a rollback of the task's deployment leads back to: the newest of the repository
  // that was deployed before it, is another one, and was not found degraded. Empty: none is known.
  virtual Result<std::string> deployed_before(TaskId task, const std::string& repo,
                                              const std::string& commit) = 0;
  // State `baseline`; a baseline of the task that is still open is abandoned.
  virtual Status open_monitor(const Monitor& monitor) = 0;
  // State, rollback, texts, commit and times of `next`; `lost` if state or rollback are not those of
  // `before`. What has ended does not begin anew, and a rollback is intended once: an Error.
  virtual Result<Write> write_monitor(const Monitor& before, const Monitor& next) = 0;
  virtual Status record_sample(std::int64_t monitor, const Sample& sample) = 0;

  // Beside those recorded before; one about the same link and to the same effect replaces it.
  virtual Status record_decisions(JobId job, const std::vector<ChainDecision>& decisions) = 0;
  virtual Status record_artifact(const ArtifactRecord& artifact) = 0;
  virtual Status record_agent_run(const AgentRun& run) = 0;
  virtual Status record_approval(const Approval& approval) = 0;
  // Under the next id and hashed into the chain (domain/event_chain.h); an id that is set already
  // is ignored.
  virtual Result<EventId> append_event(const Event& event) = 0;
  // Whether the newest `count` events still form a chain: the first one that does not fit.
  virtual Result<std::optional<ChainBreak>> verify_last_events(int count) = 0;

  // A known pair of job and producer is ignored.
  virtual Status queue_shadow(const NewShadow& shadow, WallTime now) = 0;
  virtual Result<int> count_triages(WallTime since) = 0;  // queued since then
  virtual Status start_shadow(std::int64_t id, const std::string& run_id, WallTime now) = 0;
  virtual Status finish_shadow(std::int64_t id, const ShadowEnd& end) = 0;

  virtual Status put_pull_request(const PullRequest& request) = 0;  // insert or replace, by task
  // True if the condition was not open yet: only then a notification goes out.
  virtual Result<bool> raise_alert(TaskId task, const std::string& condition,
                                   const std::string& text, WallTime now) = 0;
  virtual Status clear_alerts(TaskId task, WallTime now) = 0;
  // The condition alone, whatever else is open for the task.
  virtual Status clear_alert(TaskId task, const std::string& condition, WallTime now) = 0;


  // Of a job that may ask a model, until it ends. The same job again replaces it.
  virtual Status reserve_llm(const Job& job, Role role, const LlmAmount& amount, WallTime now) = 0;
  virtual Status put_provider_pause(const ProviderPause& pause) = 0;
  virtual Status remove_provider_pause(const std::string& plugin, const std::string& model) = 0;
  virtual Status put_breaker(const Breaker& breaker) = 0;  // insert or replace

  virtual Status put_kill(const PluginKill& kill) = 0;
  // The one for this repository (empty: that for everywhere), or without one all of the plugin's.
  virtual Result<Write> remove_kill(const std::string& plugin,
                                    const std::optional<std::string>& repo) = 0;

  virtual Status add_outbox(const OutboxItem& item) = 0;  // an item with a known key is ignored
  virtual Result<std::vector<OutboxItem>> due_outbox(WallTime now, int limit) = 0;
  virtual Status finish_outbox(std::int64_t id, WallTime now) = 0;
  virtual Status retry_outbox(std::int64_t id, WallTime due, const std::string& error) = 0;
  // Remembered for 90 days: who repeats it later is taken for somebody new.
  virtual Status put_delivery(const std::string& source, const std::string& key,
                              const std::string& answer, WallTime now) = 0;

  // Which host process serves this database now; earlier rows stay as history.
  virtual Status record_host(const HostIdentity& host, const std::string& version,
                             WallTime now) = 0;
  // It ended as it was asked to: what it leaves running is handed over, not lost.
  virtual Status record_host_stop(const HostIdentity& host, WallTime now) = 0;
  virtual Result<bool> host_stopped(const std::string& instance) = 0;

  virtual Status put_drain(const Drain& drain) = 0;
  virtual Status remove_drain() = 0;
  // A job that a command has ended, and whose process is still awaited.
  virtual Status add_ending(JobId job) = 0;
  virtual Status remove_ending(JobId job) = 0;
  virtual Result<std::vector<LiveJob>> ending_jobs() = 0;
  // How often a starting host has found the job's end and meant to take it in, this time included.
  virtual Result<int> count_recovery(JobId job) = 0;
  // For a row that nobody can read: ends the task's live job, and holds the task under the class
  // that says so. The stage stays what it is.
  virtual Status quarantine(TaskId task, const std::string& reason, WallTime now) = 0;
};

// Opens or creates the SQLite database: WAL, synchronous=FULL, foreign keys, migrations applied
// under a backup. Refuses a newer schema, a foreign or damaged file, a file that does not answer
// `wal`, a network file system, and a second writer (`conflict`, names the first one's process). A
// refused file is left as it was.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, Millis busy_timeout);
// Copies the database into a file that is not there yet (`conflict`), also while a host serves it.
Status back_up_sqlite(const std::filesystem::path& file, const std::filesystem::path& copy,
                      Millis busy_timeout);
Result<std::unique_ptr<Reader>> open_sqlite_reader(const std::filesystem::path& file,
                                                   Millis busy_timeout);
// How often a statement of this process found the database locked by another connection, and
// waited. [any thread]
std::int64_t busy_waits();
// Of the library that this program brings, such as "3.40.1". [any thread]
std::string_view sqlite_version();

}  // namespace orc::store
