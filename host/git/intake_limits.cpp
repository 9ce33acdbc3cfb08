// SPDX-License-Identifier: Apache-2.0
#include "git/intake_limits.h"

#include <sys/stat.h>

#include <cstdint>
#include <system_error>

#include "base/text.h"

namespace orc::git {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_mebibyte = 1 << 20;
constexpr std::uint64_t k_most_in_all = 1024 * k_mebibyte;
constexpr std::uint64_t k_largest_file = 100 * k_mebibyte;
constexpr const char* k_largest_file_filter = "--filter=blob:limit=104857601";

std::uint64_t size_below(const fs::path& folder) {
  std::uint64_t total = 0;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    total += static_cast<std::uint64_t>(info.st_size);
  }
  return total;
}

Error too_large(const std::string& what, std::uint64_t limit) {
  return Error{ErrorKind::malformed,
               what + ": more than the " + std::to_string(limit / k_mebibyte) + " MiB allowed"};
}

}  // namespace

Status check_store_size(const fs::path& clone, const fs::path& bare) {
  const std::uint64_t size = size_below(clone / ".git" / "objects");
  if (size <= k_most_in_all) return Done{};
  if (size <= size_below(bare / "objects") + k_most_in_all) return Done{};
  return too_large("the clone's new objects", k_most_in_all);
}

Status check_new_blobs(const Place& place, const std::string& tip, const std::string& expected) {
  Command list(place, "rev-list");
  list.option("--objects").option("--no-object-names");
  list.option(k_largest_file_filter).option("--filter-print-omitted");
  ORC_TRY(const Command::Answer answer,
          list.object(tip).option("--not").object(expected).run());
  for (const std::string_view line : split(answer.out, '\n')) {
    if (!line.starts_with('~')) continue;
    return too_large("file " + std::string(line.substr(1)) + " of the new commits",
                     k_largest_file);
  }
  return Done{};
}

Status check_file_sizes(const fs::path& clone, const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    struct stat info {};
    if (::lstat((clone / file).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > k_largest_file) return too_large(printable(to_utf8(file)), k_largest_file);
    total += size;
    if (total > k_most_in_all) return too_large("the uncommitted work", k_most_in_all);
  }
  return Done{};
}

}  // namespace orc::git
