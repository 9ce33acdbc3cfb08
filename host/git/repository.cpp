// SPDX-License-Identifier: Apache-2.0
#include "git/repository.h"

#include <array>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"
#include "git/clone.h"
#include "git/command.h"

namespace orc::git {

namespace {

// The commits that `refs` name; an absent one is empty. One process.
template <std::size_t N>
Result<std::array<std::string, N>> resolve(const Place& place,
                                           const std::array<std::string, N>& refs) {
  Command list(place, "for-each-ref");
  list.option("--format=%(objectname) %(refname)");
  for (const std::string& ref : refs) list.value(ref);
  ORC_TRY(const std::string answer, list.output());
  std::array<std::string, N> commits;
  for (const std::string_view line : split(answer, '\n')) {
    const std::size_t space = line.find(' ');
    // A pattern also finds what lies below it: only the exact name counts.
    for (std::size_t i = 0; i < N && space != std::string_view::npos; ++i) {
      if (line.substr(space + 1) == refs[i]) commits[i] = line.substr(0, space);
    }
  }
  return commits;
}

}  // namespace

Repository::Repository(std::filesystem::path bare, process::Environment environment)
    : bare_(std::move(bare)), environment_(std::move(environment)) {}

Result<Repository> Repository::open(const std::filesystem::path& bare,
                                    const process::Environment& environment) {
  const std::filesystem::path absolute = std::filesystem::absolute(bare);
  if (is_repository(absolute)) return Repository(absolute, environment);
  const std::filesystem::path fresh = absolute.string() + ".new." + random_hex(8);
  ORC_CHECK_OK(write_empty_repository(fresh, Layout::bare));
  std::error_code error;
  std::filesystem::rename(fresh, absolute, error);
  if (!error) return Repository(absolute, environment);
  ORC_CHECK_OK(remove_tree(fresh));
  // Another worker may have been first.
  if (is_repository(absolute)) return Repository(absolute, environment);
  return Error{ErrorKind::io, absolute.string() + ": " + error.message()};
}

// One process, and the transport's own.
Status Repository::fetch_upstream(const std::string& url) {
  Command fetch(Place{bare_, environment_}, "fetch");
  fetch.reach(Reach::network).option("--quiet").option("--prune").option("--no-tags");
  fetch.option("--no-write-fetch-head").option("--no-auto-maintenance").option("--force");
  fetch.value(url).refspec("+refs/heads/*:refs/upstream/*");
  return fetch.done();
}

// One process, and the transport's own.
Status Repository::fetch_tip(const std::string& url, const std::string& branch) {
  ORC_CHECK_OK(check_branch_name(branch));
  Command fetch(Place{bare_, environment_}, "fetch");
  fetch.reach(Reach::network).option("--quiet").option("--no-tags").option("--depth=1");
  fetch.option("--no-write-fetch-head").option("--no-auto-maintenance").option("--force");
  fetch.value(url).refspec("+refs/heads/" + branch + ":refs/upstream/" + branch);
  return fetch.done();
}

// One process.
Result<std::string> Repository::starting_point(const std::string& branch, const std::string& base,
                                               bool create) {
  ORC_CHECK_OK(check_branch_name(branch));
  ORC_CHECK_OK(check_branch_name(base));
  ORC_TRY(auto commits, resolve<2>(Place{bare_, environment_},
                                   {"refs/upstream/" + branch, "refs/upstream/" + base}));
  if (!commits[0].empty()) return std::move(commits[0]);
  if (!create) return Error{ErrorKind::not_found, "upstream has no branch " + branch};
  if (commits[1].empty()) return Error{ErrorKind::not_found, "upstream has no branch " + base};
  return std::move(commits[1]);
}

// Two processes.
Result<std::string> Repository::merge_base(const std::string& commit, const std::string& base) {
  ORC_CHECK_OK(check_branch_name(base));
  const Place place{bare_, environment_};
  ORC_TRY(const auto tips, resolve<1>(place, {"refs/upstream/" + base}));
  if (tips[0].empty()) return Error{ErrorKind::not_found, "upstream has no branch " + base};
  return Command(place, "merge-base").object(commit).object(tips[0]).also_fine(1).output();
}

// Two processes; three where an older head has to be compared.
Status Repository::set_branch(const std::string& branch, const std::string& commit) {
  ORC_CHECK_OK(check_branch_name(branch));
  if (!is_object_id(commit))
    return Error{ErrorKind::refused, "not an object id: " + printable(commit)};
  const Place place{bare_, environment_};
  const std::string ref = "refs/heads/" + branch;
  ORC_TRY(const auto heads, resolve<1>(place, {ref}));
  const std::string& old = heads[0];
  if (old == commit) return Done{};
  std::string changes = "start\n";
  if (!old.empty()) {
    Command compare(place, "merge-base");
    compare.option("--is-ancestor").object(old).object(commit).also_fine(1);
    ORC_TRY(const Command::Answer answer, compare.run());
    const bool is_abandoned = answer.exit_code != 0;
    if (is_abandoned) changes += "update refs/abandoned/" + branch + "/" + old + " " + old + "\n";
  }
  const std::string expected = old.empty() ? std::string(commit.size(), '0') : old;
  changes += "update " + ref + " " + commit + " " + expected + "\nprepare\ncommit\n";
  return Command(place, "update-ref").option("--stdin").input(std::move(changes)).done();
}

}  // namespace orc::git
