// SPDX-License-Identifier: Apache-2.0
#include "app/status_line.h"

namespace orc::app {

std::string in_one_line(const engine::Snapshot& status,
                        const std::vector<store::StageCount>& counts) {
  if (!status.fault.empty()) return "not working: " + status.fault;
  std::int64_t queued = 0;
  std::int64_t held = 0;
  std::int64_t waiting = 0;
  for (const store::StageCount& row : counts) {
    if (row.state == TaskState::active && !row.running) queued += row.count;
    if (row.state == TaskState::held) held += row.count;
    if (row.state == TaskState::waiting_human) waiting += row.count;
  }
  std::string line = (status.draining ? "draining: " : "serving: ") +
                     std::to_string(status.running.size()) + " running, " + std::to_string(queued) +
                     " queued";
  if (held > 0) line += ", " + std::to_string(held) + " held";
  if (waiting > 0) line += ", " + std::to_string(waiting) + " for a person";
  return line;
}

}  // namespace orc::app
