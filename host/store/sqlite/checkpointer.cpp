// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/checkpointer.h"

#include <utility>

#include "store/sqlite/database.h"

namespace orc::store {

namespace {

// The second time moves what was committed during the first, and leaves the writer almost nothing.
// The connection is a new one each time: none that a fault of the disk has spoilt is kept.
void move_log(const std::filesystem::path& file, Millis busy_timeout) {
  const auto db = Database::open(file, Access::write, busy_timeout);
  if (!db.ok()) return;
  db.value()->checkpoint();
  db.value()->checkpoint();
}

}  // namespace

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::start() {
  {
    const std::lock_guard lock(mutex_);
    if (pass_ == Pass::wanted) return;
    pass_ = Pass::wanted;
  }
  wanted_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

bool Checkpointer::take_ended() {
  const std::lock_guard lock(mutex_);
  if (pass_ != Pass::ended) return false;
  pass_ = Pass::none;
  return true;
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stopping_ || pass_ == Pass::wanted; });
    if (stopping_) return;
    lock.unlock();
    move_log(file_, busy_timeout_);
    lock.lock();
    pass_ = Pass::ended;
  }
}

}  // namespace orc::store
