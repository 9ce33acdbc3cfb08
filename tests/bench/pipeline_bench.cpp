// SPDX-License-Identifier: Apache-2.0
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
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

namespace orc::bench {

namespace {

using engine::Engine;

// Notes when each worker was started and when its process ended, with the engine none the wiser:
// one thread beside it waits for all of them.
class TimingLauncher final : public engine::Launcher {
 public:
  TimingLauncher()
      : real_(engine::make_process_launcher(test::bin_dir() + "/orchestrator-worker")),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    watch(stop_.get());
    watcher_ = std::thread([this] { note_ends(); });
  }
  ~TimingLauncher() override {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof(one));
    watcher_.join();
  }

  Launched launch(const std::filesystem::path& folder, const jobs::JobRequest& request) override {
    Launched launched = real_->launch(folder, request);
    const MonoTime started = mono_now();
    if (auto* child = std::get_if<process::Child>(&launched)) {
      {
        const std::lock_guard lock(mutex_);
        starts_.push_back(started);
      }
      watch(::dup(child->pidfd.get()));
    }
    return launched;
  }
  jobs::WorkerEnd end_of(const process::Child& worker) override { return real_->end_of(worker); }

  // Milliseconds from each end of a worker to the next start of one, and forgets them.
  std::vector<double> take_gaps() {
    const std::lock_guard lock(mutex_);
    std::vector<double> gaps;
    for (const MonoTime ended : ends_) {
      const auto next = std::lower_bound(starts_.begin(), starts_.end(), ended);
      if (next != starts_.end())
        gaps.push_back(std::chrono::duration<double, std::milli>(*next - ended).count());
    }
    starts_.clear();
    ends_.clear();
    return gaps;
  }

 private:
  void watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void note_ends() {
    while (true) {
      epoll_event event{};
      if (::epoll_wait(epoll_.get(), &event, 1, -1) != 1) continue;
      const MonoTime ended = mono_now();
      if (event.data.fd == stop_.get()) return;
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
      ::close(event.data.fd);
      const std::lock_guard lock(mutex_);
      ends_.push_back(ended);
    }
  }

  std::unique_ptr<engine::Launcher> real_;
  UniqueFd epoll_;
  UniqueFd stop_;
  std::mutex mutex_;
  std::vector<MonoTime> starts_;
  std::vector<MonoTime> ends_;
  std::thread watcher_;
};

config::GenerationPtr build(const std::filesystem::path& folder, int workers) {
  std::ofstream file(folder / "orchestrator.yaml");
  file << "version: 1\ndaemon: {workers: " << workers
       << ", state_dir: state}\ndb: {url: 'sqlite:///" << (folder / "state/o.db").string()
       << "'}\nhttp: {board: {listen: 'off'}}\nrepos: {bench: {self_hosting: true}}\ngates: "
          "{serial: {enabled: false}}\nplugin_dirs: ['"
       << test::bin_dir() << "/../bench-plugins"
       << "']\nplugins: {noop: {repos: '*'}}\nstages:\n";
  for (const StageRule& rule : STAGE_TRANSITIONS)
    file << "  " << to_string(rule.stage) << ": {producers: [noop]}\n";
  file.close();
  config::Built built = config::build_generation({.file = folder / "orchestrator.yaml"},
                                                 test::bin_dir() + "/orchestrator-worker", nullptr);
  if (!built.generation) {
    throw std::runtime_error(built.findings.empty() ? "no generation"
                                                    : to_text(built.findings.front()));
  }
  return built.generation;
}

