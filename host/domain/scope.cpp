// SPDX-License-Identifier: Apache-2.0
#include "domain/scope.h"

#include <algorithm>

#include "base/text.h"

namespace orc {

RepoScope RepoScope::parse(std::string_view csv) {
  return RepoScope{split_csv(csv)};
}

bool RepoScope::covers(std::string_view repo, bool self_hosting) const {
  if (repos.empty()) return self_hosting;
  return std::any_of(repos.begin(), repos.end(),
                     [&](const std::string& name) { return name == "*" || name == repo; });
}

std::string RepoScope::to_string() const {
  return join(repos, ", ");
}

}  // namespace orc
