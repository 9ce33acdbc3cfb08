// SPDX-License-Identifier: Apache-2.0
// How fast the store is, against the ceiling of the same run: durable stage transitions a second by
// batch size, the bare rate of one-row commits in the same file system, and what the reads behind
// /queue and /status cost beside many finished tasks. The processor time of a transition is what
// stays comparable on a busy machine.
//   store_bench [FOLDER [FINISHED TASKS]]
#include <sqlite3.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/process_identity.h"
#include "store/store.h"
#include "support/temp_dir.h"

namespace {

using namespace orc;

constexpr WallTime k_now{1'800'000'000'000};
constexpr double k_seconds_each = 1.0;
constexpr int k_rounds = 5;

double seconds_since(MonoTime start) {
  return std::chrono::duration<double>(mono_now() - start).count();
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Rate {
  double a_second = 0;
  double cpu_us = 0;  // processor time of one
};

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

void expect_written(Result<store::Write> result) {
  if (must(std::move(result)) != store::Write::written) std::abort();
}

// One row of some hundred bytes a commit, in the mode that the store uses.
Rate bare_commits(const std::filesystem::path& folder) {
  sqlite3* db = nullptr;
  sqlite3_open((folder / "bare.db").c_str(), &db);
  sqlite3_exec(db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
               "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO t (text) VALUES (?1)", -1, &insert, nullptr);
  const std::string text(200, 'x');
  sqlite3_bind_text(insert, 1, text.c_str(), -1, SQLITE_STATIC);
  const MonoTime start = mono_now();
  const double cpu = cpu_seconds();
  int commits = 0;
  while (seconds_since(start) < k_seconds_each) {
    if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
    sqlite3_reset(insert);
    ++commits;
  }
  const Rate rate{commits / seconds_since(start), (cpu_seconds() - cpu) / commits * 1e6};
  sqlite3_finalize(insert);
  sqlite3_close(db);
  std::filesystem::remove(folder / "bare.db");
  return rate;
}

class Pipeline {
 public:
  Pipeline(store::Store& store, int in_flight) : store_(store), owner_(new_host_identity()) {
    must(store_.begin());
    must(store_.record_host(owner_, "bench", k_now));
    for (int i = 0; i < in_flight; ++i) live_.push_back(start());
    must(store_.commit());
  }

  // Every task in flight makes one transition, in one batch.
  void round() {
    must(store_.begin());
    for (Live& live : live_) step(live);
    must(store_.commit());
  }

 private:
  struct Live {
    Task task;
    Job job;
  };

  Live start() {
    Live live;
    store::NewTask task{.work_item = "B-" + std::to_string(must(store_.next_task_number())),
                        .title = "a task of the benchmark",
                        .request = std::string(600, 'r'),
                        .repo = "demo",
                        .branch = "task/bench",
                        .submitted_by = "bench"};
    live.task = must(store_.insert_task(task, k_now));
    start_job(live);
    return live;
  }

  void start_job(Live& live) {
    live.job =
        must(store_.start_job({.task = live.task.id, .stage = live.task.stage, .run_after = k_now},
                              owner_, 1, k_now, k_now + Millis{60'000}));
  }

  void step(Live& live) {
    expect_written(store_.finish_job({live.job.id, live.job.attempt, owner_.instance},
                                     {.stage = live.job.stage,
                                      .outcome = "verdict",
                                      .reason = "none",
                                      .text = "41 tests passed",
                                      .producer = "test-runner",
                                      .at = k_now,
                                      .decisions = {{0, "test-runner", Decision::accepted,
                                                     "in_scope", "has a test contract"}}}));
    const StageRule& rule = *find_rule(live.task.stage);
    Task next = live.task;
    next.stage = rule.on_pass;
    next.stage_since = k_now;
    if (next.stage == Stage::done) next.state = TaskState::done;
    expect_written(store_.write_task({live.task.id, live.task.stage, live.task.state, live.task.rev}, next, k_now));
    ++next.rev;
    must(store_.append_event({.task = live.task.id,
                              .kind = "stage.transition",
                              .actor = "engine",
                              .text = "testing → deploy-staging",
                              .data = R"({"from":"testing","to":"deploy-staging"})",
                              .at = k_now}));
    live.task = next;
    if (next.stage == Stage::done) {
      live = start();
    } else {
      start_job(live);
    }
  }

  store::Store& store_;
  HostIdentity owner_;
  std::vector<Live> live_;
};

Rate transitions(const std::filesystem::path& folder, int batch) {
  const auto file = folder / ("batch-" + std::to_string(batch)) / "state.db";
  Rate rate;
  {
    const auto store = must(store::open_sqlite(file, Millis{5000}));
    Pipeline pipeline(*store, batch);
    for (int i = 0; i < 20; ++i) pipeline.round();
    const MonoTime start = mono_now();
    const double cpu = cpu_seconds();
    double done = 0;
    while (seconds_since(start) < k_seconds_each) {
      pipeline.round();
      done += batch;
    }
    rate = {done / seconds_since(start), (cpu_seconds() - cpu) / done * 1e6};
  }
  std::filesystem::remove_all(file.parent_path());
  return rate;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const std::string& name, const std::vector<Rate>& rates) {
  std::vector<double> each;
  std::vector<double> cpu;
  for (const Rate& rate : rates) {
    each.push_back(rate.a_second);
    cpu.push_back(rate.cpu_us);
  }
  std::printf("%-24s %8.0f/s  best %8.0f/s  %7.2f us of processor time each\n", name.c_str(),
              median(each), *std::max_element(each.begin(), each.end()), median(cpu));
}

void time_read(const char* name, const std::function<void()>& read) {
  std::vector<double> all;
  for (int i = 0; i < 21; ++i) {
    const MonoTime start = mono_now();
    read();
    all.push_back(seconds_since(start) * 1e3);
  }
  std::printf("  %-22s %8.3f ms\n", name, median(all));
}

void fill(store::Store& store, int finished) {
  constexpr int k_at_once = 500;
  for (int made = 0; made < finished; made += k_at_once) {
    Pipeline pipeline(store, k_at_once);
    // Seven stages; the last round starts k_at_once new tasks, which the next turn leaves open.
    for (std::size_t stage = 0; stage + 1 < STAGE_TRANSITIONS.size(); ++stage) pipeline.round();
  }
}

// Ends every task that is at its last stage, and cancels nothing: what stays is what the reads see
// as open.
void end_all(store::Store& store) {
  must(store.begin());
  for (const store::LiveJob& live : must(store.running_jobs())) {
    expect_written(store.finish_job(
        {live.job.id, live.job.attempt, live.job.owner.instance},
        {.stage = live.job.stage, .outcome = "verdict", .reason = "none", .producer = "deploy-finalizer", .at = k_now}));
    Task next = live.task;
    next.stage = Stage::done;
    next.state = TaskState::done;
    expect_written(store.write_task({live.task.id, live.task.stage, live.task.state, live.task.rev}, next, k_now));
  }
  must(store.commit());
}

void reads(const std::filesystem::path& folder, int finished) {
  const auto file = folder / "reads" / "state.db";
  std::filesystem::remove_all(file.parent_path());
  {
    const auto store = must(store::open_sqlite(file, Millis{5000}));
    fill(*store, finished);
    end_all(*store);
    const Pipeline open(*store, 50);
    std::printf("%d finished and 50 running tasks, %.0f MB\n", finished,
                static_cast<double>(std::filesystem::file_size(file)) / 1e6);
    time_read("due_jobs + next_due", [&] {
      must(store->due_jobs(k_now, 64));
      must(store->next_due(k_now));
    });
    const auto reader = must(store::open_sqlite_reader(file, Millis{5000}));
    time_read("live_jobs", [&] { must(reader->live_jobs(1000)); });
    time_read("stage_counts", [&] { must(reader->stage_counts()); });
    time_read("outcome_counts", [&] { must(reader->outcome_counts()); });
    time_read("open_alerts", [&] { must(reader->open_alerts()); });
    time_read("kills", [&] { must(reader->kills(k_now)); });
    time_read("held tasks", [&] { must(reader->tasks({.state = TaskState::held})); });
    time_read("one task's events", [&] { must(reader->events({}, TaskId{77}, 100)); });
    time_read("events of the end", [&] { must(reader->events(EventId{1'000'000'000}, {}, 100)); });
  }
  time_read("open after clean end",
            [&] { must(store::open_sqlite(file, Millis{5000}))->rollback(); });
  std::filesystem::remove_all(file.parent_path());
}

}  // namespace

int main(int argc, char** argv) {
  const test::TempDir temporary;
  const std::filesystem::path folder = argc > 1 ? std::filesystem::path(argv[1]) : temporary.path();
  const int finished = argc > 2 ? std::atoi(argv[2]) : 100'000;

  constexpr std::array k_batches{1, 8, 64, 512};
  std::vector<Rate> bare;
  std::array<std::vector<Rate>, k_batches.size()> rates;
  for (int round = 0; round < k_rounds; ++round) {
    bare.push_back(bare_commits(folder));
    for (std::size_t i = 0; i < k_batches.size(); ++i) {
      rates[i].push_back(transitions(folder, k_batches[i]));
    }
  }
  print("bare commits", bare);
  for (std::size_t i = 0; i < k_batches.size(); ++i) {
    print("transitions, batch " + std::to_string(k_batches[i]), rates[i]);
  }
  if (finished > 0) reads(folder, finished);
  return 0;
}
