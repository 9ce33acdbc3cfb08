// SPDX-License-Identifier: Apache-2.0
// The reads of the interface over one connection; shared by the reader and the writer.
#pragma once

#include "store/sqlite/database.h"
#include "store/store.h"

namespace orc::store {

// Each of these is the method of the same name of Reader or Store.
struct Reading {
  Database& db;

  Result<std::optional<Task>> task(TaskId id);
  Result<std::optional<Task>> task(const std::string& work_item);
  Result<std::vector<Task>> tasks(const TaskFilter& filter);
  Result<std::vector<LiveJob>> live_jobs(int limit);
  Result<std::optional<Job>> live_job(TaskId task);
  Result<std::optional<Job>> job(JobId id);
  Result<std::vector<Job>> jobs(TaskId task);
  Result<std::vector<DecisionRow>> decisions(TaskId task);
  Result<std::vector<ArtifactRecord>> artifacts(TaskId task);
  Result<std::vector<Approval>> approvals(TaskId task);
  Result<std::vector<AgentRun>> agent_runs(TaskId task);
  Result<std::optional<PullRequest>> pull_request(TaskId task);
  Result<std::vector<Event>> events(EventId after, TaskId task, int limit);
  Result<EventId> last_event();
  Result<std::vector<Job>> finished_jobs(int limit);
  Result<std::vector<StageCount>> stage_counts();
  Result<std::vector<OutcomeCount>> outcome_counts();
  Result<std::vector<Alert>> open_alerts();
  Result<std::vector<PluginKill>> kills(WallTime now);
  Result<std::vector<ShadowRun>> open_shadows(int limit);
  Result<std::vector<ShadowTally>> shadow_tallies();
  Result<std::vector<ShadowDisagreement>> shadow_disagreements(int limit);
  Result<std::vector<ProviderPause>> provider_pauses();
  Result<std::vector<Breaker>> breakers();
  Result<LlmAmount> llm_spend(const LlmScope& scope, const LlmAmount& unknown);
  Result<std::vector<RunRow>> runs(const RunFilter& filter);
  Result<std::vector<UsageRow>> llm_usage(WallTime since);
  Result<std::vector<LlmTotal>> llm_totals();
  Result<std::vector<VerdictCount>> verdict_counts(WallTime since);
  Result<std::optional<std::string>> delivery(const std::string& source, const std::string& key);
  Result<std::optional<Lease>> lease(TaskId task);
  Result<std::vector<Lease>> held_leases();
  Result<std::vector<SerialPlace>> serial_places();
  Result<std::vector<Merge>> merges(TaskId task);
  Result<std::vector<GateRun>> gate_runs(TaskId task);
  Result<std::vector<GateCount>> gate_counts();
  Result<std::vector<MergeSlot>> merge_slots();
  Result<std::vector<CoverageBaseline>> coverage_baselines();
  Result<std::vector<Deployment>> deployments(TaskId task);
  Result<std::vector<Monitor>> monitors(TaskId task);
  Result<std::vector<Monitor>> open_monitors();
  Result<std::vector<Monitor>> latest_monitors();
  Result<std::vector<Sample>> samples(std::int64_t monitor);
  Result<std::vector<DeliveryCount>> delivery_counts();
  Result<std::optional<Drain>> drain();
  Result<std::vector<Irregularity>> irregularities(int limit);
  Result<std::vector<LiveJob>> ending_jobs();

