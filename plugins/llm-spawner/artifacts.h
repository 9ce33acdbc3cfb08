// SPDX-License-Identifier: Apache-2.0
// Did the agent write what the stage owes? Its own words do not make a file. [any thread]
#pragma once

#include <cstdint>
#include <map>
#include <orchestrator/plugin/sdk.hpp>
#include <string>
#include <vector>

namespace llm_spawner {

// What a program cannot set back on a file: the time of the last change of its inode, with the
// inode itself.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_s = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
using Snapshot = std::map<std::string, FileStamp>;

// The non-empty regular files that fit a rule of the stage.
Snapshot artifact_snapshot(const orchestrator::plugin::Request& request);

// The required rules without a file that is new or changed since `before`.
std::vector<std::string> missing_artifacts(const orchestrator::plugin::Request& request,
                                           const Snapshot& before);

}  // namespace llm_spawner
