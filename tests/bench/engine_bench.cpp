// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <time.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "bench.h"
#include "engine/engine.h"
#include "support/temp_dir.h"

namespace orc::bench {

namespace {

using engine::Engine;
using engine::StatusPtr;

// Completes every job at once; where a human will be asked next, the human answers at once.
class InstantLauncher final : public engine::Launcher {
 public:
  std::function<void(const std::string& work_item)> approve;

  Launched launch(const std::filesystem::path&, const jobs::JobRequest& request) override {
    if (request.stage == Stage::analysis || request.stage == Stage::deploy_staging)
      approve(request.work_item);
    ++launched;
    return jobs::WorkerReport{.outcome = Verdict{"", "done"},
                              .decisions = {{0, "noop", Decision::accepted, "in_scope", ""}},
                              .producer = "noop"};
  }
  jobs::WorkerEnd end_of(const process::Child&) override { return {}; }
  int launched = 0;
};

class InstantEvidence final : public engine::EvidenceStore {
 public:
  Result<engine::Intake> take_in(const Task& task, const Job& job, const jobs::WorkerReport&,
                                 WallTime) override {
    engine::Intake intake;
    for (const ArtifactRule& owed : find_rule(job.stage)->artifacts) {
      if (owed.presence == Presence::required)
        intake.evidence.push_back(good(task.work_item, job.stage, job.attempt, owed));
    }
    return intake;
  }
  std::vector<Evidence> read_again(const std::vector<ArtifactRecord>&) override { return {}; }

