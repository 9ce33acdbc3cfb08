// SPDX-License-Identifier: Apache-2.0
// The engine: one thread that makes every state change.
//
// A turn of its loop drains everything that has happened (workers that ended, commands, a new
// generation), turns it into writes of one durable transaction, claims what can run next in the
// same transaction, commits, and only then acts on the world: starts workers, answers commands,
// notifies. Between two turns it sleeps on file descriptors and the earliest timer; nothing is
// polled.
//
// If a batch cannot be written, every happening is tried alone, so that one bad row never takes
// others with it. What still fails is tried again later; nothing is acted on that is not durable.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "clients/outbox.h"
#include "engine/breakers.h"
#include "engine/chain.h"
#include "engine/evidence.h"
#include "engine/followup.h"
#include "engine/housekeeping.h"
#include "engine/launcher.h"
#include "engine/monitors.h"
#include "engine/ports.h"
#include "engine/provider_gate.h"
#include "engine/reaper.h"
#include "engine/reconciler.h"
#include "engine/shadows.h"
#include "engine/side_workers.h"
#include "engine/state_folders.h"
#include "engine/tallies.h"
#include "engine/trust.h"
#include "store/store.h"

namespace orc::engine {

enum class StopMode : std::uint8_t {
  drain,  // start nothing new, wait for running jobs up to the drain time-out, then leave the rest
          // running
  leave_workers,  // end now; running workers go on and are adopted by the next start
  end_workers,    // ask every worker to end, wait for the kill grace, then end
};

class Engine final : public CommandPort, public StatusPort {
 public:
  // What is open, read from the store just then.
  using Heartbeat = std::function<void(const Snapshot&, const std::vector<store::StageCount>&)>;

  struct Parts {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Launcher> launcher;
    std::unique_ptr<EvidenceStore> evidence;
    std::unique_ptr<clients::Outbox> outbox;
    std::unique_ptr<Housekeeping> housekeeping;  // may be null: nothing is removed
    std::unique_ptr<Reconciler> reconciler;      // may be null: nothing is compared
    config::GenerationPtr generation;
    StateFolders folders;
    HostIdentity identity;
    // [engine thread] A task was held for its environment by this plugin; returns at once. May be
    // empty.
    std::function<void(const std::string& plugin)> ask_preflight;
    Trust trust;  // what is used only after use_selftests, and how the gates did
    std::function<void(const StatusPtr&)>
        on_published;  // [engine thread], after every turn; may be empty
    // [engine thread] Called at least this often while the engine gets through its loop and the
    // store answers; 0: never. For a watchdog outside.
    Millis heartbeat_every{0};
    Heartbeat heartbeat;
  };

