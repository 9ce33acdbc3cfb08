// SPDX-License-Identifier: Apache-2.0
// Trees without a work tree: writing a commit's files elsewhere, committing files, naming content.
#include <algorithm>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"
#include "git/command.h"
#include "git/repository.h"

namespace orc::git {

namespace {

Status check_path(const std::string& path) {
  const bool has_odd_byte = std::any_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  });
  bool is_fine = !path.empty() && !has_odd_byte;
  for (const std::string_view part : split(path, '/')) {
    is_fine = is_fine && !part.empty() && part != "." && part != ".." && part != ".git";
  }
  if (is_fine) return Done{};
  return Error{ErrorKind::refused, "not a path of a tree: " + printable(path)};
}

std::string data_block(std::string_view bytes) {
  return "data " + std::to_string(bytes.size()) + "\n" + std::string(bytes) + "\n";
}

// One tree object. Entries are kept as git wrote them: "<mode> <name>\0<raw id>".
struct Tree {
  std::string id;
  std::string bytes;

  std::size_t id_bytes() const { return id.size() / 2; }
};

std::string name_tree(std::string_view bytes, std::size_t id_length) {
  const std::string object = "tree " + std::to_string(bytes.size()) + '\0' + std::string(bytes);
  constexpr std::size_t k_sha1_length = 40;
  return id_length == k_sha1_length ? sha1_hex(object) : sha256_hex(object);
}

std::string to_raw(const std::string& hex) {
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    raw += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return raw;
}

// Where the entry `name` of a tree stands: [begin, end), the raw id last.
std::optional<std::pair<std::size_t, std::size_t>> find_entry(const Tree& tree,
                                                              std::string_view name) {
  std::size_t begin = 0;
  while (begin < tree.bytes.size()) {
    const std::size_t space = tree.bytes.find(' ', begin);
    const std::size_t nul = tree.bytes.find('\0', begin);
    if (space == std::string::npos || nul == std::string::npos || space > nul) break;
    const std::size_t end = nul + 1 + tree.id_bytes();
    if (std::string_view(tree.bytes).substr(space + 1, nul - space - 1) == name) {
      return std::pair(begin, end);
    }
    begin = end;
  }
  return std::nullopt;
}

// The trees of the answer of `cat-file --batch`, up to the first that is missing or no tree.
std::vector<Tree> parse_batch(std::string_view answer) {
  std::vector<Tree> trees;
  while (!answer.empty()) {
    const std::size_t line_end = std::min(answer.find('\n'), answer.size());
    const auto words = split(answer.substr(0, line_end), ' ');
    const auto size = words.size() == 3 ? parse_integer(words[2]) : std::nullopt;
    if (!size || words[1] != "tree" || *size < 0) break;
    const auto length = static_cast<std::size_t>(*size);
    if (answer.size() < line_end + 1 + length) break;
    trees.push_back({std::string(words[0]), std::string(answer.substr(line_end + 1, length))});
    answer.remove_prefix(std::min(line_end + 1 + length + 1, answer.size()));
  }
  return trees;
}

// From the innermost tree outwards: without the last name, and with the parents' ids following.
Result<std::string> id_without(std::vector<Tree> trees,
                               const std::vector<std::string_view>& names) {
  std::string inner;  // id of the tree one level further in; empty: its entry goes
  for (std::size_t level = names.size(); level-- > 0;) {
    Tree& tree = trees[level];
    const auto entry = find_entry(tree, names[level]);
    if (!entry) return trees[0].id;
    if (inner.empty()) {
      tree.bytes.erase(entry->first, entry->second - entry->first);
    } else {
      tree.bytes.replace(entry->second - tree.id_bytes(), tree.id_bytes(), to_raw(inner));
    }
    // git never stores an empty folder, but the root may be empty.
    const bool vanishes = tree.bytes.empty() && level > 0;
    inner = vanishes ? "" : name_tree(tree.bytes, tree.id.size());
  }
  return inner;
}

}  // namespace

// One process, and git's own helpers for a large tree.
Status Repository::checkout(const std::string& commit, const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_empty(folder, error) || error) {
    return Error{ErrorKind::refused, folder.string() + " is not an empty folder"};
  }
  const std::filesystem::path index = bare_ / "orchestrator" / (random_hex(16) + ".index");
  ORC_CHECK_OK(make_folder(index.parent_path()));
  Command write(Place{bare_, environment_}, "read-tree");
  write.work_tree(std::filesystem::absolute(folder)).index(index);
  Status written = write.option("--reset").option("-u").object(commit).done();
  ORC_CHECK_OK(remove_tree(index));
  ORC_CHECK_OK(remove_tree(index.string() + ".lock"));
  return written;
}

// One process: fast-import makes blobs, trees and the commit, and moves the branch only if nothing
// is lost by it.
Result<std::string> Repository::commit_files(const std::string& branch, const std::string& parent,
                                             const std::vector<File>& files,
                                             const std::string& message) {
  ORC_CHECK_OK(check_branch_name(branch));
  if (!is_object_id(parent))
    return Error{ErrorKind::refused, "not an object id: " + printable(parent)};
  std::string script = "feature done\ncommit refs/heads/" + branch +
                       "\nmark :1\ncommitter Orchestrator <orchestrator@localhost> now\n" +
                       data_block(message) + "from " + parent + "\n";
  for (const File& file : files) {
    ORC_CHECK_OK(check_path(file.path));
    script += "M 100644 inline " + file.path + "\n" + data_block(file.bytes);
  }
  script += "\nget-mark :1\ndone\n";
  Command import(Place{bare_, environment_}, "fast-import");
  import.option("--quiet").option("--date-format=now").also_fine(1);
  ORC_TRY(const Command::Answer answer, import.input(std::move(script)).run());
  if (answer.exit_code != 0) {
    return Error{ErrorKind::conflict, branch + " moved on and does not end at " + parent};
  }
  std::string commit(trim(answer.out));
  if (!is_object_id(commit)) return Error{ErrorKind::internal, "git fast-import named no commit"};
  return commit;
}

// One process: the trees on the way to the folder; the rest is arithmetic.
Result<std::string> Repository::content_id(const std::string& commit, const std::string& excluded) {
  ORC_CHECK_OK(check_path(excluded));
  if (!is_object_id(commit))
    return Error{ErrorKind::refused, "not an object id: " + printable(commit)};
  const std::vector<std::string_view> names = split(excluded, '/');
  std::string queries = commit + "^{tree}\n";
  for (std::size_t i = 1; i < names.size(); ++i) {
    const auto length =
        static_cast<std::size_t>(names[i - 1].data() + names[i - 1].size() - excluded.data());
    queries += commit + ":" + excluded.substr(0, length) + "\n";
  }
  Command read(Place{bare_, environment_}, "cat-file");
  ORC_TRY(const Command::Answer answer, read.option("--batch").input(std::move(queries)).run());
  std::vector<Tree> trees = parse_batch(answer.out);
  if (trees.empty()) return Error{ErrorKind::not_found, "no commit " + commit};
  if (trees.size() < names.size()) return trees[0].id;
  return id_without(std::move(trees), names);
}

}  // namespace orc::git
