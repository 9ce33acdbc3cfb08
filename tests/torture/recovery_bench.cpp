// SPDX-License-Identifier: Apache-2.0
// recovery_bench [FINISHED QUEUED ROUNDS]: a host with that many tasks and three workers at work is
// killed and started again, as often as told; how long from the start of the program until it
// serves, and until the last worker is adopted. Prints JSON.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "base/log.h"
#include "base/time.h"
#include "support/temp_dir.h"
#include "torture/world.h"

namespace {

using namespace orc;
using test::World;
using Ms = World::Ms;

constexpr std::size_t k_workers = 3;
constexpr Ms k_limit{60'000};
constexpr int k_batch = 1000;

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

void add_task(store::Store& store, const HostIdentity& host, int number, bool finished) {
  const WallTime now = wall_now();
  const Stage stage = finished ? Stage::done : Stage::review;
  const std::string name = "B-" + std::to_string(number);
  const Task task = must(store.insert_task({.work_item = name,
                                            .title = "long",
                                            .repo = "none",
                                            .branch = "task/" + name,
                                            .stage = stage,
                                            .state = finished ? TaskState::done : TaskState::active,
                                            .submitted_by = "bench"},
                                           now));
  const Job job =
      must(store.queue_job({.task = task.id, .stage = Stage::review, .run_after = now}, now));
  must(store.append_event({.task = task.id,
                           .kind = "task.submitted",
                           .actor = "bench",
                           .text = name,
                           .data = "{}",
                           .at = now}));
  if (!finished) return;
  must(store.claim_job(job.id, host, 1, now, now));
  must(store.finish_job({job.id, 1, host.instance},
                        {.outcome = "verdict", .producer = "scripted", .at = now}));
  must(store.append_event({.task = task.id,
                           .kind = "task.finished",
                           .actor = "bench",
                           .text = name,
                           .data = "{}",
                           .at = now}));
}

void fill(const World& world, int finished, int queued) {
  const auto store = must(store::open_sqlite(world.database(), Millis{5000}));
  const HostIdentity host = new_host_identity();
  for (int i = 0; i < finished + queued; ++i) {
    if (i % k_batch == 0) must(store->begin());
    if (i == 0) must(store->record_host(host, "bench", wall_now()));
    add_task(*store, host, i, i < finished);
    if (i % k_batch == k_batch - 1 || i + 1 == finished + queued) must(store->commit());
  }
}

// Milliseconds after `start` at which the last line of this id was logged; the log's clock has
// milliseconds.
double last_line(const std::string& log, const std::string& id, std::size_t wanted,
                 WallTime start) {
  std::istringstream lines(log);
  std::size_t found = 0;
  double at = -1;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(id) == std::string::npos) continue;
    const std::size_t time = line.find("T");
    // 2026-11-21T07:26:50.310Z: hours to milliseconds are enough within one day.
    const auto part = [&](std::size_t from, std::size_t count) {
      return std::atof(line.substr(time + from, count).c_str());
    };
    const double of_day = part(1, 2) * 3'600'000 + part(4, 2) * 60'000 + part(7, 6) * 1000;
    at = of_day - static_cast<double>(start.ms % 86'400'000);
    ++found;
  }
  if (found < wanted) throw std::runtime_error("too few lines " + id + ":\n" + log.substr(0, 2000));
  return at;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

nlohmann::json summary(const std::vector<double>& values) {
  return {{"median", median(values)},
          {"least", *std::min_element(values.begin(), values.end())},
          {"most", *std::max_element(values.begin(), values.end())}};
}

void start_and_wait(World& world) {
  world.start();
  if (!world.wait_until_serving(k_limit))
    throw std::runtime_error("does not serve:\n" + world.log());
}

double load() {
  double minute = 0;
  std::ifstream("/proc/loadavg") >> minute;
  return minute;
}

nlohmann::json measure(World& world, int rounds) {
  std::vector<double> serving;
  std::vector<double> adopted;
  start_and_wait(world);
  while (world.runs() < k_workers) (void)world.wait_for_end(Ms{10});
  for (int round = 0; round < rounds; ++round) {
    world.signal(SIGKILL);
    (void)world.wait_for_end(k_limit);
    const WallTime start = wall_now();
    start_and_wait(world);
    serving.push_back(last_line(world.log(), "host.serving", 1, start));
    adopted.push_back(last_line(world.log(), "worker.adopted", k_workers, start));
  }
  return {{"rounds", rounds},
          {"start_to_serving_ms", summary(serving)},
          {"start_to_last_worker_adopted_ms", summary(adopted)},
          {"attempts_begun", world.runs()},
          {"attempts_begun_twice", world.ran_twice().size()},
          {"load_average", load()}};
}

}  // namespace

int main(int argc, char** argv) {
  set_log(LogLevel::error, LogFormat::text);
  const int finished = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const int queued = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 11;
  try {
    const test::TempDir folder;
    std::filesystem::create_directory(folder.path() / "world");
    World world(folder.path() / "world");
    std::filesystem::create_directories(world.state());
    fill(world, finished, queued);
    nlohmann::json all = measure(world, rounds);
    all["finished"] = finished;
    all["queued"] = queued;
    std::puts(nlohmann::json{{"recovery", all}}.dump(2).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "recovery_bench: %s\n", error.what());
    return 1;
  }
}
