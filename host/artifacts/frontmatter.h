// SPDX-License-Identifier: Apache-2.0
// The frontmatter block of an artifact: the first `---` … `---` at byte 0 of the file. Gates read this and
// nothing below it. The reader accepts a strict subset of YAML, so that no two readers can disagree about a
// verdict: one `key: value` a line, plain or quoted, no anchors, tags, merge keys, flow or block values in a
// machine key, no duplicate key, valid UTF-8, no control characters, at most 64 KiB. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orc::artifacts {

inline constexpr std::size_t k_max_frontmatter_bytes = 64 * 1024;
inline constexpr std::size_t k_max_artifact_bytes = 4 * 1024 * 1024;

struct Field {
  std::string key;
  std::string value;
  int line = 0;             // 1-based, in the file
  bool structured = false;  // a list or a nested block: kept as raw text, refused where a gate needs a scalar
};

class Frontmatter {
 public:
  // `malformed` with "line N: …" for everything that is not canonical.
  static Result<Frontmatter> parse(std::string_view file);

  const Field* find(std::string_view key) const;
  // The value of a scalar field; `not_found` if absent, `malformed` with the line if it is structured.
  Result<std::string> scalar(std::string_view key) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// `---` block with the fields in order, then an empty line and `body`. Values are quoted where the reader needs
// it; what this writes, parse() reads back equal.
std::string write_artifact(const std::vector<std::pair<std::string, std::string>>& fields, std::string_view body);

}  // namespace orc::artifacts
