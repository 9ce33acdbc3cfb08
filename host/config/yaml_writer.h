// SPDX-License-Identifier: Apache-2.0
// Values as YAML that this program reads back as the same values. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace orc::config {

// On one line: { plugins: { lint-gate: { enabled: true } } }.
std::string flow_yaml(const nlohmann::ordered_json& json);

// A row of `config show`.
struct ShownValue {
  std::string key;
  std::string value;
  std::string source;  // becomes a remark; empty: none
};
// The rows as one file, in the order of their keys; a secret is the reference to it.
std::string yaml_of(const std::vector<ShownValue>& rows);

// The value of a key for people: a reference to a secret as ‹credential NAME›.
std::string for_people(const std::string& key, const std::string& value);

// A text of a free mapping as `config show` says it: in quotes where it would read as a number, a
// boolean or a reference to a secret.
std::string shown_text(const std::string& text);

}  // namespace orc::config
