// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "bench.h"
#include "config/generation.h"
#include "engine/engine.h"
#include "support/paths.h"
#include "support/temp_dir.h"

namespace orc::bench {

namespace {

using engine::Engine;

// Notes when each worker was started and when its process ended, with the engine none the wiser.
class TimingLauncher final : public engine::Launcher {
 public:
  TimingLauncher()
      : real_(engine::make_process_launcher(test::bin_dir() + "/orchestrator-worker")) {}
  ~TimingLauncher() override {
    for (std::thread& watcher : watchers_) watcher.join();
  }

  Launched launch(const std::filesystem::path& folder, const jobs::JobRequest& request) override {
    Launched launched = real_->launch(folder, request);
    const MonoTime started = mono_now();
    if (auto* child = std::get_if<process::Child>(&launched)) {
      const std::lock_guard lock(mutex_);
      starts_.push_back(started);
      const int copy = ::dup(child->pidfd.get());
      watchers_.emplace_back([this, copy] { watch(copy); });
    }
    return launched;
  }

  // Milliseconds from each end of a worker to the next start of one.
  std::vector<double> gaps() {
    const std::lock_guard lock(mutex_);
    std::vector<double> gaps;
    for (const MonoTime ended : ends_) {
      const auto next = std::lower_bound(starts_.begin(), starts_.end(), ended);
      if (next != starts_.end())
        gaps.push_back(std::chrono::duration<double, std::milli>(*next - ended).count());
    }
    return gaps;
  }

 private:
  void watch(int pidfd) {
    pollfd watched{pidfd, POLLIN, 0};
    ::poll(&watched, 1, -1);
    const MonoTime ended = mono_now();
    ::close(pidfd);
    const std::lock_guard lock(mutex_);
    ends_.push_back(ended);
  }

  std::unique_ptr<engine::Launcher> real_;
  std::mutex mutex_;
  std::vector<MonoTime> starts_;
  std::vector<MonoTime> ends_;
  std::vector<std::thread> watchers_;
};

config::GenerationPtr build(const std::filesystem::path& folder) {
  std::ofstream file(folder / "orchestrator.yaml");
  file
      << "version: 1\ndaemon: {workers: 2, state_dir: state}\ndb: {url: 'sqlite:///"
      << (folder / "state/o.db").string()
      << "'}\nhttp: {board: {listen: 'off'}}\nrepos: {bench: {self_hosting: true}}\ngates: {serial: {enabled: false}}\nplugin_dirs: ['"
      << test::bin_dir() << "/../bench-plugins" << "']\nplugins: {noop: {repos: '*'}}\nstages:\n";
  for (const StageRule& rule : STAGE_TRANSITIONS)
    file << "  " << to_string(rule.stage) << ": {producers: [noop]}\n";
  file.close();
  config::Built built =
      config::build_generation({.file = folder / "orchestrator.yaml"},
                               test::bin_dir() + "/orchestrator-worker", nullptr);
  if (!built.generation) {
    throw std::runtime_error(built.findings.empty() ? "no generation"
                                                    : to_text(built.findings.front()));
  }
  return built.generation;
}

// Approves whatever waits, as soon as the engine says that something changed.
void approve_until_done(Engine& engine, store::Reader& reader, std::mutex& mutex,
                        std::condition_variable& changed, long long& turns, int tasks) {
  std::set<std::pair<std::int64_t, std::int64_t>> asked;
  while (true) {
    long long seen = 0;
    {
      const std::lock_guard lock(mutex);
      seen = turns;
    }
    const auto waiting = reader.tasks({.state = TaskState::waiting_human, .limit = 1000});
    if (!waiting.ok()) throw std::runtime_error(waiting.error().message);
    for (const Task& task : waiting.value()) {
      if (!asked.insert({task.id.value, task.rev}).second) continue;
      engine.post(engine::Approve{task.work_item, "bench"}, {"bench", "bench"},
                  [](const engine::Answer&) {});
    }
    const auto held = reader.tasks({.state = TaskState::held, .limit = 1});
    if (held.ok() && !held.value().empty())
      throw std::runtime_error("held: " + held.value().front().hold->reason);
    std::int64_t done = 0;
    const auto counts = reader.stage_counts();
    for (const store::StageCount& count : counts.value())
      done += count.state == TaskState::done ? count.count : 0;
    if (done == tasks) return;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return turns != seen; });
  }
}

}  // namespace

nlohmann::json pipeline(int tasks) {
  orc::test::TempDir folder;
  const config::GenerationPtr generation = build(folder.path());
  const config::Config& config = generation->config;
  for (const char* name : {"jobs", "evidence", "work", "verify", "plugin-state"}) {
    std::filesystem::create_directories(config.state_dir / name);
  }
  auto opened = store::open_sqlite(config.database, Millis{5000});
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  auto timing = std::make_unique<TimingLauncher>();
  TimingLauncher& launcher = *timing;
  std::mutex mutex;
  std::condition_variable changed;
  long long turns = 0;
  Engine engine({.store = std::move(opened).value(),
                 .launcher = std::move(timing),
                 .evidence = engine::make_evidence_folders({config.state_dir}),
                 .outbox = std::make_unique<clients::Outbox>(
                     std::map<std::string, std::unique_ptr<clients::Receiver>>{}),
                 .generation = generation,
                 .folders = {config.state_dir},
                 .identity = new_host_identity(),
                 .on_published = [&](const engine::StatusPtr&) {
                   const std::lock_guard lock(mutex);
                   ++turns;
                   changed.notify_all();
                 }});
  if (Status recovered = engine.recover(); !recovered.ok())
    throw std::runtime_error(recovered.error().message);
  std::thread thread([&] { engine.run(); });
  auto reader = store::open_sqlite_reader(config.database, Millis{5000});
  const MonoTime start = mono_now();
  for (int i = 0; i < tasks; ++i) {
    engine.post(
        engine::Submit{.work_item = "B-" + std::to_string(i), .title = "bench", .repo = "bench"},
        {"bench", "bench"}, [](const engine::Answer&) {});
  }
  approve_until_done(engine, *reader.value(), mutex, changed, turns, tasks);
  const double seconds = seconds_since(start);
  engine.stop(engine::StopMode::leave_workers);
  thread.join();
  const std::vector<double> gaps = launcher.gaps();
  return {
      {"tasks", tasks},
      {"stages", tasks * 7},
      {"seconds", seconds},
      {"stages_per_second", tasks * 7 / seconds},
      {"exit_to_next_start_ms", {{"p50", percentile(gaps, 0.5)}, {"p99", percentile(gaps, 0.99)}}}};
}

}  // namespace orc::bench
