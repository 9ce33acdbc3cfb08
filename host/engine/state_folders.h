// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/ids.h"

namespace orc::engine {

// Where everything outside the database lies. Pure names; nothing is made here. [any thread]
struct StateFolders {
  std::filesystem::path root;

  static std::string attempt_name(JobId job, int attempt) {
    return std::to_string(job.value) + "-" + std::to_string(attempt);
  }
  std::filesystem::path jobs() const { return root / "jobs"; }
  std::filesystem::path job(JobId job, int attempt) const {
    return jobs() / attempt_name(job, attempt);
  }
  // Relative to the root: what the database stores.
  static std::filesystem::path evidence(const std::string& work_item, JobId job, int attempt) {
    return std::filesystem::path("evidence") / work_item / attempt_name(job, attempt);
  }
  std::filesystem::path bare(const std::string& repo) const {
    return root / "repos" / (repo + ".git");
  }
  std::filesystem::path worktree(const std::string& work_item) const {
    return root / "work" / work_item;
  }
  std::filesystem::path verification(JobId job, int attempt) const {
    return root / "verify" / attempt_name(job, attempt);
  }
  std::filesystem::path plugin_state(const std::string& work_item) const {
    return root / "plugin-state" / work_item;
  }
};

}  // namespace orc::engine
