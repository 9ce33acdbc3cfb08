// SPDX-License-Identifier: Apache-2.0
// The single writer over SQLite.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "store/sqlite/checkpointer.h"
#include "store/sqlite/event_chain.h"
#include "store/sqlite/instance_lock.h"
#include "store/sqlite/reading.h"

namespace orc::store {

class SqliteStore final : public WithReads<Store> {
 public:
  // `instance_lock` keeps a second writer out for as long as this object lives.
  SqliteStore(std::unique_ptr<Database> database, InstanceLock instance_lock, Millis busy_timeout)
      : WithReads(std::move(database)),
        instance_lock_(std::move(instance_lock)),
        busy_timeout_(busy_timeout),
        checkpointer_(db().file(), busy_timeout) {}
  ~SqliteStore() override { rollback(); }

  Status begin() override;
  Status commit() override;
  void rollback() override;
  Status maintain() override;

  Result<std::int64_t> next_task_number() override { return reading().next_task_number(); }
  Result<std::optional<std::string>> open_task_on(const std::string& repo,
                                                  const std::string& branch) override;
  Result<Task> insert_task(const NewTask& task, WallTime now) override;
  Result<Write> write_task(const TaskFence& expected, const Task& next, WallTime now) override;
  Result<Job> queue_job(const NewJob& job, WallTime now) override;
  Result<Job> start_job(const NewJob& job, const HostIdentity& owner, std::int64_t generation,
                        WallTime now, WallTime deadline) override;
  Result<std::vector<DueJob>> due_jobs(WallTime now, int limit) override {
    return reading().due_jobs(now, limit);
  }
  Result<std::optional<LiveJob>> queued_job(JobId job) override {
    return reading().queued_job(job);
  }
  Result<std::optional<WallTime>> next_due(WallTime now) override {
    return reading().next_due(now);
  }
  Result<Write> claim_job(JobId job, const HostIdentity& owner, std::int64_t generation,
                          WallTime now, WallTime deadline) override;
  Result<Write> finish_job(const JobFence& fence, const JobEnd& end) override;
  Result<Write> withdraw_job(JobId job, const JobEnd& end) override;
  Result<Write> adopt_job(const JobFence& fence, const HostIdentity& owner) override;
  Result<std::vector<LiveJob>> running_jobs() override { return reading().running_jobs(); }
  Result<Write> postpone_job(JobId job, WallTime due, std::string_view reason,
                             const std::string& text) override;
  Result<int> recall_jobs(std::string_view reason, WallTime now) override;

  // ownership.cpp
  Result<Write> take_lease(TaskId task, std::int64_t seen_epoch, const HostIdentity& owner,
                           const std::string& holder, WallTime now) override;
  Result<Write> release_lease(TaskId task, WallTime now) override;
  Result<bool> enter_serial_gate(TaskId task, const std::string& repo, WallTime now) override;
  Result<Write> leave_serial_gate(TaskId task, const std::string& repo, WallTime now) override;

  // merges.cpp
  Result<Write> take_merge_slot(const std::string& repo, TaskId task, WallTime now) override;
  Result<Write> leave_merge_slot(TaskId task, WallTime now) override;
  Status record_tested(TaskId task, const std::string& suite, const std::string& content_id,
                       JobId job, WallTime now) override;
  Result<std::vector<std::string>> tested_contents(TaskId task,
                                                   const std::string& suite) override {
    return reading().tested_contents(task, suite);
  }
  Status open_merge(const Merge& merge) override;
  Result<Write> settle_merge(TaskId task, MergeState state, WallTime now) override;
  Status raise_coverage(const std::string& repo, double percent, const std::string& commit,
                        WallTime now) override;
  Status record_gate_run(const GateRun& run) override;

  // deployments.cpp
  Result<std::optional<Deployment>> open_deployment(TaskId task) override;
  Status begin_deployment(const Deployment& deployment) override;
  Result<std::string> deployed_before(TaskId task, const std::string& repo,
                                      const std::string& commit) override;
  Result<Write> write_deployment(const Deployment& next) override;
  Status open_monitor(const Monitor& monitor) override;
  Result<Write> write_monitor(const Monitor& before, const Monitor& next) override;
  Status record_sample(std::int64_t monitor, const Sample& sample) override;

