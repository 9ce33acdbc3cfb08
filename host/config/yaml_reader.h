// SPDX-License-Identifier: Apache-2.0
// Text → Node, strictly: one document, unique keys, no merge keys, no tags, bounded in size and
// depth.
#pragma once

#include <optional>
#include <string_view>

#include "config/yaml_node.h"

namespace orc::config {

inline constexpr std::size_t k_max_file_bytes = 1 << 20;
inline constexpr int k_max_depth = 32;

// Every fault becomes a finding at its place. Nothing is returned where the text cannot be read at
// all; an empty document is a null node. Never throws.
std::optional<Node> read_yaml(std::string_view text, int source, Findings& findings);

}  // namespace orc::config
