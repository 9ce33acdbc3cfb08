// SPDX-License-Identifier: Apache-2.0
// What a key is worth where nobody gave it and the worth is no constant: it depends on other keys, or on
// the name in the key. Pure, but for the shipped folders.
#pragma once

#include <string>

#include "config/config.h"
#include "config/options.h"

namespace orc::config {

Value default_effort(const Config& config, const std::string& name);
Value default_prompt(const Config& config, const std::string& name);
Value default_plugin_dirs(const Config& config, const std::string& name);
Value default_isolation(const Config& config, const std::string& name);
Value default_network(const Config& config, const std::string& name);
Value default_database(const Config& config, const std::string& name);
Value default_producers(const Config& config, const std::string& name);

}  // namespace orc::config
