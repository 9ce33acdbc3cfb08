// SPDX-License-Identifier: Apache-2.0
// A host that answers from memory and a reader over vectors, behind the real server.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "engine/ports.h"
#include "http/server.h"
#include "store/store.h"
#include "support/temp_dir.h"
#include "unit/http/raw_connection.h"

namespace orc::test {

using Json = nlohmann::ordered_json;

// What every reader of one test shows.
struct Rows {
  std::vector<Task> tasks;
  std::vector<Job> jobs;
  std::vector<store::DecisionRow> decisions;
  std::vector<ArtifactRecord> artifacts;
  std::vector<Approval> approvals;
  std::vector<AgentRun> agent_runs;
  std::vector<Deployment> deployments;
  std::vector<Monitor> monitors;
  std::vector<Sample> samples;
  std::vector<store::DeliveryCount> deliveries;
  std::vector<Event> events;
  std::vector<store::StageCount> counts;
  std::vector<store::OutcomeCount> outcomes;
  std::vector<Alert> alerts;
  std::vector<store::PluginKill> kills;
  std::vector<Lease> leases;
  std::vector<SerialPlace> places;
  std::vector<store::UsageRow> usage = {};
  std::vector<store::VerdictCount> verdicts = {};
  std::vector<store::LlmTotal> llm = {};
};

class FakeReader : public store::Reader {
 public:
  explicit FakeReader(const Rows& rows) : rows_(rows) {}

