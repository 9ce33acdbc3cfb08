// SPDX-License-Identifier: Apache-2.0
#include "app/trial/origin.h"

#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "git/command.h"
#include "git/repository.h"
#include "git/work_tree.h"
#include "jobs/worker_client.h"

namespace orc::app {

namespace {

namespace fs = std::filesystem;
using git::Command;
using git::Place;

constexpr const char* k_default_branch = "main";

// Where a work tree stands.
struct Head {
  std::string commit;
  std::string branch;  // empty: on none
};

bool is_work_tree(const fs::path& folder) {
  std::error_code error;
  return !folder.empty() && fs::exists(folder / ".git", error);
}

Result<std::string> empty_commit(const Place& place) {
  ORC_TRY(const std::string tree, Command(place, "mktree").output());
  return Command(place, "commit-tree").object(tree).input("Begin\n").output();
}

// A linked work tree has a file there that names the folder (gitrepository-layout(5)).
Result<fs::path> git_folder_of(const fs::path& work_tree) {
  const fs::path at = work_tree / ".git";
  std::error_code error;
  if (fs::is_directory(at, error)) return at;
  constexpr std::string_view k_mark = "gitdir: ";
  ORC_TRY(const std::string text, read_file(at, 4096));
  if (!text.starts_with(k_mark))
    return Error{ErrorKind::malformed, at.string() + " names no folder"};
  return work_tree / trim(std::string_view(text).substr(k_mark.size()));
}

Result<Head> head_of(const fs::path& work_tree, const process::Environment& environment) {
  ORC_TRY(const fs::path folder, git_folder_of(work_tree));
  const Place own{folder, environment};
  Head head;
  ORC_TRY(head.commit,
          Command(own, "rev-parse").option("--verify").value("HEAD^{commit}").output());
  ORC_TRY(head.branch, Command(own, "symbolic-ref")
                           .option("--quiet")
                           .option("--short")
                           .value("HEAD")
                           .also_fine(1)
                           .output());
  return head;
}

// The branches of the source, its commit, and on top of that what nobody has committed yet.
Result<std::string> take_in(const Place& place, const fs::path& source, const std::string& commit) {
  Command fetch(place, "fetch");
  fetch.option("--quiet").option("--no-tags").option("--no-write-fetch-head");
  fetch.option("--no-auto-maintenance").value(source.string());
  ORC_CHECK_OK(fetch.refspec("+refs/heads/*:refs/heads/*").refspec("+HEAD:refs/trial/head").done());
  git::WorkTree files(place, source);
  ORC_CHECK_OK(files.hold(commit));
  ORC_TRY(const std::vector<std::string> changed, files.changes());
  if (changed.empty()) return commit;
  return files.commit(commit, changed, "What is not committed yet\n");
}

Result<std::string> take_folder(const Place& place, const fs::path& source) {
  ORC_TRY(const std::string first, empty_commit(place));
  if (source.empty()) return first;
  git::WorkTree files(place, source);
  ORC_CHECK_OK(files.hold(first));
  ORC_TRY(const std::vector<std::string> found, files.changes());
  if (found.empty()) return first;
  return files.commit(first, found, "The folder as it is\n");
}

}  // namespace

Result<Origin> make_origin(const OriginSpec& spec, const fs::path& repository) {
  const process::Environment environment = jobs::worker_environment("trial");
  ORC_TRY(git::Repository origin, git::Repository::open(repository, environment));
  const Place place{repository, environment};
  Origin made{.repository = repository, .base_branch = spec.base_branch, .branch = spec.branch};
  Head head;
  if (is_work_tree(spec.source)) {
    ORC_TRY(head, head_of(spec.source, environment));
    ORC_TRY(made.commit, take_in(place, spec.source, head.commit));
  } else {
    ORC_TRY(made.commit, take_folder(place, spec.source));
    head.commit = made.commit;
  }
  if (made.base_branch.empty())
    made.base_branch = head.branch.empty() ? k_default_branch : head.branch;
  if (made.base_branch == made.branch)
    return Error{ErrorKind::refused, "the task's branch is the base branch: " + made.branch};
  const auto known = Command(place, "rev-parse")
                         .option("--verify")
                         .option("--quiet")
                         .ref("refs/heads/", made.base_branch)
                         .also_fine(1)
                         .output();
  if (!known.ok() || known.value().empty())
    ORC_CHECK_OK(origin.set_branch(made.base_branch, head.commit));
  ORC_CHECK_OK(origin.set_branch(made.branch, made.commit));
  if (spec.files.empty()) return made;
  std::vector<git::Repository::File> files;
  for (const auto& [path, text] : spec.files) files.push_back({path, text});
  ORC_TRY(made.commit, origin.commit_files(made.branch, made.commit, files, "The fixture\n"));
  return made;
}

}  // namespace orc::app