 private:
  static Evidence good(const std::string& work_item, Stage stage, int attempt,
                       const ArtifactRule& owed) {
    std::string name(owed.file);
    if (const auto star = name.find('*'); star != std::string::npos) name.replace(star, 1, "1");
    const StageRule& rule = *find_rule(stage);
    Evidence evidence{.name = name, .attempt = attempt};
    evidence.fields = {{"work_item", work_item, 2}, {"stage", std::string(to_string(stage)), 3}};
    if (!rule.tokens.empty()) {
      evidence.fields.push_back(
          {std::string(rule.verdict_key), std::string(rule.tokens.front().token), 4});
    }
    return evidence;
  }
};

config::GenerationPtr generation(const std::filesystem::path& state, int workers) {
  auto made = std::make_shared<config::Generation>();
  made->number = 1;
  made->config.state_dir = state;
  made->config.workers = workers;
  // One repository alone: the gate would measure how long one task takes, not how many run.
  made->config.serial_gate.enabled = false;
  made->config.repos["bench"] = {.name = "bench", .contract = "{}"};
  made->config.plugins["noop"] = {
      .name = "noop", .type = "noop", .repos = RepoScope::parse("*"), .settings = "{}"};
  made->plugins["noop"] = {.name = "noop", .library = "/none", .stages = {"*"}};
  for (const StageRule& rule : STAGE_TRANSITIONS)
    made->config.stages[rule.stage].producers = {"noop"};
  return made;
}

struct Progress {
  std::mutex mutex;
  std::condition_variable changed;
  std::int64_t transitions = 0;
  std::int64_t batches = 0;
  std::int64_t awaited = 1;  // transitions: nobody is woken before
};

std::unique_ptr<Engine> make_engine(const std::filesystem::path& state, int workers,
                                    InstantLauncher*& launcher, Progress& progress) {
  auto opened = store::open_sqlite(state / "bench.db", Millis{5000});
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  auto owned = std::make_unique<InstantLauncher>();
  launcher = owned.get();
  auto engine = std::make_unique<Engine>(
      Engine::Parts{.store = std::move(opened).value(),
                    .launcher = std::move(owned),
                    .evidence = std::make_unique<InstantEvidence>(),
                    .outbox = std::make_unique<clients::Outbox>(
                        std::map<std::string, std::unique_ptr<clients::Receiver>>{}),
                    .generation = generation(state, workers),
                    .folders = {state},
                    .identity = new_host_identity(),
                    .on_published = [&progress](const StatusPtr& status) {
                      const std::lock_guard lock(progress.mutex);
                      progress.transitions = status->transitions;
                      ++progress.batches;
                      if (progress.transitions >= progress.awaited) progress.changed.notify_all();
                    }});
  return engine;
}

}  // namespace

double cpu_seconds_of(std::thread& thread) {
  clockid_t clock{};
  timespec used{};
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return 0;
  ::clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void submit_tasks(Engine& engine, int tasks) {
  std::promise<void> last;
  for (int i = 0; i < tasks; ++i) {
    engine.post(engine::Submit{.work_item = "B-" + std::to_string(i),
                               .title = "bench",
                               .repo = "bench",
                               .branch = "b-" + std::to_string(i),
                               .from = Stage::architecture},
                {"bench", "bench"}, [&last, is_last = i + 1 == tasks](const engine::Answer&) {
                  if (is_last) last.set_value();
                });
  }
  last.get_future().wait();
}

// Stages with human gates are left out of the timed path: tasks start at architecture and the clock
// stops at the door of the deploy, so that every transition is made by a job's end. The tasks are
// submitted before the clock starts, while the configuration allows no worker.
nlohmann::json engine_alone(int tasks, int in_flight) {
  orc::test::TempDir folder;
  Progress progress;
  InstantLauncher* launcher = nullptr;
  auto engine = make_engine(folder.path(), 0, launcher, progress);
  launcher->approve = [](const std::string&) {};
  if (Status recovered = engine->recover(); !recovered.ok())
    throw std::runtime_error(recovered.error().message);
  std::thread thread([&] { engine->run(); });
  submit_tasks(*engine, tasks);
  constexpr int k_transitions_per_task = 5;  // architecture … deploy
  const double cpu = cpu_seconds_of(thread);
  const MonoTime start = mono_now();
  std::unique_lock lock(progress.mutex);
  const std::int64_t batches = progress.batches;
  progress.awaited = std::int64_t{tasks} * k_transitions_per_task;
  lock.unlock();
  engine->use_generation(generation(folder.path(), in_flight));
  lock.lock();
  progress.changed.wait(
      lock, [&] { return progress.transitions >= progress.awaited; });
  const std::int64_t transitions = progress.transitions;
  const double seconds = seconds_since(start);
  const auto made = static_cast<double>(transitions);
  const double per_batch = made / static_cast<double>(progress.batches - batches);
  lock.unlock();
  const double cpu_us = (cpu_seconds_of(thread) - cpu) / made * 1e6;
  engine->stop(engine::StopMode::leave_workers);
  thread.join();
  return {{"tasks", tasks},
          {"in_flight", in_flight},
          {"transitions", transitions},
          {"transitions_per_batch", per_batch},
          {"cpu_us_per_transition", cpu_us},
          {"transitions_per_second", made / seconds}};
}

nlohmann::json restart(int finished, int queued) {
  orc::test::TempDir folder;
  {
    auto opened = store::open_sqlite(folder.path() / "bench.db", Millis{5000});
    if (!opened.ok()) throw std::runtime_error(opened.error().message);
    store::Store& store = *opened.value();
    const HostIdentity host = new_host_identity();
    const WallTime now = wall_now();
    (void)store.begin();
    (void)store.record_host(host, "bench", now);
    for (int i = 0; i < finished + queued; ++i) {
      const bool done = i < finished;
      const Stage stage = done ? Stage::done : Stage::development;
      auto task = store.insert_task({.work_item = "B-" + std::to_string(i),
                                     .title = "bench",
                                     .repo = "bench",
                                     .branch = "b-" + std::to_string(i),
                                     .stage = stage,
                                     .state = done ? TaskState::done : TaskState::active},
                                    now);
      if (!task.ok()) throw std::runtime_error(task.error().message);
      auto job = store.queue_job(
          {.task = task.value().id, .stage = Stage::development, .run_after = now}, now);
      if (!job.ok()) throw std::runtime_error(job.error().message);
      if (done) {
        (void)store.claim_job(job.value().id, host, 1, now, now);
        (void)store.finish_job({job.value().id, 1, host.instance},
                               {.outcome = "verdict", .producer = "noop", .at = now});
      }
    }
    if (Status committed = store.commit(); !committed.ok())
      throw std::runtime_error(committed.error().message);
  }
  Progress progress;
  InstantLauncher* launcher = nullptr;
  const MonoTime start = mono_now();
  auto engine = make_engine(folder.path(), 2, launcher, progress);
  launcher->approve = [](const std::string&) {};
  if (Status recovered = engine->recover(); !recovered.ok())
    throw std::runtime_error(recovered.error().message);
  const double recovered_ms = seconds_since(start) * 1000;
  std::thread thread([&] { engine->run(); });
  {
    std::unique_lock lock(progress.mutex);
    progress.changed.wait(lock, [&] { return progress.transitions > 0; });
  }
  const double first_ms = seconds_since(start) * 1000;
  engine->stop(engine::StopMode::leave_workers);
  thread.join();
  return {{"finished_tasks", finished},
          {"queued_jobs", queued},
          {"recovered_ms", recovered_ms},
          {"first_transition_ms", first_ms}};
}

}  // namespace orc::bench
