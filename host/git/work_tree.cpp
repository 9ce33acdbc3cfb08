// SPDX-License-Identifier: Apache-2.0
#include "git/work_tree.h"

#include <algorithm>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"

namespace orc::git {

namespace {

constexpr std::size_t k_largest_index = std::size_t{256} << 20;
constexpr std::size_t k_index_name_length = 32;

}  // namespace

WorkTree::WorkTree(Place bare, std::filesystem::path clone)
    : bare_(std::move(bare)), clone_(std::move(clone)) {
  const std::string name = sha256_hex(clone_.string()).substr(0, k_index_name_length);
  index_ = bare_.git_dir / "orchestrator" / (name + ".index");
  held_ = bare_.git_dir / "orchestrator" / (name + ".commit");
}

Command WorkTree::command(const char* subcommand) const {
  Command command(bare_, subcommand);
  command.work_tree(clone_).index(index_);
  return command;
}

std::string WorkTree::held() const {
  const auto text = read_file(held_, 4096);
  return text.ok() && is_object_id(trim(text.value())) ? std::string(trim(text.value())) : "";
}

Status WorkTree::record(const std::string& commit) {
  return write_file_atomically(held_, commit + "\n", Durability::process);
}

Status WorkTree::forget() {
  ORC_CHECK_OK(remove_tree(held_));
  ORC_CHECK_OK(remove_tree(index_.string() + ".lock"));
  return remove_tree(index_);
}

Status WorkTree::hold(const std::string& commit) {
  if (held() == commit) return Done{};
  ORC_CHECK_OK(make_folder(held_.parent_path()));
  // Cut short here, the index counts as unknown; its times stay right in any case.
  ORC_CHECK_OK(remove_tree(held_));
  ORC_CHECK_OK(remove_tree(index_.string() + ".lock"));
  ORC_CHECK_OK(command("read-tree").option("--reset").object(commit).done());
  return record(commit);
}

Status WorkTree::write_files(const std::string& commit) {
  ORC_CHECK_OK(make_folder(held_.parent_path()));
  ORC_CHECK_OK(remove_tree(held_));
  ORC_CHECK_OK(remove_tree(index_.string() + ".lock"));
  ORC_CHECK_OK(command("read-tree").option("--reset").option("-u").object(commit).done());
  return record(commit);
}

Status WorkTree::remove_unknown() {
  return command("clean").option("-ffdxq").done();
}

Result<bool> WorkTree::is_untouched() const {
  Command list = command("ls-files");
  list.option("-z").option("--modified").option("--deleted").option("--others");
  ORC_TRY(const Command::Answer answer, list.run());
  return answer.out.empty();
}

Result<std::vector<std::string>> WorkTree::changes() const {
  Command list = command("ls-files");
  list.option("-z").option("--modified").option("--deleted").option("--others");
  ORC_TRY(const Command::Answer answer, list.option("--exclude-per-directory=.gitignore").run());
  std::vector<std::string> paths;
  for (const std::string_view path : split(answer.out, '\0')) {
    if (!path.empty() && !path.ends_with('/')) paths.emplace_back(path);
  }
  // A deleted file is listed as modified too.
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

Result<std::string> WorkTree::commit(const std::string& parent,
                                     const std::vector<std::string>& changed,
                                     const std::string& message) {
  ORC_CHECK_OK(remove_tree(held_));
  std::string list;
  for (const std::string& path : changed) list += path + '\0';
  Command update = command("update-index");
  update.option("-z").option("--add").option("--remove").option("--replace").option("--stdin");
  ORC_CHECK_OK(update.input(std::move(list)).done());
  ORC_TRY(const std::string tree, command("write-tree").output());
  Command make = command("commit-tree");
  make.option("-p").object(parent).object(tree).input(message);
  ORC_TRY(std::string made, make.output());
  ORC_CHECK_OK(record(made));
  return made;
}

Status WorkTree::share_index() const {
  ORC_TRY(const std::string bytes, read_file(index_, k_largest_index));
  return write_file_atomically(clone_ / ".git" / "index", bytes, Durability::process, 0644);
}

}  // namespace orc::git
