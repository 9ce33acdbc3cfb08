// SPDX-License-Identifier: Apache-2.0
// LLM runs, what they used, and which verdicts needed none. What is not known is null, never zero.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/views/views.h"

namespace orc::http::views {

struct BudgetUse {
  std::string name;  // as configured: "llm.day_budget"
  LlmLimits limits;
  LlmAmount spent;
};

struct Usage {
  WallTime since;
  std::vector<std::string> by;  // of is_usage_dimension
  std::vector<store::UsageRow> rows;
  std::vector<store::VerdictCount> verdicts;
  std::vector<BudgetUse> budgets;
};

// role, stage, model, effort
bool is_usage_dimension(std::string_view name);

Json usage(const Usage& usage);
Json run_list(const std::vector<store::RunRow>& runs, bool has_more);
Json run_detail(const Job& job, const std::string& work_item,
                const std::vector<store::RunRow>& runs);

}  // namespace orc::http::views
