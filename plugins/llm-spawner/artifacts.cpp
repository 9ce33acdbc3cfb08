// SPDX-License-Identifier: Apache-2.0
#include "artifacts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "safe_read.h"
#include "text.h"

namespace llm_spawner {
namespace {

namespace fs = std::filesystem;
namespace sdk = orchestrator::plugin;

constexpr std::size_t k_max_artifact = std::size_t{1} << 20;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

// Where the files of one rule ("06-adr/ADR-*.md") lie: a trusted root, a way below it that an agent
// may have filled, and the pattern of the names there.
struct Place {
  std::string root;
  std::string below;
  std::string pattern;
};

Place place_of(const sdk::Request& request, std::string_view rule) {
  const std::string worktree(request.worktree());
  const std::string folder(request.artifact_dir());
  const std::string prefix = worktree + "/";
  Place place{folder, "", std::string(rule)};
  if (!worktree.empty() && folder.compare(0, prefix.size(), prefix) == 0) {
    place = {worktree, folder.substr(prefix.size()) + "/", std::string(rule)};
  }
  const std::size_t slash = place.pattern.rfind('/');
  if (slash != std::string::npos) {
    place.below += place.pattern.substr(0, slash);
    place.pattern = place.pattern.substr(slash + 1);
  }
  return place;
}

struct Entry {
  std::string name;
  bool is_artifact = false;  // a regular file with content
};

std::vector<Entry> entries_at(const Place& place) {
  std::vector<Entry> found;
  const int fd = open_folder_below(place.root, place.below);
  if (fd < 0) return found;
  const Folder folder(::fdopendir(fd));
  if (!folder) {
    ::close(fd);
    return found;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): own stream
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat status {};
    if (::fnmatch(place.pattern.c_str(), entry->d_name, FNM_PERIOD) != 0) continue;
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    found.push_back({entry->d_name, S_ISREG(status.st_mode) && status.st_size > 0});
  }
  return found;
}

// Another file system gets a copy of what can be read; the name in the worktree is free in the end.
bool copy_away(const Place& place, int from, const std::string& name, const fs::path& target) {
  const FileText text = read_below(place.root, place.below + "/" + name, k_max_artifact);
  if (const auto* bytes = std::get_if<std::string>(&text)) write_file(target.string(), *bytes);
  return ::unlinkat(from, name.c_str(), 0) == 0;
}

bool move_away(const Place& place, const std::string& name, const fs::path& folder) {
  const int from = open_folder_below(place.root, place.below);
  if (from < 0) return false;
  const fs::path target = folder / name;
  bool moved = ::renameat(from, name.c_str(), AT_FDCWD, target.c_str()) == 0;
  if (!moved && errno == EXDEV) moved = copy_away(place, from, name, target);
  ::close(from);
  return moved;
}

// The value of a plain `key: value` line of the block, without quotes.
std::string_view value_in(std::string_view line, std::string_view key) {
  if (line.substr(0, key.size()) != key || line.substr(key.size(), 1) != ":") return {};
  line.remove_prefix(key.size() + 1);
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return line.substr(start, line.find_last_not_of(" \t\r") - start + 1);
}

std::optional<std::string> block_problem(std::string_view text, const std::string& key,
                                         const std::vector<std::string_view>& tokens) {
  const auto next_line = [&text] {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line.substr(0, line.find_last_not_of('\r') + 1);
  };
  if (next_line() != "---") return "its first line is not \"---\"";
  std::optional<std::string> verdict;
  for (std::string_view line = next_line(); line != "---"; line = next_line()) {
    if (text.empty()) return "its frontmatter is not closed by a line \"---\"";
    if (value_in(line, key).empty()) continue;
    if (verdict) return "its frontmatter has \"" + key + "\" twice";
    verdict = std::string(value_in(line, key));
  }
  if (!verdict) return "its frontmatter has no line \"" + key + ": …\"";
  if (std::find(tokens.begin(), tokens.end(), *verdict) != tokens.end()) return std::nullopt;
  return "\"" + key + ": " + printable(*verdict, 60) + "\" is none of the allowed verdicts";
}

}  // namespace

std::optional<int> move_artifacts_away(const sdk::Request& request, const std::string& folder,
                                       const std::string& label) {
  int moved = 0;
  for (const sdk::ArtifactRule& rule : request.artifacts()) {
    const Place place = place_of(request, rule.file);
    const fs::path target = fs::path(folder) / label / fs::path(rule.file).parent_path();
    for (const Entry& entry : entries_at(place)) {
      std::error_code error;
      fs::create_directories(target, error);
      if (error || !move_away(place, entry.name, target)) return std::nullopt;
      ++moved;
    }
  }
  return moved;
}

std::vector<std::string> missing_artifacts(const sdk::Request& request) {
  std::vector<std::string> missing;
  for (const sdk::ArtifactRule& rule : request.artifacts()) {
    if (!rule.required) continue;
    const std::vector<Entry> entries = entries_at(place_of(request, rule.file));
    const bool is_there = std::any_of(entries.begin(), entries.end(),
                                      [](const Entry& entry) { return entry.is_artifact; });
    if (!is_there) missing.emplace_back(rule.file);
  }
  return missing;
}

std::optional<std::string> verdict_problem(const sdk::Request& request) {
  const std::string key(request.verdict_key());
  if (key.empty() || request.artifacts().empty()) return std::nullopt;
  const std::string file(request.artifacts().front().file);
  const Place place = place_of(request, file);
  const FileText text = read_below(place.root, place.below + "/" + place.pattern, k_max_artifact);
  if (const auto* bad = std::get_if<Unreadable>(&text)) return file + ": " + bad->text;
  if (std::holds_alternative<Absent>(text)) return file + " is not there";
  const auto problem = block_problem(std::get<std::string>(text), key, request.tokens());
  if (!problem) return std::nullopt;
  return file + ": " + *problem;
}

}  // namespace llm_spawner
