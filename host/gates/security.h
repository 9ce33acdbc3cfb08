// SPDX-License-Identifier: Apache-2.0
// The security gate: what a scanner found, held against a threshold and the dated exceptions of the
// configuration. What the scanned code says about itself (suppressions in the source) counts for
// nothing. A scan that did not run to its end is never clean. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gates/judgement.h"
#include "gates/settings.h"

namespace orc::gates {

struct SecurityFinding {
  std::string rule;
  std::string path;
  int line = 0;
  Severity severity = Severity::medium;
  std::string message;
};

// SARIF 2.1.0. `malformed` also where the log says that the tool did not run to its end.
Result<std::vector<SecurityFinding>> read_sarif(std::string_view report);

struct ScanInput {
  const Scanner& scanner;
  int exit_code = 0;
  std::optional<std::string_view> sarif;  // nothing: missing or too large
  std::string_view last_lines;            // of its output, for people
  Severity threshold = Severity::high;
  const std::vector<Exception>& allowed;
  std::string_view today;  // YYYY-MM-DD
};
Judgement judge_scan(const ScanInput& input);

}  // namespace orc::gates
