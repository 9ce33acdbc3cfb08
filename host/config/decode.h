// SPDX-License-Identifier: Apache-2.0
// The merged tree → Config, by the option table, and the checks that no single key can make.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "config/yaml_node.h"

namespace orc::config {

struct Decoded {
  Config config;
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> sources;
  std::map<std::string, Origin>
      origins;  // of every key that was given, and of list items: "a.b[0]"

  // Of the key, or of the nearest one around it that was given.
  Origin nearest_origin(std::string key) const;
};

// Decodes every option; what does not fit is a finding and keeps its default. Relative paths are
// below `folder`.
Decoded decode(const Node& root, const std::filesystem::path& folder, Findings& findings);

// References, ranges and orders between keys. Looks at the file system only for prompt files.
void cross_check(const Decoded& decoded, Findings& findings);
// Its part about the gates from staging to production.
void check_gates(const Decoded& decoded, Findings& findings);
// About models, prompts and budgets.
void check_roles(const Decoded& decoded, Findings& findings);
// And about where the host listens.
void check_listeners(const Decoded& decoded, Findings& findings);

}  // namespace orc::config
