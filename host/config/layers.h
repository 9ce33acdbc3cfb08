// SPDX-License-Identifier: Apache-2.0
// The sources laid over each other, last wins: FILE < conf.d/*.yaml < environment < --set.
#pragma once

#include <filesystem>
#include <optional>

#include "config/yaml_node.h"

namespace orc::config {

// FILE and its drop-ins as one tree. Nothing where one of them cannot be read; the findings say
// why.
std::optional<Node> read_files(const Sources& sources, Findings& findings);
// Lays the ORCH_* variables over the tree; a name that no option has is a warning.
void apply_environment(Node& root, const Sources& sources, const std::filesystem::path& folder,
                       Findings& findings);
void apply_set(Node& root, const Sources& sources, Findings& findings);

}  // namespace orc::config