  Status record_decisions(JobId job, const std::vector<ChainDecision>& decisions) override;
  Status record_artifact(const ArtifactRecord& artifact) override;
  Status record_agent_run(const AgentRun& run) override;
  Status record_approval(const Approval& approval) override;
  Result<EventId> append_event(const Event& event) override;
  Result<std::optional<ChainBreak>> verify_last_events(int count) override {
    return store::verify_last_events(db(), count);
  }
  Status queue_shadow(const NewShadow& shadow, WallTime now) override;
  Result<int> count_triages(WallTime since) override;
  Status start_shadow(std::int64_t id, const std::string& run_id, WallTime now) override;
  Status finish_shadow(std::int64_t id, const ShadowEnd& end) override;
  Status put_pull_request(const PullRequest& request) override;
  Result<bool> raise_alert(TaskId task, const std::string& condition, const std::string& text,
                           WallTime now) override;
  Status clear_alerts(TaskId task, WallTime now) override;
  Status clear_alert(TaskId task, const std::string& condition, WallTime now) override;
  Status reserve_llm(const Job& job, Role role, const LlmAmount& amount, WallTime now) override;
  Status put_provider_pause(const ProviderPause& pause) override;
  Status remove_provider_pause(const std::string& plugin, const std::string& model) override;
  Status put_breaker(const Breaker& breaker) override;
  Status put_kill(const PluginKill& kill) override;
  Result<Write> remove_kill(const std::string& plugin,
                            const std::optional<std::string>& repo) override;
  Status add_outbox(const OutboxItem& item) override;
  Result<std::vector<OutboxItem>> due_outbox(WallTime now, int limit) override {
    return reading().due_outbox(now, limit);
  }
  Status finish_outbox(std::int64_t id, WallTime now) override;
  Status retry_outbox(std::int64_t id, WallTime due, const std::string& error) override;
  Status put_delivery(const std::string& source, const std::string& key, const std::string& answer,
                      WallTime now) override;
  Status record_host(const HostIdentity& host, const std::string& version, WallTime now) override;

  // recovery.cpp
  Status record_host_stop(const HostIdentity& host, WallTime now) override;
  Result<bool> host_stopped(const std::string& instance) override;
  Status bring_forward(Millis by, WallTime now) override;
  Result<std::optional<WallTime>> newest_event_time() override;
  Status put_drain(const Drain& drain) override;
  Status remove_drain() override;
  Status add_ending(JobId job) override;
  Status remove_ending(JobId job) override;
  Result<std::vector<LiveJob>> ending_jobs() override { return reading().ending_jobs(); }
  Result<int> count_recovery(JobId job) override;
  Status quarantine(TaskId task, const std::string& reason, WallTime now) override;

 private:
  // A write as a part of the open batch; the number of rows it changed. Fails without a batch and
  // in a broken one: after a failure SQLite may have rolled back and would commit each further
  // statement alone.
  template <typename... Values>
  Result<int> change(const char* sql, const Values&... values) {
    ORC_CHECK_OK(writable());
    return db().run(sql, values...);
  }
  template <typename... Values>
  Status record(const char* sql, const Values&... values) {
    ORC_TRY(const int changed, change(sql, values...));
    (void)changed;
    return Done{};
  }
  Status writable();
  void move_log(int worth_a_pass);
  // The row of a host; 0 for one that was never recorded, which owns nothing.
  Result<std::int64_t> host_row(const std::string& instance);
  Result<Write> count_end(int changed_rows, const JobEnd& end);
  Status store_outcome_counts();
  // The job as it was inserted, or why it was not.
  Result<Job> inserted_job(Status inserted, const NewJob& job, WallTime now);

  InstanceLock instance_lock_;
  Millis busy_timeout_;
  Checkpointer checkpointer_;
  bool in_batch_ = false;
  std::string known_instance_;  // of known_host_
  std::int64_t known_host_ = 0;
  // Counted in memory and written once per batch: many jobs of a batch share a row.
  // stage, producer, outcome, reason
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::int64_t> ended_;
  std::optional<ChainEnd> chain_end_;  // nothing: to be read from the file
};

}  // namespace orc::store
