// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/generation.h"
#include "engine/state_folders.h"
#include "jobs/job_folder.h"

namespace orc::engine {

// What the configuration says about the task's repository; a repository that it does not name gets
// an empty contract and the default branch "main". Copies nothing: the configuration lives longer.
class RepoOf {
 public:
  RepoOf(const config::Config& config, const Task& task);
  const config::Repo& operator*() const { return unlisted_ ? *unlisted_ : *listed_; }
  const config::Repo* operator->() const { return &**this; }

 private:
  const config::Repo* listed_ = nullptr;
  std::optional<config::Repo> unlisted_;
};
// Whether a mechanism is switched on for the repository of this name.
bool covers(const config::Switch& mechanism, const config::Config& config, const std::string& repo);

// Everything the worker needs to know about one attempt. Pure. [any thread]
jobs::JobRequest build_request(const Task& task, const Job& job,
                               const config::Generation& generation,
                               const std::vector<jobs::RequestLink>& links,
                               const StateFolders& folders, const std::string& run_id);

}  // namespace orc::engine
