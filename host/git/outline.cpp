// SPDX-License-Identifier: Apache-2.0
#include "git/outline.h"

#include <algorithm>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "domain/names.h"
#include "git/clone.h"
#include "git/command.h"

namespace orc::git {

namespace {

constexpr int k_deepest = 2;  // folders above a file
constexpr std::int64_t k_largest = 256 * 1024;
constexpr std::size_t k_most_files = 4000;

struct Entry {
  std::string id;
  std::string path;
};

bool is_inside(std::string_view path) {
  const auto parts = split(path, '/');
  return static_cast<int>(parts.size()) <= k_deepest + 1 &&
         std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
           return part.empty() || part == "." || part == ".." || part == ".git";
         });
}

// One line of `ls-tree -l -z`: "<mode> blob <id> <size>\t<path>"; only what is a small file.
std::optional<Entry> read_entry(std::string_view line) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line.substr(0, tab), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  const std::string_view path = line.substr(tab + 1);
  if (words.size() != 4 || !words[0].starts_with("100") || !is_inside(path)) return std::nullopt;
  const auto size = parse_integer(words[3]);
  if (!size || *size > k_largest) return std::nullopt;
  return Entry{std::string(words[2]), std::string(path)};
}

// The answer of `cat-file --batch`, one "<id> blob <size>\n<bytes>\n" for each entry, in order.
Status write_blobs(std::string_view answer, const std::vector<Entry>& entries,
                   const std::filesystem::path& folder) {
  for (const Entry& entry : entries) {
    const std::size_t line_end = std::min(answer.find('\n'), answer.size());
    const auto words = split(answer.substr(0, line_end), ' ');
    const auto size = words.size() == 3 ? parse_integer(words[2]) : std::nullopt;
    if (!size || *size < 0 || answer.size() < line_end + 1 + static_cast<std::size_t>(*size)) {
      return Error{ErrorKind::malformed, "git cat-file gave no object " + entry.id};
    }
    const auto length = static_cast<std::size_t>(*size);
    const std::filesystem::path file = folder / entry.path;
    ORC_CHECK_OK(make_folder(file.parent_path()));
    ORC_CHECK_OK(
        write_file_atomically(file, answer.substr(line_end + 1, length), Durability::process));
    answer.remove_prefix(std::min(line_end + 1 + length + 1, answer.size()));
  }
  return Done{};
}

}  // namespace

Status write_outline(const std::filesystem::path& bare, const std::string& branch,
                     const process::Environment& environment, const std::filesystem::path& folder) {
  ORC_CHECK_OK(check_branch_name(branch));
  if (!is_repository(bare)) return Error{ErrorKind::not_found, "nothing was fetched yet"};
  const Place place{bare, environment};
  Command list(place, "ls-tree");
  list.option("-r").option("-l").option("-z").option("--full-tree");
  ORC_TRY(const Command::Answer listed, list.ref("refs/upstream/", branch).run());
  std::vector<Entry> entries;
  std::string queries;
  for (const std::string_view line : split(listed.out, '\0')) {
    if (entries.size() == k_most_files) break;
    if (auto entry = read_entry(line)) {
      queries += entry->id + "\n";
      entries.push_back(std::move(*entry));
    }
  }
  if (entries.empty()) return Done{};
  Command read(place, "cat-file");
  ORC_TRY(const Command::Answer blobs, read.option("--batch").input(std::move(queries)).run());
  return write_blobs(blobs.out, entries, folder);
}

}  // namespace orc::git
