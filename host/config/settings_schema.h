// SPDX-License-Identifier: Apache-2.0
// A plugin's settings against the JSON Schema (draft-07) that it ships. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace orc::config {

struct Violation {
  std::string key;  // below the settings: ".env.TOKEN", ".command[1]"; empty: the whole
  std::string problem;
  std::string fix;
};

// Puts the schema's defaults where the settings say nothing, also inside objects that are there.
void fill_defaults(const nlohmann::json& schema, nlohmann::json& settings);

// Empty: the settings fit. An Error where the schema itself cannot be used.
Result<std::vector<Violation>> find_violations(const nlohmann::json& schema,
                                               const nlohmann::json& settings);

// The settings with "credential:NAME" in place of every secret reference: a plugin is only ever configured
// with the text behind it, so its schema speaks of texts.
nlohmann::json with_labels(const nlohmann::json& settings);

}  // namespace orc::config
