// SPDX-License-Identifier: Apache-2.0
// The reaper's eyes: what a worker's folder says about whether it still works. Times are monotonic:
// a step of the clock makes nobody silent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "jobs/job_folder.h"

namespace orc::engine {

// Changes whenever the worker writes its progress or its log.
struct SignOfLife {
  std::int64_t progress_ns = 0;
  std::int64_t log_ns = 0;
  std::int64_t log_size = 0;
  bool operator==(const SignOfLife&) const = default;
};
SignOfLife look_for_sign(const std::filesystem::path& folder);

// How long the worker may be silent: the limit of the plugin that is at work, or the general one.
// 0: for ever.
Millis silence_limit(const config::Config& config, const std::vector<jobs::RequestLink>& links,
                     const std::filesystem::path& folder);

}  // namespace orc::engine
