// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orc {

// A repository scope as operators write it: a CSV. Empty means the self-hosting repository alone,
// `*` means every repository. Pure; any thread.
struct RepoScope {
  std::vector<std::string> repos;

  static RepoScope parse(std::string_view csv);
  bool covers(std::string_view repo, bool self_hosting) const;
  std::string to_string() const;
  bool operator==(const RepoScope&) const = default;
};

}  // namespace orc
