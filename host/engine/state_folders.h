// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/ids.h"

namespace orc::engine {

// Where everything outside the database lies. Pure names; nothing is made here. [any thread]
struct StateFolders {
  std::filesystem::path root;  // without a slash at its end

  static std::string attempt_name(JobId job, int attempt) {
    return std::to_string(job.value) + "-" + std::to_string(attempt);
  }
  std::filesystem::path jobs() const { return below("jobs"); }
  std::filesystem::path job(JobId job, int attempt) const {
    return below("jobs/" + attempt_name(job, attempt));
  }
  // Relative to the root: what the database stores.
  static std::filesystem::path evidence(const std::string& work_item, JobId job, int attempt) {
    return "evidence/" + work_item + "/" + attempt_name(job, attempt);
  }
  std::filesystem::path bare(const std::string& repo) const {
    return below("repos/" + repo + ".git");
  }
  std::filesystem::path worktree(const std::string& work_item) const {
    return below("work/" + work_item);
  }
  std::filesystem::path verification(JobId job, int attempt) const {
    return below("verify/" + attempt_name(job, attempt));
  }
  // What a post-deploy monitor has to remember of its rollback.
  std::filesystem::path monitor(std::int64_t id) const {
    return below("monitor/" + std::to_string(id));
  }
  std::filesystem::path plugin_state(const std::string& work_item) const {
    return below("plugin-state/" + work_item);
  }

 private:
  // A path is taken apart once where it is made, and once more for every "/" put to it.
  std::filesystem::path below(const std::string& name) const { return root.native() + "/" + name; }
};

}  // namespace orc::engine
