// SPDX-License-Identifier: Apache-2.0
// Between the bare repository and a task's clone: out with prepare_clone, back with take_in.
#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"
#include "git/clone.h"
#include "git/command.h"
#include "git/intake_limits.h"
#include "git/repository.h"
#include "git/work_tree.h"

namespace orc::git {

namespace {

Status fetch(const Place& into, const std::filesystem::path& from, const std::string& refspec) {
  Command command(into, "fetch");
  command.option("--quiet").option("--no-tags").option("--no-write-fetch-head");
  command.option("--no-auto-maintenance")
      .option("--update-head-ok")
      .option("--no-show-forced-updates");
  return command.value(from.string()).refspec(refspec).done();
}

// An ancestor that the repository does not even hold counts as none.
Result<bool> is_ancestor(const Place& place, const std::string& ancestor,
                         const std::string& commit) {
  Command compare(place, "merge-base");
  compare.option("--is-ancestor").object(ancestor).object(commit).also_fine(1);
  const auto answer = compare.run();
  if (answer.ok()) return answer.value().exit_code == 0;
  const ErrorKind kind = answer.error().kind;
  if (kind == ErrorKind::not_found || kind == ErrorKind::malformed) return false;
  return answer.error();
}

Status update_refs(const Place& place, const std::string& changes) {
  const std::string script = "start\n" + changes + "prepare\ncommit\n";
  return Command(place, "update-ref").option("--stdin").input(script).done();
}

// Commits that only the clone knows: an agent made them and its job never ended well.
Status save_unknown_commits(const Place& place, const std::filesystem::path& clone,
                            const std::string& branch, const std::vector<std::string>& tips,
                            const std::string& commit) {
  for (const std::string& tip : tips) {
    if (tip == commit) continue;
    ORC_TRY(const bool known, is_ancestor(place, tip, commit));
    if (known) continue;
    const Status saved = fetch(place, clone, "+" + tip + ":refs/abandoned/" + branch + "/" + tip);
    // What cannot be read as a commit is no work that could be saved.
    const bool is_passing = !saved.ok() && saved.error().kind == ErrorKind::unavailable;
    if (is_passing) return saved;
  }
  return Done{};
}

// Leaves the files as they are. One walk where nothing was left; five processes where something
// was.
Status save_uncommitted_work(const Place& place, WorkTree& files, const std::string& branch) {
  ORC_TRY(const std::vector<std::string> changed, files.changes());
  if (changed.empty()) return Done{};
  const std::string parent = files.held();
  ORC_TRY(const std::string saved,
          files.commit(parent, changed, "Keep work that was left behind\n"));
  return update_refs(place, "update refs/abandoned/" + branch + "/" + saved + " " + saved + "\n");
}

Status fill_clone(const Place& place, const std::filesystem::path& clone, const std::string& branch,
                  const std::string& commit) {
  if (read_branch(clone, branch) != commit) {
    const Place clones_own{clone / ".git", place.environment};
    ORC_CHECK_OK(fetch(clones_own, place.git_dir, "+" + commit + ":refs/heads/" + branch));
  }
  return write_head(clone, branch);
}

// Untouched since the host last wrote it: one process. Otherwise up to six, and saving.
Status reuse_clone(const Place& place, const std::filesystem::path& clone,
                   const std::string& branch, const std::string& commit) {
  const std::vector<std::string> tips = read_tips(clone, branch);
  ORC_CHECK_OK(make_harmless(clone, branch));
  WorkTree files(place, clone);
  ORC_CHECK_OK(save_unknown_commits(place, clone, branch, tips, commit));
  if (files.held().empty()) ORC_CHECK_OK(files.hold(commit));
  ORC_TRY(const bool untouched, files.is_untouched());
  if (!untouched) ORC_CHECK_OK(save_uncommitted_work(place, files, branch));
  ORC_CHECK_OK(fill_clone(place, clone, branch, commit));
  if (untouched && files.held() == commit) return files.share_index();
  ORC_CHECK_OK(files.write_files(commit));
  // A nested repository that is no longer in the tree stays behind as an unknown folder.
  ORC_CHECK_OK(files.remove_unknown());
  return files.share_index();
}

// Two processes and the transport's own.
Status make_clone(const Place& place, const std::filesystem::path& clone, const std::string& branch,
                  const std::string& commit) {
  WorkTree files(place, clone);
  ORC_CHECK_OK(remove_tree(clone));
  ORC_CHECK_OK(files.forget());
  ORC_CHECK_OK(write_empty_repository(clone / ".git", Layout::with_work_tree));
  ORC_CHECK_OK(make_harmless(clone, branch));
  ORC_CHECK_OK(fill_clone(place, clone, branch, commit));
  ORC_CHECK_OK(files.write_files(commit));
  return files.share_index();
}

// The branch of the clone as an object of the bare repository, held there by refs/quarantine/<run>.
Result<std::string> quarantine(const Place& place, const std::filesystem::path& clone,
                               const std::string& branch, const std::string& expected,
                               const std::string& run_id) {
  const auto tip = read_branch(clone, branch);
  if (!tip) return Error{ErrorKind::malformed, "the clone has no branch " + branch + " any more"};
  if (*tip == expected) return expected;
  ORC_CHECK_OK(check_store_size(clone, place.git_dir));
  const Status fetched = fetch(place, clone, "+" + *tip + ":refs/quarantine/" + run_id);
  if (!fetched.ok() && fetched.error().kind != ErrorKind::unavailable) {
    return Error{ErrorKind::malformed, "the branch cannot be taken in: " + fetched.error().message};
  }
  ORC_CHECK_OK(fetched);
  ORC_TRY(const bool descends, is_ancestor(place, expected, *tip));
  if (descends) {
    ORC_CHECK_OK(check_new_blobs(place, *tip, expected));
    return *tip;
  }
  return Error{ErrorKind::malformed, "the history of " + branch + " was rewritten: " + *tip +
                                         " does not descend from " + expected};
}

}  // namespace

Status Repository::prepare_clone(const std::filesystem::path& clone, const std::string& branch,
                                 const std::string& commit) {
  ORC_CHECK_OK(check_branch_name(branch));
  if (!is_object_id(commit))
    return Error{ErrorKind::refused, "not an object id: " + printable(commit)};
  const Place place{bare_, environment_};
  if (!std::filesystem::exists(std::filesystem::symlink_status(clone))) {
    return make_clone(place, clone, branch, commit);
  }
  const Status reused = reuse_clone(place, clone, branch, commit);
  // A clone that was tampered with must not stop its task for ever; a full disk or a lock is no
  // reason to lose it.
  if (reused.ok() || reused.error().kind == ErrorKind::unavailable) return reused;
  return make_clone(place, clone, branch, commit);
}

// Nothing changed: one process. Commits only: six and the transport's own. Uncommitted work: three
// more.
Result<std::string> Repository::take_in(const std::filesystem::path& clone,
                                        const std::string& branch, const std::string& expected,
                                        const std::string& run_id, const std::string& message) {
  ORC_CHECK_OK(check_branch_name(branch));
  ORC_CHECK_OK(check_branch_name(run_id));
  if (!is_object_id(expected)) {
    return Error{ErrorKind::refused, "not an object id: " + printable(expected)};
  }
  const Place place{bare_, environment_};
  ORC_CHECK_OK(make_harmless(clone, branch));
  ORC_TRY(std::string head, quarantine(place, clone, branch, expected, run_id));
  WorkTree files(place, clone);
  ORC_CHECK_OK(files.hold(head));
  ORC_TRY(const std::vector<std::string> changed, files.changes());
  const std::string committed = head;
  if (!changed.empty()) {
    ORC_CHECK_OK(check_file_sizes(clone, changed));
    ORC_TRY(head, files.commit(committed, changed, message));
  }
  if (head == expected) return head;
  std::string changes = "update refs/heads/" + branch + " " + head + " " + expected + "\n";
  if (committed != expected) changes += "delete refs/quarantine/" + run_id + " " + committed + "\n";
  ORC_CHECK_OK(update_refs(place, changes));
  return head;
}

}  // namespace orc::git
