// SPDX-License-Identifier: Apache-2.0
// Where a configured value comes from, and the findings that point there. One loading thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"

namespace orc::config {

// A place in one of the sources; the default is "nowhere": a built-in default.
struct Origin {
  int source = -1;  // index into Findings' sources, in order of precedence
  int line = 0;     // 1-based; 0 in a source without lines
  int column = 0;
  auto operator<=>(const Origin&) const = default;
};

enum class SourceKind : std::uint8_t { file, environment, command_line };

// Collects every finding of one load, and knows the sources' names.
class Findings {
 public:
  // Returns the index for Origin::source. `name` is a path, a variable's name, or "--set".
  int add_source(SourceKind kind, std::string name);

  void error(Origin origin, std::string_view key, std::string problem, std::string fix = "");
  void warning(Origin origin, std::string_view key, std::string problem, std::string fix = "");
  bool has_errors() const;

  // "FILE:LINE:COL", "ORCH_X", "--set", "default": for a finding.
  std::string where(Origin origin) const;
  // "FILE:LINE", "env ORCH_X", "--set", "default": for showing a value.
  std::string shown_source(Origin origin) const;

  // In the order of the sources, and within a file in the order of its lines.
  std::vector<Finding> sorted() const;

 private:
  void add(Finding::Severity severity, Origin origin, std::string_view key, std::string problem,
           std::string fix);

  std::vector<std::pair<SourceKind, std::string>> sources_;
  std::vector<std::pair<Origin, Finding>> found_;
};

}  // namespace orc::config