  Result<std::int64_t> next_task_number();
  Result<std::vector<DueJob>> due_jobs(WallTime now, int limit);
  Result<std::optional<LiveJob>> queued_job(JobId job);
  Result<std::optional<WallTime>> next_due(WallTime now);
  Result<std::vector<LiveJob>> running_jobs();
  Result<std::vector<OutboxItem>> due_outbox(WallTime now, int limit);
  Result<std::vector<std::string>> tested_contents(TaskId task, const std::string& suite);
};

// Implements the reads of `Base` (Reader or Store) by forwarding them.
template <typename Base>
class WithReads : public Base {
 public:
  explicit WithReads(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::optional<Task>> task(TaskId id) override { return reading().task(id); }
  Result<std::optional<Task>> task(const std::string& work_item) override {
    return reading().task(work_item);
  }
  Result<std::vector<Task>> tasks(const TaskFilter& filter) override {
    return reading().tasks(filter);
  }
  Result<std::vector<LiveJob>> live_jobs(int limit) override { return reading().live_jobs(limit); }
  Result<std::optional<Job>> live_job(TaskId task) override { return reading().live_job(task); }
  Result<std::optional<Job>> job(JobId id) override { return reading().job(id); }
  Result<std::vector<Job>> jobs(TaskId task) override { return reading().jobs(task); }
  Result<std::vector<DecisionRow>> decisions(TaskId task) override {
    return reading().decisions(task);
  }
  Result<std::vector<ArtifactRecord>> artifacts(TaskId task) override {
    return reading().artifacts(task);
  }
  Result<std::vector<Approval>> approvals(TaskId task) override {
    return reading().approvals(task);
  }
  Result<std::vector<AgentRun>> agent_runs(TaskId task) override {
    return reading().agent_runs(task);
  }
  Result<std::optional<PullRequest>> pull_request(TaskId task) override {
    return reading().pull_request(task);
  }
  Result<std::vector<Event>> events(EventId after, TaskId task, int limit) override {
    return reading().events(after, task, limit);
  }
  Result<EventId> last_event() override { return reading().last_event(); }
  Result<std::vector<Job>> finished_jobs(int limit) override {
    return reading().finished_jobs(limit);
  }
  Result<std::vector<StageCount>> stage_counts() override { return reading().stage_counts(); }
  Result<std::vector<OutcomeCount>> outcome_counts() override { return reading().outcome_counts(); }
  Result<std::vector<Alert>> open_alerts() override { return reading().open_alerts(); }
  Result<std::vector<PluginKill>> kills(WallTime now) override { return reading().kills(now); }
  Result<std::vector<ShadowRun>> open_shadows(int limit) override {
    return reading().open_shadows(limit);
  }
  Result<std::vector<ShadowTally>> shadow_tallies() override { return reading().shadow_tallies(); }
  Result<std::vector<ShadowDisagreement>> shadow_disagreements(int limit) override {
    return reading().shadow_disagreements(limit);
  }
  Result<std::vector<ProviderPause>> provider_pauses() override {
    return reading().provider_pauses();
  }
  Result<std::vector<Breaker>> breakers() override { return reading().breakers(); }
  Result<std::vector<RunRow>> runs(const RunFilter& filter) override {
    return reading().runs(filter);
  }
  Result<std::vector<LlmTotal>> llm_totals() override { return reading().llm_totals(); }
  Result<std::vector<UsageRow>> llm_usage(WallTime since) override {
    return reading().llm_usage(since);
  }
  Result<std::vector<VerdictCount>> verdict_counts(WallTime since) override {
    return reading().verdict_counts(since);
  }
  Result<LlmAmount> llm_spend(const LlmScope& scope, const LlmAmount& unknown) override {
    return reading().llm_spend(scope, unknown);
  }
  Result<std::optional<std::string>> delivery(const std::string& source,
                                              const std::string& key) override {
    return reading().delivery(source, key);
  }
  Result<std::optional<Lease>> lease(TaskId task) override { return reading().lease(task); }
  Result<std::vector<Lease>> held_leases() override { return reading().held_leases(); }
  Result<std::vector<SerialPlace>> serial_places() override { return reading().serial_places(); }
  Result<std::vector<Merge>> merges(TaskId task) override { return reading().merges(task); }
  Result<std::vector<GateRun>> gate_runs(TaskId task) override {
    return reading().gate_runs(task);
  }
  Result<std::vector<GateCount>> gate_counts() override { return reading().gate_counts(); }
  Result<std::vector<MergeSlot>> merge_slots() override { return reading().merge_slots(); }
  Result<std::vector<CoverageBaseline>> coverage_baselines() override {
    return reading().coverage_baselines();
  }
  Result<std::vector<Deployment>> deployments(TaskId task) override {
    return reading().deployments(task);
  }
  Result<std::vector<Monitor>> monitors(TaskId task) override { return reading().monitors(task); }
  Result<std::vector<Monitor>> open_monitors() override { return reading().open_monitors(); }
  Result<std::vector<Monitor>> latest_monitors() override { return reading().latest_monitors(); }
  Result<std::vector<Sample>> samples(std::int64_t monitor) override {
    return reading().samples(monitor);
  }
  Result<std::vector<DeliveryCount>> delivery_counts() override {
    return reading().delivery_counts();
  }
  Result<std::optional<Drain>> drain() override { return reading().drain(); }
  Result<std::vector<Irregularity>> irregularities(int limit) override {
    return reading().irregularities(limit);
  }

 protected:
  Database& db() { return *database_; }
  Reading reading() { return Reading{*database_}; }
  void replace_database(std::unique_ptr<Database> fresh) { database_ = std::move(fresh); }

 private:
  std::unique_ptr<Database> database_;
};

}  // namespace orc::store
