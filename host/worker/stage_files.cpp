// SPDX-License-Identifier: Apache-2.0
#include "worker/stage_files.h"

#include <algorithm>
#include <system_error>

#include "domain/gates.h"

namespace orc::worker {

namespace {

constexpr std::size_t k_most_files = 64;

std::vector<std::string> matching_one(const std::filesystem::path& folder,
                                      const ArtifactRule& artifact) {
  const std::filesystem::path pattern(artifact.file);
  const std::filesystem::path parent = folder / pattern.parent_path();
  std::vector<std::string> names;
  std::error_code error;
  // A link in place of the folder itself is not followed.
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(parent, error))) return names;
  for (auto it = std::filesystem::directory_iterator(parent, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = (pattern.parent_path() / it->path().filename()).string();
    const bool is_file = std::filesystem::is_regular_file(it->symlink_status(error));
    if (is_file && matches(artifact.file, name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> find_stage_files(const std::filesystem::path& folder,
                                          const StageRule& rule) {
  std::vector<std::string> all;
  for (const ArtifactRule& artifact : rule.artifacts) {
    for (std::string& name : matching_one(folder, artifact)) {
      if (all.size() < k_most_files) all.push_back(std::move(name));
    }
  }
  return all;
}

}  // namespace orc::worker
