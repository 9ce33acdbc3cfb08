// SPDX-License-Identifier: Apache-2.0
#include "engine/reconciler.h"

#include <system_error>

#include "base/log.h"

namespace orc::engine {

namespace {

constexpr int k_most_findings = 1000;  // of one round; the next one sees the rest
constexpr int k_page = 500;
constexpr Millis k_gathering{1000};  // of asks for a round

}  // namespace

Reconciler::~Reconciler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Reconciler::start(std::function<void(ReconcilerRound)> report) {
  report_ = std::move(report);
  thread_ = std::thread([this] { run(); });
}

void Reconciler::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Result<ReconcilerRound> round = look();
    if (round.ok()) {
      report_(std::move(round).value());
    } else {
      log(LogLevel::warning, "reconciler.blind", round.error().message);
    }
    lock.lock();
    changed_.wait_for(lock, parts_.every(), [this] { return stopping_ || asked_; });
    if (asked_) changed_.wait_for(lock, k_gathering, [this] { return stopping_; });
    asked_ = false;
  }
}

void Reconciler::look_soon() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  changed_.notify_all();
}

Result<ReconcilerRound> Reconciler::look() {
  if (!reader_) {
    ORC_TRY(reader_, parts_.open_reader());
  }
  ReconcilerRound round{.at = wall_now()};
  ORC_TRY(round.irregularities, reader_->irregularities(k_most_findings));
  ORC_CHECK_OK(compare_branches(*reader_, round));
  return round;
}

// Only of tasks that wait for a person: wherever else, a job moves the branch or is about to look
// at it itself, and what a person decides on must be what is there.
Status Reconciler::compare_branches(store::Reader& reader, ReconcilerRound& round) {
  std::map<std::string, std::map<std::string, std::string>> heads;
  store::TaskFilter filter{.state = TaskState::waiting_human, .limit = k_page};
  while (true) {
    ORC_TRY(const std::vector<Task> page, reader.tasks(filter));
    for (const Task& task : page) {
      filter.after = task.id;
      const std::filesystem::path bare = parts_.folders.bare(task.repo);
      std::error_code error;
      if (task.head_commit.empty() || !std::filesystem::exists(bare, error)) continue;
      if (!heads.contains(task.repo)) {
        ORC_TRY(heads[task.repo], parts_.heads(bare));
      }
      const auto branch = heads[task.repo].find(task.branch);
      const std::string there = branch == heads[task.repo].end() ? "gone" : "at " + branch->second;
      if (there == "at " + task.head_commit) continue;
      round.moved.push_back(
          {task.id, task.rev,
           "branch " + task.branch + " is " + there + ", the host left it at " + task.head_commit});
    }
    if (page.size() < static_cast<std::size_t>(k_page)) return Done{};
  }
}

}  // namespace orc::engine
