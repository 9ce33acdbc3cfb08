// SPDX-License-Identifier: Apache-2.0
// The canon of a role's prompt: five sections in this order, prohibitions that say what to do
// instead, an escalation section for roles that decide, and no variable that nobody fills in. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/stage.h"

namespace orc {

struct PromptFinding {
  int line = 1;
  std::string problem;
  std::string fix;
};

// Everything that is wrong, in the order of the text.
std::vector<PromptFinding> check_prompt(std::string_view text, Role role);

// Its part about variables alone: what is filled in before an agent reads it, whoever it is.
std::vector<PromptFinding> check_prompt_variables(std::string_view text);

// Does a gate read a verdict of this role's artifact?
bool role_decides(Role role);

}  // namespace orc
