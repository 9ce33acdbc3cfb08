// SPDX-License-Identifier: Apache-2.0
// Putting a branch on another base, with objects alone: no work tree, no index, nothing of the
// repository's own configuration, hooks, filters or merge drivers has a say.
#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "domain/names.h"
#include "git/clone.h"
#include "git/command.h"
#include "git/repository.h"

namespace orc::git {

namespace {

// The headers of a commit object; what follows the first empty line is its message.
struct RawCommit {
  std::string tree;
  std::vector<std::string> parents;
  std::string author;
  std::string encoding;  // the whole line, or nothing
  std::string message;
};

Result<RawCommit> read_commit(const Place& place, const std::string& id) {
  ORC_TRY(const Command::Answer answer,
          Command(place, "cat-file").option("commit").object(id).run());
  RawCommit commit;
  std::string_view rest = answer.out;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) break;
    if (line.starts_with("tree ")) commit.tree = line.substr(5);
    if (line.starts_with("parent ")) commit.parents.emplace_back(line.substr(7));
    if (line.starts_with("author ")) commit.author = line;
    if (line.starts_with("encoding ")) commit.encoding = line;
  }
  commit.message = rest;
  if (is_object_id(commit.tree) && !commit.author.empty()) return commit;
  return Error{ErrorKind::malformed, "commit " + id + " has no tree or no author"};
}

std::string committer_line() {
  return "committer Orchestrator <orchestrator@localhost> " +
         std::to_string(wall_now().ms / 1000) + " +0000\n";
}

// A signature is not taken along: it was made over another commit.
Result<std::string> write_commit(const Place& place, const RawCommit& commit) {
  std::string text = "tree " + commit.tree + "\n";
  for (const std::string& parent : commit.parents) text += "parent " + parent + "\n";
  text += commit.author + "\n" + committer_line();
  if (!commit.encoding.empty()) text += commit.encoding + "\n";
  return Command(place, "hash-object")
      .option("-t")
      .option("commit")
      .option("-w")
      .option("--stdin")
      .input(text + "\n" + commit.message)
      .output();
}

struct Merged {
  std::string tree;
  std::vector<std::string> conflicts;
};

// git-merge-tree(1): exit code 1 is a conflict; the first line is a tree, the paths in conflict
// follow it.
Result<Merged> merge_trees(const Place& place, const std::string& ours,
                           const std::string& theirs) {
  Command merge(place, "merge-tree");
  merge.option("--write-tree").option("--name-only").option("--no-messages").option("-z");
  ORC_TRY(const Command::Answer answer, merge.object(ours).object(theirs).also_fine(1).run());
  Merged merged;
  const std::vector<std::string_view> lines = split(answer.out, '\0');
  if (!lines.empty()) merged.tree = lines.front();
  if (!is_object_id(merged.tree))
    return Error{ErrorKind::internal, "git merge-tree named no tree"};
  if (answer.exit_code == 0) return merged;
  for (std::size_t i = 1; i < lines.size() && !lines[i].empty(); ++i)
    merged.conflicts.push_back(printable(to_utf8(lines[i])));
  if (merged.conflicts.empty()) merged.conflicts.emplace_back("(git names no file)");
  return merged;
}

// What `commit` changed, on top of `onto`: git-merge-tree finds the merge base itself, so `onto`'s
// tree is dressed as a sibling of `commit`.
Result<Merged> replay(const Place& place, const RawCommit& commit, const std::string& id,
                      const std::string& onto_tree, const std::string& parent_tree) {
  if (onto_tree == parent_tree) return Merged{.tree = commit.tree};
  RawCommit sibling = commit;
  sibling.tree = onto_tree;
  ORC_TRY(const std::string dressed, write_commit(place, sibling));
  return merge_trees(place, dressed, id);
}

Result<std::vector<std::string>> missing_commits(const Place& place, const std::string& head,
                                                 const std::string& base, const char* only) {
  Command list(place, "rev-list");
  list.option("--reverse").option("--topo-order").option(only).object(head);
  ORC_TRY(const std::string answer, list.option("^", base).output());
  std::vector<std::string> ids;
  for (const std::string_view line : split(answer, '\n')) {
    if (!line.empty()) ids.emplace_back(line);
  }
  return ids;
}

}  // namespace

