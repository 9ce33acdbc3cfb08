// SPDX-License-Identifier: Apache-2.0
#include "engine/housekeeping.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"

namespace orc::engine {

namespace {

constexpr std::chrono::hours k_round{24};

std::optional<WallTime> last_touched(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return WallTime{info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000};
}

void remove_or_log(const std::filesystem::path& path) {
  const Status removed = remove_tree(path);
  if (!removed.ok()) log(LogLevel::warning, "housekeeping.left", removed.error().message);
}

}  // namespace

Housekeeping::Housekeeping(StateFolders folders, std::function<Millis()> keep,
                           std::function<std::set<std::filesystem::path>()> libraries_in_use)
    : folders_(std::move(folders)),
      keep_(std::move(keep)),
      libraries_in_use_(std::move(libraries_in_use)) {}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Housekeeping::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeping::task_ended(const std::string& work_item) {
  remove_soon(folders_.worktree(work_item));
}

void Housekeeping::remove_soon(std::filesystem::path folder) {
  {
    const std::lock_guard lock(mutex_);
    to_remove_.push_back(std::move(folder));
  }
  changed_.notify_one();
}

int Housekeeping::remove_older_than(const std::filesystem::path& folder, WallTime limit,
                                    const std::set<std::filesystem::path>& spare) {
  int removed = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::optional<WallTime> touched = last_touched(entry.path());
    if (!touched || *touched >= limit || spare.contains(entry.path())) continue;
    remove_or_log(entry.path());
    ++removed;
  }
  return removed;
}

int Housekeeping::remove_old(WallTime now) {
  const WallTime limit = now + -keep_();
  int removed = remove_older_than(folders_.jobs(), limit, {});
  removed += remove_older_than(folders_.root / "verify", limit, {});
  removed += remove_older_than(folders_.root / "plugins", limit, libraries_in_use_());
  if (removed > 0) {
    log(LogLevel::info, "housekeeping.removed", "removed what had grown old",
        {{"count", std::to_string(removed)}});
  }
  return removed;
}

void Housekeeping::run() {
  MonoTime next_round = mono_now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (to_remove_.empty() && mono_now() < next_round) {
      changed_.wait_until(lock, next_round);
      continue;
    }
    const std::vector<std::filesystem::path> folders = std::move(to_remove_);
    to_remove_.clear();
    lock.unlock();
    for (const std::filesystem::path& folder : folders) remove_or_log(folder);
    if (mono_now() >= next_round) {
      remove_old(wall_now());
      next_round = mono_now() + k_round;
    }
    lock.lock();
  }
}

}  // namespace orc::engine
