// SPDX-License-Identifier: Apache-2.0
// One writer a database: an exclusive lock on <file>.lock, held for the writer's life. Not on the
// database itself: closing any descriptor of it would drop SQLite's own locks.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace orc::store {

class InstanceLock {
 public:
  // `conflict`, with the holder's process id, if another writer holds it.
  static Result<InstanceLock> acquire(const std::filesystem::path& database);

 private:
  explicit InstanceLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace orc::store