Result<std::string> Repository::upstream_head(const std::string& branch) {
  ORC_CHECK_OK(check_branch_name(branch));
  return Command(Place{bare_, environment_}, "for-each-ref")
      .option("--format=%(objectname)")
      .ref("refs/upstream/", branch)
      .output();
}

Result<bool> Repository::contains(const std::string& commit, const std::string& ancestor) {
  if (commit == ancestor) return true;
  Command compare(Place{bare_, environment_}, "merge-base");
  compare.option("--is-ancestor").object(ancestor).object(commit).also_fine(1);
  ORC_TRY(const Command::Answer answer, compare.run());
  return answer.exit_code == 0;
}

Result<std::string> Repository::tree_of(const std::string& commit) {
  ORC_TRY(const RawCommit raw, read_commit(Place{bare_, environment_}, commit));
  return raw.tree;
}

Result<bool> Repository::has_been_on(const std::string& branch, const std::string& commit) {
  ORC_TRY(const std::string found, Command(Place{bare_, environment_}, "for-each-ref")
                                       .option("--format=%(objectname)")
                                       .ref("refs/abandoned/", branch + "/" + commit)
                                       .output());
  return !found.empty();
}

Result<Repository::Rebased> Repository::rebase(const std::string& head, const std::string& base) {
  const Place place{bare_, environment_};
  ORC_TRY(const bool is_on_base, contains(head, base));
  if (is_on_base) return Rebased{.commit = head};
  ORC_TRY(const bool is_in_base, contains(base, head));
  if (is_in_base) return Rebased{.commit = base};
  ORC_TRY(const auto merges, missing_commits(place, head, base, "--merges"));
  if (!merges.empty()) {
    ORC_TRY(Merged merged, merge_trees(place, base, head));
    if (!merged.conflicts.empty()) return Rebased{.conflicts = std::move(merged.conflicts)};
    ORC_TRY(RawCommit top, read_commit(place, head));
    top.tree = merged.tree;
    top.parents = {base, head};
    ORC_TRY(std::string commit, write_commit(place, top));
    return Rebased{.commit = std::move(commit)};
  }
  ORC_TRY(const auto commits, missing_commits(place, head, base, "--no-merges"));
  std::string onto = base;
  ORC_TRY(std::string onto_tree, tree_of(base));
  for (const std::string& id : commits) {
    ORC_TRY(RawCommit commit, read_commit(place, id));
    if (commit.parents.empty())
      return Error{ErrorKind::malformed, "the branch shares no history with its base"};
    ORC_TRY(const std::string parent_tree, tree_of(commit.parents.front()));
    ORC_TRY(Merged merged, replay(place, commit, id, onto_tree, parent_tree));
    if (!merged.conflicts.empty()) return Rebased{.conflicts = std::move(merged.conflicts)};
    const bool became_empty = merged.tree == onto_tree && commit.tree != parent_tree;
    if (became_empty) continue;
    commit.tree = merged.tree;
    commit.parents = {onto};
    ORC_TRY(onto, write_commit(place, commit));
    onto_tree = merged.tree;
  }
  return Rebased{.commit = onto};
}

Result<std::vector<Repository::Marker>> Repository::missing_markers(
    const std::string& commit, const std::vector<Marker>& markers) {
  std::vector<Marker> missing;
  for (const Marker& marker : markers) {
    Command grep(Place{bare_, environment_}, "grep");
    grep.option("--quiet").option("--text").option("--extended-regexp").option("-e", marker.pattern);
    grep.object(commit).option("--").option(":(top,literal)", marker.file).also_fine(1);
    Result<Command::Answer> answer = grep.run();
    if (!answer.ok()) {
      if (answer.error().kind == ErrorKind::unavailable) return std::move(answer).error();
      return Error{ErrorKind::refused,
                   "regression marker " + marker.id + ": " + answer.error().message};
    }
    if (answer.value().exit_code != 0) missing.push_back(marker);
  }
  return missing;
}

Status Repository::offer_base(const std::filesystem::path& clone, const std::string& branch) {
  ORC_TRY(const std::string head, upstream_head(branch));
  if (head.empty()) return Done{};
  Command fetch(Place{clone / ".git", environment_}, "fetch");
  fetch.option("--quiet").option("--no-tags").option("--no-write-fetch-head");
  fetch.option("--no-auto-maintenance").option("--no-show-forced-updates");
  return fetch.value(bare_.string())
      .refspec("+" + head + ":refs/remotes/origin/" + branch)
      .done();
}

}  // namespace orc::git
