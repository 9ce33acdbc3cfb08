// SPDX-License-Identifier: Apache-2.0
#include "process/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace orc::process {

namespace {

namespace fs = std::filesystem;

// include/uapi/linux/landlock.h. Spelled out: the headers of Debian 12 end at ABI 2, the kernel
// under them may be newer.
using Rights = std::uint64_t;
constexpr Rights bit(unsigned number) {
  return Rights{1} << number;
}
constexpr Rights k_execute = bit(0);
constexpr Rights k_write_file = bit(1);
constexpr Rights k_read_file = bit(2);
constexpr Rights k_read_dir = bit(3);
constexpr Rights k_truncate = bit(14);
constexpr Rights k_ioctl_device = bit(15);
// What concerns one file; all else needs a folder, and the kernel refuses the mixture.
constexpr Rights k_file_rights =
    k_execute | k_write_file | k_read_file | k_truncate | k_ioctl_device;
constexpr Rights k_abstract_sockets = bit(0);
constexpr Rights k_signals = bit(1);

struct Generation {
  int abi;
  Rights files;
};
constexpr std::array k_generations{Generation{1, bit(13) - 1},  // execute … make symbolic link
                                   Generation{2, bit(13)},      // rename and link across folders
                                   Generation{3, k_truncate}, Generation{5, k_ioctl_device}};
constexpr int k_abi_with_network = 4;
constexpr int k_abi_with_scopes = 6;

struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;  // ABI 4; not used: it knows TCP alone
  std::uint64_t scoped = 0;   // ABI 6
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#endif
constexpr unsigned k_ask_version = 1;
constexpr int k_rule_path_beneath = 1;

Rights known_rights(int abi) {
  Rights known = 0;
  for (const Generation& row : k_generations) {
    if (row.abi <= abi) known |= row.files;
  }
  return known;
}

Rights rights_of(Access access) {
  switch (access) {
    case Access::read:
      return k_execute | k_read_file | k_read_dir;
    case Access::write:
      return ~k_ioctl_device;
    case Access::device:
      return k_read_file | k_write_file | k_read_dir | k_ioctl_device;
  }
  return 0;
}

Error failure(const std::string& what, int number) {
  return Error{ErrorKind::io, what + ": " + std::generic_category().message(number)};
}

bool is_at_or_below(const fs::path& path, const fs::path& folder) {
  const auto [at, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return at == folder.end() || (std::next(at) == folder.end() && at->empty());
}

}  // namespace

int landlock_abi() {
  static const int abi = [] {
    const long answer = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, k_ask_version);
    return answer < 0 ? 0 : static_cast<int>(answer);
  }();
  return abi;
}

Result<Ruleset> Ruleset::create() {
  const int abi = landlock_abi();
  if (abi == 0) return Error{ErrorKind::unavailable, "the kernel has no Landlock"};
  RulesetAttributes attributes{.files = known_rights(abi)};
  std::size_t size = offsetof(RulesetAttributes, network);
  if (abi >= k_abi_with_network) size = offsetof(RulesetAttributes, scoped);
  if (abi >= k_abi_with_scopes) {
    attributes.scoped = k_abstract_sockets | k_signals;
    size = sizeof(attributes);
  }
  UniqueFd fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!fd) return failure("landlock_create_ruleset", errno);
  return Ruleset(std::move(fd), abi);
}

Status Ruleset::allow(const fs::path& path, Access access) {
  const UniqueFd target(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  // Not there, or nothing the caller itself may look at.
  if (!target || ::fstat(target.get(), &info) != 0) return Done{};
  Rights rights = rights_of(access) & known_rights(abi_);
  if (!S_ISDIR(info.st_mode)) rights &= k_file_rights;
  const PathRule rule{rights, target.get()};
  if (::syscall(SYS_landlock_add_rule, fd_.get(), k_rule_path_beneath, &rule, 0) == 0) {
    return Done{};
  }
  return failure("landlock_add_rule " + path.string(), errno);
}

Status Ruleset::allow_except(const fs::path& path, Access access,
                             const std::vector<fs::path>& hidden) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  if (error) return Done{};
  if (std::find(hidden.begin(), hidden.end(), resolved) != hidden.end()) return Done{};
  const bool holds_hidden =
      std::any_of(hidden.begin(), hidden.end(),
                  [&](const fs::path& each) { return is_at_or_below(each, resolved); });
  if (!holds_hidden) return allow(resolved, access);
  for (auto it = fs::directory_iterator(resolved, error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    // A link is a name; what it names has a rule of its own or none.
    if (it->is_symlink(error)) continue;
    ORC_CHECK_OK(allow_except(it->path(), access, hidden));
  }
  return Done{};
}

}  // namespace orc::process
