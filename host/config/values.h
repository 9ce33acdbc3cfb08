// SPDX-License-Identifier: Apache-2.0
// One value: from its node to the type that its option wants, and back to text. Pure; any thread.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "config/options.h"
#include "config/yaml_node.h"

namespace orc::config {

// Nothing and a finding ("found …, wanted …") where the node does not fit. Relative paths become
// absolute below `folder`.
std::optional<Value> convert(const Option& option, const Node& node, const std::string& key,
                             const std::filesystem::path& folder, Findings& findings);

// The option's default for `name`; nothing where there is none.
std::optional<Value> default_of(const Option& option, const Config& so_far,
                                const std::string& name);

// As a file would say it, on one line; lists and mappings as JSON.
std::string to_text(const Option& option, const Value& value);
// For a repository's contract: durations as text, the rest as the JSON type.
nlohmann::json to_json(const Option& option, const Value& value);

}  // namespace orc::config
