// SPDX-License-Identifier: Apache-2.0
// A task's timeline as lines, one for each thing that happened. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/text_views.h"

namespace orc::cli {

struct TimelineLine {
  std::string key;  // the same happening has the same key in every later answer
  std::string text;
};

std::vector<TimelineLine> timeline_lines(const Json& timeline);
// "$0.84"
std::string dollars(double amount);

}  // namespace orc::cli
