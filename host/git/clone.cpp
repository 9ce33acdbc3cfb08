// SPDX-License-Identifier: Apache-2.0
#include "git/clone.h"

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"

namespace orc::git {

namespace {

constexpr std::size_t k_largest_ref = 4096;
constexpr std::size_t k_largest_packed_refs = std::size_t{16} << 20;
constexpr std::string_view k_bare_configuration =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
// The identity lets an agent commit without setting one up.
constexpr std::string_view k_clone_configuration =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
    "\tlogallrefupdates = true\n"
    "[user]\n\tname = Orchestrator\n\temail = orchestrator@localhost\n"
    "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n";
// Everything else in a .git can redirect git, run a program, or is left over from an operation cut
// short.
constexpr std::array<std::string_view, 4> k_kept = {"objects", "refs", "packed-refs", "logs"};

bool is_real_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(std::filesystem::symlink_status(path, error));
}

Status write_configuration(const std::filesystem::path& git_dir, Layout layout) {
  const std::string_view text =
      layout == Layout::bare ? k_bare_configuration : k_clone_configuration;
  return write_file_atomically(git_dir / "config", text, Durability::process, 0644);
}

std::optional<std::string> object_id_in(std::string_view text) {
  text = trim(text);
  if (!is_object_id(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> read_packed(const std::filesystem::path& git_dir,
                                       const std::string& ref) {
  const auto packed = read_beneath(git_dir, "packed-refs", k_largest_packed_refs);
  if (!packed.ok()) return std::nullopt;
  for (const std::string_view line : split(packed.value(), '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.substr(space + 1) != ref) continue;
    return object_id_in(line.substr(0, space));
  }
  return std::nullopt;
}

std::optional<std::string> read_ref(const std::filesystem::path& git_dir, const std::string& ref) {
  const auto loose = read_beneath(git_dir, ref, k_largest_ref);
  if (loose.ok()) return object_id_in(loose.value());
  return read_packed(git_dir, ref);
}

}  // namespace

Status write_empty_repository(const std::filesystem::path& git_dir, Layout layout) {
  ORC_CHECK_OK(make_folder(git_dir / "objects" / "pack"));
  ORC_CHECK_OK(make_folder(git_dir / "refs" / "heads"));
  ORC_CHECK_OK(write_configuration(git_dir, layout));
  return write_file_atomically(git_dir / "HEAD", "ref: refs/heads/main\n", Durability::process,
                               0644);
}

bool is_repository(const std::filesystem::path& git_dir) {
  return is_real_folder(git_dir) && is_real_folder(git_dir / "objects") &&
         is_real_folder(git_dir / "refs");
}

Status make_harmless(const std::filesystem::path& clone, const std::string& branch) {
  const std::filesystem::path git_dir = clone / ".git";
  if (!is_real_folder(clone) || !is_repository(git_dir)) {
    return Error{ErrorKind::malformed,
                 "the task's clone is no repository any more: " + clone.string()};
  }
  std::error_code error;
  std::vector<std::filesystem::path> unwanted = {git_dir / "objects" / "info",
                                                 git_dir / "refs" / "heads" / (branch + ".lock")};
  for (auto it = std::filesystem::directory_iterator(git_dir, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (std::find(k_kept.begin(), k_kept.end(), name) == k_kept.end())
      unwanted.push_back(it->path());
  }
  if (error) return Error{ErrorKind::io, git_dir.string() + ": " + error.message()};
  for (const std::filesystem::path& path : unwanted) ORC_CHECK_OK(remove_tree(path));
  ORC_CHECK_OK(write_configuration(git_dir, Layout::with_work_tree));
  return write_head(clone, branch);
}

std::optional<std::string> read_branch(const std::filesystem::path& clone,
                                       const std::string& branch) {
  return read_ref(clone / ".git", "refs/heads/" + branch);
}

std::vector<std::string> read_tips(const std::filesystem::path& clone, const std::string& branch) {
  constexpr std::string_view k_symbolic = "ref: refs/heads/";
  std::vector<std::string> tips;
  const auto add = [&tips](std::optional<std::string> tip) {
    if (tip && std::find(tips.begin(), tips.end(), *tip) == tips.end()) tips.push_back(*tip);
  };
  add(read_branch(clone, branch));
  const auto head = read_beneath(clone / ".git", "HEAD", k_largest_ref);
  if (!head.ok()) return tips;
  const std::string_view text = trim(head.value());
  add(object_id_in(text));
  if (!text.starts_with(k_symbolic)) return tips;
  const std::string other(text.substr(k_symbolic.size()));
  if (check_branch_name(other).ok()) add(read_branch(clone, other));
  return tips;
}

Status write_head(const std::filesystem::path& clone, const std::string& branch) {
  return write_file_atomically(clone / ".git" / "HEAD", "ref: refs/heads/" + branch + "\n",
                               Durability::process, 0644);
}

}  // namespace orc::git
