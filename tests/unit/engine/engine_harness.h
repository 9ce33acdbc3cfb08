// SPDX-License-Identifier: Apache-2.0
// A real engine over a real database, with jobs that end as the test says instead of worker
// processes.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "engine/engine.h"
#include "support/temp_dir.h"

namespace orc::engine::test {

// What the next job at a stage reports; a stage without a script passes.
struct Reply {
  JobOutcome outcome = Verdict{};
  bool changes_code = true;  // development: the branch's content moves on
  std::vector<AgentRun> agent_runs = {};
  int side_effects = 0;
  // Of a job of the edge.
  std::vector<GateRun> gates = {};
  std::optional<MergeCandidate> candidate = {};
  std::vector<KillCount> kills = {};
};

class ScriptedLauncher final : public Launcher {
 public:
  void script(Stage stage, Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_[stage].push_back(std::move(reply));
  }
  // The next job of this kind, which is of the edge.
  void script(JobKind kind, Reply reply) {
    const std::lock_guard lock(mutex_);
    edge_replies_[kind].push_back(std::move(reply));
  }
  // What the next worker of this kind reports; it is one without a job row. A look without a script
  // finds the service healthy.
  void script(JobKind kind, JobOutcome outcome) {
    const std::lock_guard lock(mutex_);
    side_outcomes_[kind].push_back(std::move(outcome));
  }
  std::vector<jobs::JobRequest> launched() const {
    const std::lock_guard lock(mutex_);
    return launched_;
  }

  Launched launch(const std::filesystem::path&, const jobs::JobRequest& request) override;
  jobs::WorkerEnd end_of(const process::Child&) override { return {}; }

 private:
  mutable std::mutex mutex_;
  std::map<Stage, std::deque<Reply>> replies_;
  std::map<JobKind, std::deque<Reply>> edge_replies_;
  std::map<JobKind, std::deque<JobOutcome>> side_outcomes_;
  std::vector<jobs::JobRequest> launched_;
  int content_ = 0;
};

// Evidence that says what the job's verdict said.
class ScriptedEvidence final : public EvidenceStore {
 public:
  Result<Intake> take_in(const Task& task, const Job& job, const jobs::WorkerReport& report,
                         WallTime now) override;
  std::vector<Evidence> read_again(const std::vector<ArtifactRecord>& records) override;
};

// One plugin "fake" that can produce everywhere, in every chain.
config::GenerationPtr one_plugin_generation(
    const std::filesystem::path& state,
    const std::function<void(config::Generation&)>& change = {});

class EngineHarness {
 public:
  explicit EngineHarness(const std::function<void(config::Generation&)>& change = {},
                         Trust trust = {});
  ~EngineHarness();

  ScriptedLauncher& launcher() { return *launcher_; }
  Engine& engine() { return *engine_; }
  const std::filesystem::path& state() const { return dir_.path(); }
  std::filesystem::path database() const { return dir_.path() / "orchestrator.db"; }

  Answer ask(const Request& request) { return engine_->execute(request, {"alice", "cli"}); }
  Answer submit(const std::string& work_item, std::optional<Stage> from = std::nullopt);
  // The task as soon as `done` holds; the last state seen if it does not within ten seconds.
  Task wait_for(const std::string& work_item, const std::function<bool(const Task&)>& done);
  Task wait_for_state(const std::string& work_item, TaskState state);
  store::Reader& reader() { return *reader_; }
  // What the bare repositories hold when the next engine looks.
  void set_heads(std::map<std::string, std::string> heads) { heads_ = std::move(heads); }
  // Ends the engine, leaves the database, starts another one on it; `between` may change what it
  // finds.
  void restart(const std::function<void()>& between = {});

 private:
  void start();
  void stop();

  orc::test::TempDir dir_;
  std::function<void(config::Generation&)> change_;
  Trust trust_;
  std::map<std::string, std::string> heads_;
  ScriptedLauncher* launcher_ = nullptr;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<store::Reader> reader_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable published_;
  long long turns_ = 0;
};

}  // namespace orc::engine::test
