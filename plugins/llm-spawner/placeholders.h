// SPDX-License-Identifier: Apache-2.0
// {{name}} in the arguments of the agent's command line. Each argument stays one argument whatever
// a value holds, and a value is never looked at again: a {{…}} inside a title or a path is just
// text. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llm_spawner {

using Values = std::map<std::string, std::string, std::less<>>;

// The names that an argument may use.
const std::vector<std::string_view>& argument_names();

// What is wrong with the texts: an unknown name (with a suggestion) or a mark that is not closed.
// `key`: where they stand.
std::optional<std::string> check_placeholders(const std::string& key,
                                              const std::vector<std::string>& texts);

bool uses(const std::vector<std::string>& arguments, std::string_view name);

// One pass over `text`; a name without a value becomes nothing. `text` has passed check_arguments.
std::string expand(std::string_view text, const Values& values);

}  // namespace llm_spawner
