// SPDX-License-Identifier: Apache-2.0
// The single writer over SQLite.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "base/unique_fd.h"
#include "store/sqlite/reading.h"

namespace orc::store {

class SqliteStore final : public WithReads<Store> {
 public:
  // `instance_lock` keeps a second writer out for as long as this object lives.
  SqliteStore(std::unique_ptr<Database> database, UniqueFd instance_lock)
      : WithReads(std::move(database)), instance_lock_(std::move(instance_lock)) {}

  Status begin() override;
  Status commit() override;
  void rollback() override;

  Result<std::int64_t> next_task_number() override;
  Result<Task> insert_task(const NewTask& task, WallTime now) override;
  Result<Write> write_task(const TaskFence& expected, const Task& next, WallTime now) override;
  Result<Job> queue_job(const NewJob& job, WallTime now) override;
  Result<std::vector<LiveJob>> due_jobs(WallTime now, int limit) override;
  Result<std::optional<WallTime>> next_due() override;
  Result<Write> claim_job(JobId job, const HostIdentity& owner, std::int64_t generation,
                          WallTime now, WallTime deadline) override;
  Result<Write> finish_job(const JobFence& fence, const JobEnd& end) override;
  Result<Write> withdraw_job(JobId job, const JobEnd& end) override;
  Result<Write> adopt_job(const JobFence& fence, const HostIdentity& owner) override;
  Result<std::vector<LiveJob>> running_jobs() override;

  Status record_decisions(JobId job, const std::vector<ChainDecision>& decisions,
                          WallTime now) override;
  Status record_artifact(const ArtifactRecord& artifact) override;
  Status record_agent_run(const AgentRun& run) override;
  Status record_approval(const Approval& approval) override;
  Result<EventId> append_event(const Event& event) override;
  Status put_pull_request(const PullRequest& request) override;
  Result<bool> raise_alert(TaskId task, const std::string& condition, const std::string& text,
                           WallTime now) override;
  Status clear_alerts(TaskId task, WallTime now) override;
  Status put_kill(const PluginKill& kill) override;
  Result<Write> remove_kill(const std::string& plugin) override;
  Status add_outbox(const OutboxItem& item) override;
  Result<std::vector<OutboxItem>> due_outbox(WallTime now, int limit) override;
  Status finish_outbox(std::int64_t id, WallTime now) override;
  Status retry_outbox(std::int64_t id, WallTime due, const std::string& error) override;
  Status put_delivery(const std::string& source, const std::string& key, const std::string& answer,
                      WallTime now) override;
  Status record_host(const HostIdentity& host, const std::string& version, WallTime now) override;

 private:
  // The row of a host; 0 for one that was never recorded, which owns nothing.
  Result<std::int64_t> host_row(const std::string& instance);
  Status flush_outcome_counts();

  UniqueFd instance_lock_;
  std::string known_instance_;  // of known_host_
  std::int64_t known_host_ = 0;
  // Counted in memory and written once per batch: many jobs of a batch share a row.
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::int64_t> ended_;
};

}  // namespace orc::store