  explicit Engine(Parts parts);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Adopts, finishes or re-queues what an earlier host left running. Once, before run(). [engine
  // thread]
  Status recover();
  // Until stop(). [engine thread]
  void run();

  // [any thread]
  void stop(StopMode mode);
  void use_generation(config::GenerationPtr generation);
  void use_preflights(config::PreflightRound round);
  void use_selftests(SelftestRound round);
  Answer execute(const Request& request, const Actor& actor, const Terms& terms = {}) override;
  // The same without waiting: `answered` is called on the engine thread once it is durable.
  void post(const Request& request, const Actor& actor, std::function<void(const Answer&)> answered,
            const Terms& terms = {});
  StatusPtr status() const override;

 private:
  // --- what can happen ---
  struct Command {
    Request request;
    Actor actor;
    std::function<void(const Answer&)> answered;
    Terms terms;
  };
  struct JobEnded {
    JobId job;
    int attempt = 0;
    std::shared_ptr<const jobs::WorkerReport> report;
  };
  struct NewGeneration {
    config::GenerationPtr generation;
  };
  struct SwitchesChanged {};  // a new generation is in force
  using Happening = std::variant<Command, JobEnded, NewGeneration, SwitchesChanged, ReconcilerRound,
                                 config::PreflightRound, SelftestRound, clients::Delivered>;

  struct Worker {
    Job job;
    Task task;  // as claimed: nobody else writes the row while the job runs
    std::vector<jobs::RequestLink> links;
    std::vector<ChainDecision> skipped;
    config::GenerationPtr generation;
    std::string run_id;
    std::optional<std::int64_t> lease_epoch;  // of the transition that the job belongs to
    std::string approved_by;  // of exactly this content at this stage
    std::string suite;        // what the branch is tested with; empty where nothing is
    jobs::EdgeRequest edge;
    process::Child child;
    bool is_child = false;    // false: adopted, its exit status is not ours to read
    bool task_ended = false;  // nobody works in the task's clone once the process is gone
    bool abandoned = false;   // its job was ended by a command; only the process is still awaited
    std::optional<ReasonCode> ended_because;  // the host asked the worker to end
    std::string ended_text;                   // and why, for people
    bool host_stopped = false;                // adopted: the host before had ended as asked
    bool lost_with_host = false;              // it had not, and the worker is gone as well
    SignOfLife sign;
    MonoTime sign_at = mono_now();  // when the sign was last another one
    std::string boot_id;            // of the boot it was started in
    MonoTime deadline;
    std::optional<MonoTime> kill_at;  // SIGTERM was sent; SIGKILL follows
  };

  // A job that may not start yet, and for what it waits.
  struct Waits {
    WallTime until;
    std::string_view reason;
    std::string text;
  };

  // What a followup queues; written at the end of the batch, when it is known whether it may start.
  struct NextJob {
    store::NewJob job;
    Task task;
  };

  // Acts on the world once the batch is durable.
  using Effect = std::function<void()>;

  // --- the loop (engine.cpp) ---
  void wait();
  int wait_limit_ms() const;
  std::vector<Happening> collect();
  void turn(std::vector<Happening> happenings);
  Status apply(std::vector<Happening>& happenings);
  Status follow_wall_clock();
  void apply_alone(Happening& happening);
  void run_effects();
  void publish();
  void put_in(Happening happening);
  void wake() const;
  void enforce_deadlines();
  void beat();
  void collect_ended_workers(std::vector<Happening>& happenings);
  bool finished_stopping() const;
  Status say_stopped();

  // --- jobs (advance.cpp) ---
  Status on(Command& command);
  Status on(JobEnded& ended);
  Status on(NewGeneration& message);
  Status on(SwitchesChanged&) { return open_serial_gates(); }
  Status on(ReconcilerRound& round);
  Status on(clients::Delivered& delivered);
  Result<Followup> follow_up(const Worker& worker, const jobs::WorkerReport& report,
                     const std::vector<Evidence>& evidence);
  static std::string producer_of(const Worker& worker, const jobs::WorkerReport& report);
  GateInput gate_input(const Worker& worker, const jobs::WorkerReport& report,
                       const std::vector<Evidence>& evidence) const;
  Status record_end(const Worker& worker, const jobs::WorkerReport& report,
                    std::vector<Evidence>& evidence);
  // `lease_epoch`: the lease that the writer has worked under.
  Result<store::Write> write(const Task& before, Followup&& followup, const std::string& actor,
                             std::optional<std::int64_t> lease_epoch = std::nullopt);
  Status note(TaskId task, EventKind kind, const std::string& text,
              const std::string& actor);
  Status raise(const Task& task, const AlertDraft& alert);
  // About no open task. True: it was not open yet.
  Result<bool> raise_for_host(const std::string& condition, const std::string& text);
  Status queue_shadows(const Worker& worker, const jobs::WorkerReport& report,
                       const std::vector<Evidence>& evidence);

  // --- the edge to production (edge.cpp) ---
  Result<std::optional<Waits>> take_merge_lock(const Task& task, JobKind kind);
  Status prepare_edge(Worker& worker);
  Status record_edge(const Worker& worker, const jobs::WorkerReport& report);
  Status record_landing(const Worker& worker, const MergeCandidate& landed);
  Result<Followup> follow_edge(const Worker& worker, const jobs::WorkerReport& report,
                               const EdgeResult& result, const Budget& budget,
                               const std::vector<Evidence>& evidence);
  Status remember_tested(const Worker& worker, const jobs::WorkerReport& report,
                         const Followup& followup);

  // --- deployments and what is seen after them (deployments.cpp) ---
  Monitors::Around around_monitors();
  Result<std::optional<Waits>> await_monitor(const Task& task, JobKind kind);
  Status begin_deployment(const Worker& worker);
  Status record_deployment(const Worker& worker, const jobs::WorkerReport& report,
                           const Followup& followup);
  Status write_deployment(Deployment deployment, DeploymentState state, const std::string& text);
  Status leave_deploy(const Task& before, const Task& after);

  // --- counts (observing.cpp) ---
  void observe(Tally tally, std::array<std::string, 4> labels, Millis duration = Millis{0});
  void observe_decisions(Stage stage, const std::vector<ChainDecision>& decisions);
  void observe_transition(const Task& before, const Followup& followup, const std::string& actor);
  void observe_lost(Stage stage);
  void observe_kills(const jobs::WorkerReport& report);
  void count_kills();
  void observe_end(const Worker& worker, const jobs::WorkerReport& report);
  void observe_notification(const clients::Delivered& delivered);

  // --- preflights (preflights.cpp) ---
  Status on(config::PreflightRound& round);
  Status raise_preflight(const config::PreflightRow& row, const std::string& condition);
  Status release_environment_holds(const config::PreflightRow& row, WallTime before);

  // --- what failed its fixtures (selftests.cpp) ---
  Status on(SelftestRound& round);
  GateDecision ask_gate(const GateInput& input) const;

  // --- where repeating changes nothing (breaking.cpp) ---
  Status heed_breakers(const Worker& worker, const jobs::WorkerReport& report);
  Status tell_closed(const std::vector<Breaker>& closed, const std::string& why);
  Status put_breakers(const std::vector<Breaker>& changed);
  Status retry_breakers(const config::Config& config);
  Result<std::optional<Waits>> await_producer(const Task& task, const Job& job,
                                              const ResolvedChain& chain);
  Status stop_repeating(const Worker& worker, const jobs::WorkerReport& report, Followup& followup);

  // --- ownership (lease.cpp) ---
  struct Admitted {
    std::optional<std::int64_t> lease_epoch;  // nothing outside the region
  };
  using Admission = std::variant<Admitted, Waits>;
  // Before a claim.
  Result<Admission> admit(const Task& task, const Job& job, const ResolvedChain& chain);
  // Puts a task that enters the region in its repository's line; nothing: it is inside.
  Result<std::optional<Waits>> line_up(const Task& task, Stage stage);
  Result<Admission> take_lease(const Task& task, const std::string& holder);
  // The answer to a command about a task whose transition has a live owner.
  Result<std::optional<Answer>> refuse_leased(const Task& task);
  Status leave_region(const Task& before, const Task& after);
  Status give_up_place(const Task& task);
  Status after_abandoned(const Worker& worker);
  Status open_serial_gates();
  Status reclaim_leases();
  Status report_reclaim(const Task& task, const Lease& lease);

  // --- reaper (reaper.cpp), reconciler (reconcile.cpp) ---
  void reap();
  Status repair(const store::Irregularity& found);
  Status revive(const Task& task);
  Status end_stray(const Task& task, const std::string& text);
  Status end_idle_lease(const Task& task);
  Status call(const Task& task, const std::optional<Job>& job);
  Status find_lost_jobs();
  Status quarantine(const Task& task, const std::string& text);
  Status quarantine_unreadable(TaskId task, const std::string& text);
  void repaired(const Task& task, const std::string& text);

  // --- what the host before has left (recovery.cpp) ---
  Result<bool> quarantine_if_deadly(const store::LiveJob& found);
  void charge_lost(Worker& worker, jobs::WorkerReport& report);
  Status recover_ending_workers();
  void await_end(const Job& job, const Task& task);
  static bool open_live_worker(Worker& worker, const std::filesystem::path& folder);
  // --- models (llm_admission.cpp) ---
  struct ModelAdmission {
    std::optional<KeptBack> kept_back;       // it waits for its provider
    std::optional<std::string> over_budget;  // it is held: what would be exceeded
    std::optional<LlmAmount> reserved;       // it may start, with so much set aside
    bool may_start() const { return !kept_back && !over_budget; }
  };
  Result<ModelAdmission> admit_to_model(const Job& job, const Task& task, ResolvedChain& chain);
  void pass_provider_gate(const Job& job, const Task& task, ResolvedChain& chain,
                          ModelAdmission& admission);
  Status turn_away(const store::LiveJob& due, const ModelAdmission& admission);
  Status record_agent_runs(const Worker& worker, const jobs::WorkerReport& report);
  Result<std::optional<Followup>> settle_with_provider(const Worker& worker,
                                                       const jobs::WorkerReport& report);
  Result<std::optional<Followup>> want_of_a_model(const Worker& worker);
  Status carry_out(const ProviderGate::Change& change);
  void reload_pauses();

  // --- claims (claims.cpp) ---
  Status claim_jobs();
  Status queue_next_jobs();
  Status claim_oldest(int free);
  Status start_next(NextJob next);
  Status claim_queued(const store::DueJob& due);
  Result<std::string> approver_of(const Task& task);
  Result<ResolvedChain> chain_of(const Job& job, const Task& task);
  Status prepare(Job job, Task task, const Admitted& admitted, ResolvedChain chain,
                 const ModelAdmission& model);
  static void tell(store::NewJob& job, Waits waits);
  Status collect_outgoing();
  Status look_for_kills();
  std::set<TaskId> busy_worktrees() const;
  int free_workers() const;

  // --- workers (workers.cpp) ---
  void start(Worker worker);
  void adopt(Worker worker);
  void watch(Worker& worker);
  void forget(JobId job);
  void ask_to_end(Worker& worker, ReasonCode because, std::string text);
  void report_later(const Worker& worker, jobs::WorkerReport report);
  void clean_up_after(const Task& task);
  Status recover_job(const store::LiveJob& running);
  Status look_at_recent_events();

  // --- what nobody cleared up (leftovers.cpp) ---
  Status remove_leftovers();
  void clear_up_after(const Worker& worker);

  // --- what a caller asks beside the command (terms.cpp) ---
  Result<Answer> answer_to(const Command& command);
  Result<std::optional<Answer>> told_before(const Command& command);
  Result<std::optional<Answer>> refuse_changed(const Command& command);

  // --- commands (commands.cpp) ---
  Result<Answer> carry_out(const Submit& request, const Actor& actor);
  Result<Answer> carry_out(const Approve& request, const Actor& actor);
  Result<Answer> carry_out(const Reject& request, const Actor& actor);
  Result<Answer> carry_out(const Retry& request, const Actor& actor);
  Result<Answer> carry_out(const PutOnHold& request, const Actor& actor);
  Result<Answer> carry_out(const Release& request, const Actor& actor);
  Result<Answer> carry_out(const Cancel& request, const Actor& actor);
  Result<Answer> carry_out(const Drain& request, const Actor& actor);
  Result<Answer> carry_out(const Resume& request, const Actor& actor);
  Result<Answer> carry_out(const ReleaseLease& request, const Actor& actor);
  Result<Answer> carry_out(const KillPlugin& request, const Actor& actor);
  Result<Answer> carry_out(const UnkillPlugin& request, const Actor& actor);
  Result<Answer> carry_out(const TryPlugin& request, const Actor& actor);
  Result<Answer> carry_out(const LookAgain& request, const Actor& actor);
  std::string who_takes_over(const store::PluginKill& kill) const;
  Result<Answer> decide_at_human_gate(const Task& task, const Actor& actor,
                                      const std::string& reason, bool approved);
  Result<GateDecision> ask_gate_again(const Task& task);
  Status withdraw_live_job(const Task& task, const std::string& why);
  Result<Answer> written(const Task& before, Followup&& followup, const Actor& actor,
                         const std::string& text);

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<EvidenceStore> evidence_;
  std::unique_ptr<clients::Outbox> outbox_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<Reconciler> reconciler_;
  config::GenerationPtr generation_;
  const StateFolders folders_;
  const HostIdentity identity_;
  const std::function<void(const std::string&)> ask_preflight_;
  const std::function<void(const StatusPtr&)> on_published_;
  const Millis heartbeat_every_;
  const Heartbeat heartbeat_;
  const std::shared_ptr<Tallies> tallies_;
  const WallTime started_at_;
  UniqueFd epoll_;
  UniqueFd wake_fd_;
  Shadows shadows_;
  SideWorkers side_workers_;
  Monitors monitors_;

  // [any thread], under mutex_
  mutable std::mutex mutex_;
  std::vector<Happening> inbox_;
  std::optional<StopMode> stop_request_;
  StatusPtr status_;

  // [engine thread]
  std::map<JobId, Worker> workers_;
  std::vector<JobId> exited_;     // their pidfds are readable
  std::vector<Happening> ready_;  // known already, to be handled in the next turn
  std::vector<Effect> answers_;   // durable, to be given at the end of this turn
  std::vector<std::pair<MonoTime, Happening>> postponed_;
  std::set<JobId> unreadable_;  // due, but no rule can interpret the row: never in the others' way
  std::set<TaskId> alerted_;    // tasks with an open alert
  std::vector<store::PluginKill> kills_;
  std::map<std::string, KnownPreflight> preflights_;  // by condition
  ProviderGate provider_gate_;
  Breakers breakers_;
  Trust trust_;
  std::optional<WallTime> next_due_;
  std::optional<WallTime> next_outbox_;
  std::optional<WallTime> next_unkill_;
  bool draining_ = false;
  bool ready_to_serve_ = false;
  std::optional<StopMode> stopping_;
  MonoTime stop_deadline_;
  std::int64_t transitions_ = 0;
  std::int64_t lost_writes_ = 0;
  LeaseReclaims lease_reclaims_;
  ReaperCounts reaper_;
  ReconcilerCounts reconciler_counts_;
  MonoTime next_reap_;
  MonoTime next_beat_;
  std::int64_t last_event_ = 0;
  WallTime last_batch_;
  // Both clocks as they were read together; what the wall clock lost against the other was set
  // back.
  std::optional<std::pair<WallTime, MonoTime>> clocks_;
  std::string fault_;

  // The batch in the making. [engine thread]
  struct Batch {
    WallTime now;
    std::vector<NextJob> next_jobs;
    std::vector<JobId> ended;      // their workers are forgotten
    std::vector<Effect> effects;   // after that
    std::vector<Worker> starting;  // after these
    std::vector<Effect> answers;   // last of all: who is answered sees the status that shows it
    int freed = 0;                 // workers whose jobs end in this batch
    int claimed = 0;
    int turned_away = 0;  // due, and told to wait for something else than a worker
    std::int64_t transitions = 0;
    std::int64_t lost_writes = 0;
    std::vector<Observation> observed;
    std::int64_t last_event = 0;
    bool looks_for_due = false;  // something else than a freed worker or a timer calls for it
    bool kills_changed = false;
    std::set<TaskId> trials;          // tasks whose job tries a provider
    std::set<TaskId> busy_worktrees;  // whose abandoned worker has not ended
  } batch_;
};

}  // namespace orc::engine
