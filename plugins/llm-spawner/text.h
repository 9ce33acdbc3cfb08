// SPDX-License-Identifier: Apache-2.0
// Small text work: what goes into logs and messages is valid UTF-8 without control characters, and
// a misspelt name gets a suggestion. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace llm_spawner {

// `text` as one line of valid UTF-8: every other byte becomes '?', line ends and tabs become a
// space. Longer than `cap` bytes: cut at a character, with " …(+N bytes)".
std::string printable(std::string_view text, std::size_t cap);

// The last non-empty line, printable; empty if there is none.
std::string last_line(std::string_view text, std::size_t cap);

std::string lower(std::string_view text);

// `, did you mean "x"?` for the nearest of `known`, or nothing if none is near.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace llm_spawner
