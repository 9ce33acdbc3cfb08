// SPDX-License-Identifier: Apache-2.0
// One value of a frontmatter line: which characters, quotes and brackets the strict reader takes,
// and how the writer spells what needs quoting. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc::artifacts {

struct Value {
  std::string text;
  bool structured = false;
};

// The text behind `key: ` of one line. The error carries no line number.
Result<Value> read_value(std::string_view text);
// Whether `text` is one word or text, as an item of a list or block must be.
Status check_block_value(std::string_view text);
// The value as the writer puts it behind `key: `; read_value() gives back the same text.
std::string spell_value(std::string_view text);

// The first character that may not stand in the block as it is, named for a message.
std::optional<std::string> forbidden_character(std::string_view utf8);
// "key" of a line `key:` or `key: …`; empty if the line is no such line.
std::string_view key_of(std::string_view line);

}  // namespace orc::artifacts
