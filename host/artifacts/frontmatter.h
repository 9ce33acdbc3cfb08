// SPDX-License-Identifier: Apache-2.0
// The frontmatter block of an artifact: the first `---` … `---` at byte 0 of the file. Gates read
// this and nothing below it. The reader accepts a strict subset of YAML, so that no two readers can
// disagree about a verdict: one `key: value` a line, plain or quoted, no anchors, tags, merge keys,
// flow or block values in a machine key, no duplicate key, valid UTF-8, no control characters, at
// most 64 KiB. Pure; any thread.
//
// What that means line by line:
//   - A line ends with \n alone. Empty lines and lines that start with `#` are skipped; a comment
//   after a
//     value is refused, because readers disagree about where it starts.
//   - A key is [A-Za-z_][A-Za-z0-9_-]*, at column 1, once; two keys that differ in case only are
//   duplicates.
//   - A value is plain, 'single quoted' ('' for a quote) or "double quoted" with \" \\ \n \t \xNN
//   \uNNNN; an
//     escape of a character that needs none is refused, so each value has one spelling.
//   - Invisible characters (no-break and zero-width spaces, direction marks, BOM) are refused
//   unless escaped.
//   - `key:` alone, null, `[a, b]`, `|` and `>` blocks, and one level of `- item` or indented `key:
//   value`
//     lines are kept as raw text: fine for people's fields, refused where a gate needs a word.
//     Deeper nesting and `{…}` are refused.
//   - Below the block, a second one is refused: directly behind it, or later outside a code fence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orc::artifacts {

inline constexpr std::size_t k_max_frontmatter_bytes = 64 * 1024;
inline constexpr std::size_t k_max_artifact_bytes = 4 * 1024 * 1024;

struct Field {
  std::string key;
  std::string value;
  int line = 0;  // 1-based, in the file
  bool structured =
      false;  // not one word or text: kept as raw text, refused where a gate needs a scalar
};

class Frontmatter {
 public:
  // `malformed` with "line N: …" for everything that is not canonical.
  static Result<Frontmatter> parse(std::string_view file);

  const Field* find(std::string_view key) const;
  // The value of a scalar field; `not_found` if absent, `malformed` with the line if it is
  // structured.
  Result<std::string> scalar(std::string_view key) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// `---` block with the fields in order, then an empty line and `body`. Values are quoted where the
// reader needs it; what this writes, parse() reads back equal (bytes that are not UTF-8 become
// U+FFFD). Keys must be valid and differ. A `---` in the body that would read as a second block is
// written as `***`.
std::string write_artifact(const std::vector<std::pair<std::string, std::string>>& fields,
                           std::string_view body);

}  // namespace orc::artifacts