  Result<std::optional<Task>> task(TaskId id) override {
    return find(rows_.tasks, [&](const Task& t) { return t.id == id; });
  }
  Result<std::optional<Task>> task(const std::string& work_item) override {
    return find(rows_.tasks, [&](const Task& t) { return t.work_item == work_item; });
  }
  Result<std::vector<Task>> tasks(const store::TaskFilter& filter) override {
    auto fit = keep(rows_.tasks, [&](const Task& t) {
      return t.id > filter.after && (!filter.stage || t.stage == *filter.stage) &&
             (!filter.state || t.state == *filter.state) &&
             (filter.repo.empty() || t.repo == filter.repo);
    });
    if (static_cast<int>(fit.size()) > filter.limit)
      fit.resize(static_cast<std::size_t>(filter.limit));
    return fit;
  }
  Result<std::vector<store::LiveJob>> live_jobs(int) override {
    std::vector<store::LiveJob> live;
    for (const Job& job : rows_.jobs) {
      if (job.state == JobState::finished) continue;
      const auto owner = std::find_if(rows_.tasks.begin(), rows_.tasks.end(),
                                      [&](const Task& t) { return t.id == job.task; });
      live.push_back({job, *owner});
    }
    return live;
  }
  Result<std::optional<Job>> live_job(TaskId task) override {
    return find(rows_.jobs,
                [&](const Job& j) { return j.task == task && j.state != JobState::finished; });
  }
  Result<std::optional<Job>> job(JobId id) override {
    return find(rows_.jobs, [&](const Job& j) { return j.id == id; });
  }
  Result<std::vector<Job>> jobs(TaskId task) override {
    return keep(rows_.jobs, [&](const Job& j) { return j.task == task; });
  }
  Result<std::vector<store::DecisionRow>> decisions(TaskId) override { return rows_.decisions; }
  Result<std::vector<ArtifactRecord>> artifacts(TaskId task) override {
    return keep(rows_.artifacts, [&](const ArtifactRecord& a) { return a.task == task; });
  }
  Result<std::vector<Approval>> approvals(TaskId task) override {
    return keep(rows_.approvals, [&](const Approval& a) { return a.task == task; });
  }
  Result<std::vector<AgentRun>> agent_runs(TaskId task) override {
    return keep(rows_.agent_runs, [&](const AgentRun& r) { return r.task == task; });
  }
  Result<std::optional<PullRequest>> pull_request(TaskId) override {
    return std::optional<PullRequest>();
  }
  Result<std::vector<Event>> events(EventId after, TaskId task, int limit) override {
    auto fit = keep(rows_.events, [&](const Event& e) {
      return e.id > after && (task.value == 0 || e.task == task);
    });
    if (static_cast<int>(fit.size()) > limit) fit.resize(static_cast<std::size_t>(limit));
    return fit;
  }
  Result<EventId> last_event() override {
    return rows_.events.empty() ? EventId{} : rows_.events.back().id;
  }
  Result<std::vector<Job>> finished_jobs(int) override {
    return keep(rows_.jobs, [](const Job& j) { return j.state == JobState::finished; });
  }
  Result<std::vector<store::StageCount>> stage_counts() override { return rows_.counts; }
  Result<std::vector<Deployment>> deployments(TaskId task) override {
    return keep(rows_.deployments, [&](const Deployment& d) { return d.task == task; });
  }
  Result<std::vector<Monitor>> monitors(TaskId task) override {
    return keep(rows_.monitors, [&](const Monitor& m) { return m.task == task; });
  }
  Result<std::vector<Monitor>> open_monitors() override { return rows_.monitors; }
  Result<std::vector<Monitor>> latest_monitors() override { return rows_.monitors; }
  Result<std::vector<Sample>> samples(std::int64_t) override { return rows_.samples; }
  Result<std::vector<store::DeliveryCount>> delivery_counts() override { return rows_.deliveries; }
  Result<std::vector<Merge>> merges(TaskId) override { return std::vector<Merge>(); }
  Result<std::vector<GateRun>> gate_runs(TaskId) override { return std::vector<GateRun>{}; }
  Result<std::vector<GateCount>> gate_counts() override { return std::vector<GateCount>{}; }
  Result<std::vector<MergeSlot>> merge_slots() override { return std::vector<MergeSlot>{}; }
  Result<std::vector<CoverageBaseline>> coverage_baselines() override { return std::vector<CoverageBaseline>{}; }
  Result<std::vector<store::OutcomeCount>> outcome_counts() override { return rows_.outcomes; }
  Result<std::vector<Alert>> open_alerts() override { return rows_.alerts; }
  Result<std::optional<Lease>> lease(TaskId task) override {
    return find(rows_.leases, [&](const Lease& l) { return l.task == task; });
  }
  Result<std::vector<Lease>> held_leases() override { return rows_.leases; }
  Result<std::vector<SerialPlace>> serial_places() override { return rows_.places; }
  Result<std::optional<store::Drain>> drain() override { return std::optional<store::Drain>(); }
  Result<std::vector<store::Irregularity>> irregularities(int) override {
    return std::vector<store::Irregularity>();
  }
  Result<std::vector<store::PluginKill>> kills(WallTime) override { return rows_.kills; }
  Result<std::vector<store::ShadowRun>> open_shadows(int) override {
    return std::vector<store::ShadowRun>{};
  }
  Result<std::vector<store::ShadowTally>> shadow_tallies() override {
    return std::vector<store::ShadowTally>{};
  }
  Result<std::vector<store::ShadowDisagreement>> shadow_disagreements(int) override {
    return std::vector<store::ShadowDisagreement>{};
  }
  Result<std::vector<ProviderPause>> provider_pauses() override {
    return std::vector<ProviderPause>();
  }
  Result<std::vector<Breaker>> breakers() override { return std::vector<Breaker>(); }
  Result<LlmAmount> llm_spend(const store::LlmScope&, const LlmAmount&) override {
    return LlmAmount{};
  }
  Result<std::vector<store::RunRow>> runs(const store::RunFilter& filter) override {
    std::vector<store::RunRow> found;
    for (const AgentRun& run : rows_.agent_runs) {
      if (filter.task && run.task != *filter.task) continue;
      if (filter.job && run.job != *filter.job) continue;
      found.push_back({static_cast<std::int64_t>(found.size()) + 1, run, "ORCH-7"});
    }
    return found;
  }
  Result<std::vector<store::UsageRow>> llm_usage(WallTime) override { return rows_.usage; }
  Result<std::vector<store::LlmTotal>> llm_totals() override { return rows_.llm; }
  Result<std::vector<store::VerdictCount>> verdict_counts(WallTime) override {
    return rows_.verdicts;
  }
  Result<std::optional<std::string>> delivery(const std::string&, const std::string&) override {
    return std::optional<std::string>();
  }

 private:
  template <typename Row, typename Fits>
  static Result<std::optional<Row>> find(const std::vector<Row>& rows, Fits fits) {
    const auto found = std::find_if(rows.begin(), rows.end(), fits);
    return found != rows.end() ? std::optional<Row>(*found) : std::nullopt;
  }
  template <typename Row, typename Fits>
  static std::vector<Row> keep(const std::vector<Row>& rows, Fits fits) {
    std::vector<Row> kept;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept), fits);
    return kept;
  }

  const Rows& rows_;
};

// Every port of the engine at once. Set up before the server starts, read after it has answered.
class FakeEngine : public engine::CommandPort,
                   public engine::StatusPort,
                   public engine::ReloadPort {
 public:
  engine::Answer execute(const engine::Request& request, const engine::Actor& actor,
                         const engine::Terms& asked) override {
    const std::scoped_lock lock(mutex);
    requests.push_back(request);
    actors.push_back(actor);
    terms.push_back(asked);
    return answer;
  }
  engine::StatusPtr status() const override {
    const std::scoped_lock lock(mutex);
    return snapshot;
  }
  engine::ReloadAnswer reload(const std::string& cause) override {
    const std::scoped_lock lock(mutex);
    reload_causes.push_back(cause);
    return reload_answer;
  }
  engine::ReloadAnswer preview() override {
    const std::scoped_lock lock(mutex);
    ++previews;
    return reload_answer;
  }
  engine::ReloadHistory reload_history() const override { return history; }

  mutable std::mutex mutex;
  engine::Answer answer{.code = "done", .text = "done"};
  engine::StatusPtr snapshot;
  engine::ReloadAnswer reload_answer;
  engine::ReloadHistory history;
  std::vector<engine::Request> requests;
  std::vector<engine::Actor> actors;
  std::vector<engine::Terms> terms;
  int previews = 0;
  std::vector<std::string> reload_causes;
};