// An engine on a folder of its own, its thread, and somebody who approves whatever waits.
class Pipeline {
 public:
  Pipeline(const std::filesystem::path& folder, int workers) : generation_(build(folder, workers)) {
    const config::Config& config = generation_->config;
    for (const char* name : {"jobs", "evidence", "work", "verify", "plugin-state"}) {
      std::filesystem::create_directories(config.state_dir / name);
    }
    auto opened = store::open_sqlite(config.database, Millis{5000});
    auto reader = store::open_sqlite_reader(config.database, Millis{5000});
    if (!opened.ok()) throw std::runtime_error(opened.error().message);
    if (!reader.ok()) throw std::runtime_error(reader.error().message);
    reader_ = std::move(reader).value();
    auto timing = std::make_unique<TimingLauncher>();
    launcher_ = timing.get();
    engine_ = std::make_unique<Engine>(
        Engine::Parts{.store = std::move(opened).value(),
                      .launcher = std::move(timing),
                      .evidence = engine::make_evidence_folders({config.state_dir}),
                      .outbox = std::make_unique<clients::Outbox>(
                          std::map<std::string, std::unique_ptr<clients::Receiver>>{}),
                      .generation = generation_,
                      .folders = {config.state_dir},
                      .identity = new_host_identity(),
                      .on_published = [this](const engine::StatusPtr& status) {
                        const std::lock_guard lock(mutex_);
                        transitions_ = status->transitions;
                        ++turns_;
                        changed_.notify_all();
                      }});
    if (Status recovered = engine_->recover(); !recovered.ok())
      throw std::runtime_error(recovered.error().message);
    thread_ = std::thread([this] { engine_->run(); });
  }
  ~Pipeline() {
    engine_->stop(engine::StopMode::leave_workers);
    thread_.join();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Seconds from handing in so many tasks to the last one's end.
  double run(int tasks) {
    const MonoTime start = mono_now();
    wanted_ += tasks * static_cast<std::int64_t>(STAGE_TRANSITIONS.size());
    for (int i = 0; i < tasks; ++i) {
      engine_->post(
          engine::Submit{
              .work_item = "B-" + std::to_string(submitted_++), .title = "bench", .repo = "bench"},
          {"bench", "bench"}, [](const engine::Answer&) {});
    }
    // The looks of the one who approves are work of the bench, not of the host: few, unless there
    // is one task whose time they would add to.
    const Millis between_looks(tasks == 1 ? 0 : 5);
    while (!is_done(between_looks)) approve();
    return seconds_since(start);
  }
  std::vector<double> take_gaps() { return launcher_->take_gaps(); }

 private:
  bool is_done(Millis at_least) {
    std::this_thread::sleep_for(at_least);
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, k_patience, [&] { return turns_ != seen_; }))
      throw std::runtime_error("nothing happens any more: is a task held?");
    seen_ = turns_;
    return transitions_ == wanted_;
  }
  void approve() {
    const auto waiting = reader_->tasks({.state = TaskState::waiting_human, .limit = 1000});
    if (!waiting.ok()) throw std::runtime_error(waiting.error().message);
    for (const Task& task : waiting.value()) {
      if (!asked_.insert({task.id.value, task.rev}).second) continue;
      engine_->post(engine::Approve{task.work_item, "bench"}, {"bench", "bench"},
                    [](const engine::Answer&) {});
    }
  }

  static constexpr Millis k_patience{20'000};
  const config::GenerationPtr generation_;
  std::unique_ptr<store::Reader> reader_;
  TimingLauncher* launcher_ = nullptr;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  long long turns_ = 0;
  std::int64_t transitions_ = 0;
  long long seen_ = 0;
  std::int64_t wanted_ = 0;
  int submitted_ = 0;
  std::set<std::pair<std::int64_t, std::int64_t>> asked_;
};

}  // namespace

nlohmann::json one_task_alone(int rounds) {
  Pipeline pipeline(lasting_folder(), 2);
  std::vector<double> milliseconds;
  for (int round = 0; round < rounds; ++round) milliseconds.push_back(pipeline.run(1) * 1000);
  return {{"rounds", rounds},
          {"first_ms", milliseconds.front()},
          {"median_ms", percentile(milliseconds, 0.5)},
          {"worst_ms", percentile(milliseconds, 1)}};
}

// Rounds of both, in turn, so that what else the machine does meets both alike.
nlohmann::json pipeline(const std::filesystem::path& plugin, int tasks, int rounds, int workers) {
  Pipeline line(lasting_folder(), workers);
  const int each = std::max(1, tasks / rounds);
  const int stages = each * static_cast<int>(STAGE_TRANSITIONS.size());
  std::vector<double> rates;
  std::vector<double> ceilings;
  std::vector<double> shares;
  std::vector<double> gaps;
  for (int round = 0; round < rounds; ++round) {
    const double before = empty_workers_per_second(plugin, stages / 4 + 1, 2);
    rates.push_back(stages / line.run(each));
    const double after = empty_workers_per_second(plugin, stages / 4 + 1, 2);
    ceilings.push_back((before + after) / 2);
    shares.push_back(rates.back() / ceilings.back());
    const std::vector<double> of_round = line.take_gaps();
    gaps.insert(gaps.end(), of_round.begin(), of_round.end());
  }
  return {
      {"tasks", each * rounds},
      {"rounds", rounds},
      {"workers", workers},
      {"stages_per_second", percentile(rates, 0.5)},
      {"empty_workers_per_second_2_in_flight", percentile(ceilings, 0.5)},
      {"share_of_ceiling", percentile(shares, 0.5)},
      {"share_of_ceiling_worst", percentile(shares, 0)},
      {"share_of_ceiling_best", percentile(shares, 1)},
      {"exit_to_next_start_ms", {{"p50", percentile(gaps, 0.5)}, {"p99", percentile(gaps, 0.99)}}}};
}

}  // namespace orc::bench
