// SPDX-License-Identifier: Apache-2.0
// File rules of the kernel, by its system calls (https://docs.kernel.org/userspace-api/landlock.html).
// What a kernel does not know yet is left out; `abi()` says how much it knows. Any thread.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace orc::process {

// 0: the kernel has no Landlock, or it is switched off.
int landlock_abi();

enum class Access : unsigned char {
  read,    // read, list, execute
  write,   // and change, create, remove
  device,  // read and write what is there already
};

// Opened once, applied to many programs. What no rule allows is forbidden to who is put under it.
class Ruleset {
 public:
  // `unavailable`: no Landlock.
  static Result<Ruleset> create();

  // `path` and everything below; a path that does not exist is no error and changes nothing.
  Status allow(const std::filesystem::path& path, Access access);
  // The same without the paths in `hidden`, which are absolute and resolved: folders that hold one
  // are opened entry by entry, so that what is put there later stays hidden too. A `path` that lies
  // below a hidden one is a deliberate exception.
  Status allow_except(const std::filesystem::path& path, Access access,
                      const std::vector<std::filesystem::path>& hidden);

  int fd() const { return fd_.get(); }

 private:
  explicit Ruleset(UniqueFd fd, int abi) : fd_(std::move(fd)), abi_(abi) {}
  UniqueFd fd_;
  int abi_;
};

}  // namespace orc::process