inline config::GenerationPtr sample_generation() {
  auto generation = std::make_shared<config::Generation>();
  generation->number = 4;
  generation->sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  config::Plugin runner{.name = "test-runner", .type = "test-runner"};
  runner.repos = RepoScope::parse("orchestrator, enduro");
  generation->config.plugins["test-runner"] = runner;
  generation->config.plugins["llm-spawner"] =
      config::Plugin{.name = "llm-spawner", .type = "llm-spawner", .enabled = false};
  generation->plugins["test-runner"] = config::LoadedPlugin{.name = "test-runner",
                                                            .type = "test-runner",
                                                            .version = "0.1.0",
                                                            .abi = "1.0",
                                                            .stages = {"testing"}};
  generation->plugins["llm-spawner"] =
      config::LoadedPlugin{.name = "llm-spawner", .type = "llm-spawner", .refused = "no library"};
  generation->config.stages[Stage::testing] = {{"test-runner", "llm-spawner"}};
  return generation;
}

inline Task sample_task() {
  Task task;
  task.id = TaskId{7};
  task.work_item = "ORCH-116";
  task.title = "Test runner";
  task.repo = "orchestrator";
  task.branch = "task/ORCH-116";
  task.stage = Stage::testing;
  task.submitted_by = "alice";
  task.created_at = task.updated_at = task.stage_since = WallTime{1'795'226'591'000};
  return task;
}

// A server over both doors with the fakes behind it.
class RunningServer {
 public:
  RunningServer() {
    auto status = std::make_shared<engine::Snapshot>();
    status->host.instance = "0123";
    status->started_at = wall_now();
    status->last_batch = wall_now();
    status->ready = true;
    status->workers = 2;
    status->generation = sample_generation();
    engine.snapshot = status;
  }

  // Changes the published snapshot.
  template <typename Change>
  void publish(Change change) {
    auto next = std::make_shared<engine::Snapshot>(*engine.snapshot);
    change(*next);
    const std::scoped_lock lock(engine.mutex);
    engine.snapshot = next;
  }

  void start() {
    auto started =
        http::Server::start({.control_socket = socket(),
                             .control_mode = 0600,
                             .board_host = "127.0.0.1",
                             .board_port = 0,
                             .webhooks_port = 0,
                             .operator_token = operator_token,
                             .webhook_secrets = webhook_secrets,
                             .state_dir = dir.path(),
                             .config_file = "/etc/orchestrator/orchestrator.yaml"},
                            {engine, engine, engine, changes}, [this] { return open_reader(); });
    ASSERT_TRUE(started.ok()) << started.error().message;
    server = std::move(started).value();
  }

  std::filesystem::path socket() const { return dir.path() / "run" / "control.sock"; }

  Result<std::unique_ptr<store::Reader>> open_reader() {
    ++readers_opened;
    if (store_broken) return Error{ErrorKind::unavailable, "the database is locked"};
    return std::unique_ptr<store::Reader>(std::make_unique<FakeReader>(rows));
  }

  TempDir dir;
  Rows rows;
  FakeEngine engine;
  http::Changes changes;
  std::string operator_token;
  std::map<std::string, std::string> webhook_secrets{{"gitea", "hook-secret"}};
  std::atomic<int> readers_opened = 0;
  std::atomic<bool> store_broken = false;
  std::unique_ptr<http::Server> server;
};

inline RawReply control(const RunningServer& running, const std::string& bytes) {
  RawConnection connection = RawConnection::to_unix(running.socket());
  connection.send(bytes);
  return connection.receive();
}
inline RawReply board(const RunningServer& running, const std::string& bytes) {
  RawConnection connection = RawConnection::to_port(running.server->board_port());
  connection.send(bytes);
  return connection.receive();
}
inline RawReply get(const RunningServer& running, const std::string& target) {
  return control(running, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}
inline RawReply send_json(const RunningServer& running, const std::string& method,
                          const std::string& target, const std::string& body) {
  return control(running, method + " " + target +
                              " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                              "Content-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body);
}
inline RawReply post(const RunningServer& running, const std::string& target,
                     const std::string& body) {
  return send_json(running, "POST", target, body);
}

}  // namespace orc::test
