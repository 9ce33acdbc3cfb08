// SPDX-License-Identifier: Apache-2.0
// The coverage gate: one number out of the repository's own report, held against the baseline.
// Known reports: Cobertura XML, lcov, gcovr's JSON (full and summary), coverage.py's JSON. Pure;
// any thread.
#pragma once

#include <optional>
#include <string_view>

#include "gates/judgement.h"
#include "gates/settings.h"

namespace orc::gates {

// Covered lines in percent of those that could be. `malformed`: no known report, no line, or a
// number that is none.
Result<double> read_coverage(std::string_view report);

// `report`: nothing where the file is missing or too large.
struct CoverageInput {
  std::optional<std::string_view> report;
  std::string_view path;
  std::optional<double> baseline;
  double minimum = 0;
};
struct CoverageJudgement {
  Judgement judgement;
  std::optional<double> percent;
};
CoverageJudgement judge_coverage(const CoverageInput& input);

}  // namespace orc::gates
