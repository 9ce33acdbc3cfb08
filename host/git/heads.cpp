// SPDX-License-Identifier: Apache-2.0
#include "git/heads.h"

#include "base/text.h"
#include "git/command.h"

namespace orc::git {

Result<std::map<std::string, std::string>> heads(const std::filesystem::path& bare) {
  ORC_TRY(const std::string listed, Command({bare, process::base_environment()}, "for-each-ref")
                                        .option("--format=%(objectname) %(refname:strip=2)")
                                        .option("refs/heads/")
                                        .output());
  std::map<std::string, std::string> found;
  for (const std::string_view line : split(listed, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    found.emplace(line.substr(blank + 1), line.substr(0, blank));
  }
  return found;
}

}  // namespace orc::git
