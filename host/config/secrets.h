// SPDX-License-Identifier: Apache-2.0
// References to secrets inside a plugin's settings: {credential: NAME}, {env: NAME}, {file: PATH}.
// The value never enters a configuration, a log or a file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace orc::config {

// "credential:NAME" where `json` is a reference: an object with exactly one of the three keys and a
// text.
std::optional<std::string> secret_label(const nlohmann::json& json);
inline bool is_secret(const nlohmann::json& json) {
  return secret_label(json).has_value();
}

// The path of a {file: PATH} reference.
std::optional<std::string> secret_file(const nlohmann::json& json);

}  // namespace orc::config
