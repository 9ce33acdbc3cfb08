// SPDX-License-Identifier: Apache-2.0
#include "artifacts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "safe_read.h"

namespace llm_spawner {
namespace {

namespace sdk = orchestrator::plugin;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

// Where the artifacts lie, as a trusted root and a way below it that an agent may have filled.
struct Place {
  std::string root;
  std::string below;
};

Place artifact_place(const sdk::Request& request) {
  const std::string worktree(request.worktree());
  const std::string folder(request.artifact_dir());
  const std::string prefix = worktree + "/";
  if (worktree.empty() || folder.compare(0, prefix.size(), prefix) != 0) return {folder, ""};
  return {worktree, folder.substr(prefix.size()) + "/"};
}

// Adds the files of one rule ("06-adr/ADR-*.md").
void collect(const Place& place, std::string_view rule, Snapshot& found) {
  const std::string path = place.below + std::string(rule);
  const std::size_t slash = path.rfind('/');
  const std::string below = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string pattern = slash == std::string::npos ? path : path.substr(slash + 1);
  const int fd = open_folder_below(place.root, below);
  if (fd < 0) return;
  const Folder folder(::fdopendir(fd));
  if (!folder) {
    ::close(fd);
    return;
  }
  while (const dirent* entry =
             ::readdir(folder.get())) {  // NOLINT(concurrency-mt-unsafe): own stream
    struct stat status {};
    if (::fnmatch(pattern.c_str(), entry->d_name, FNM_PERIOD) != 0) continue;
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode) || status.st_size == 0) continue;
    found[below + "/" + entry->d_name] = {status.st_ino, status.st_size, status.st_ctim.tv_sec,
                                          status.st_ctim.tv_nsec};
  }
}

bool has_fresh(const Snapshot& now, const Snapshot& before) {
  for (const auto& [name, stamp] : now) {
    const auto old = before.find(name);
    if (old == before.end() || !(old->second == stamp)) return true;
  }
  return false;
}

}  // namespace

Snapshot artifact_snapshot(const sdk::Request& request) {
  Snapshot found;
  for (const sdk::ArtifactRule& rule : request.artifacts()) {
    collect(artifact_place(request), rule.file, found);
  }
  return found;
}

std::vector<std::string> missing_artifacts(const sdk::Request& request, const Snapshot& before) {
  std::vector<std::string> missing;
  for (const sdk::ArtifactRule& rule : request.artifacts()) {
    if (!rule.required) continue;
    Snapshot now;
    collect(artifact_place(request), rule.file, now);
    if (!has_fresh(now, before)) missing.emplace_back(rule.file);
  }
  return missing;
}

}  // namespace llm_spawner
