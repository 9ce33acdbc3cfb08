// SPDX-License-Identifier: Apache-2.0
#include "engine/llm_budget.h"

#include <algorithm>
#include <array>

namespace orc::engine {

namespace {

constexpr std::int64_t k_day_ms = 86'400'000;

const LlmLimits& of_role(const config::Config& config, Role role) {
  static const LlmLimits k_none;
  const auto found = config.roles.find(role);
  return found == config.roles.end() ? k_none : found->second.day_budget;
}

}  // namespace

bool has_llm_budget(const config::Config& config, Role role) {
  return config.llm.task_budget.any() || config.llm.day_budget.any() ||
         of_role(config, role).any();
}

LlmAmount llm_reservation(const config::Config& config, const ResolvedChain& chain) {
  Millis longest{0};
  for (const jobs::RequestLink& link : chain.links) longest = std::max(longest, link.timeout);
  if (longest <= Millis{0}) longest = config.max_running;
  return {.runs = 1,
          .tokens = config.llm.reserve_tokens,
          .cost_micro_usd = config.llm.reserve_cost_micro_usd,
          .wall_ms = longest.count()};
}

Result<std::optional<std::string>> exhausted_budget(store::Reader& reader,
                                                    const config::Config& config, const Job& job,
                                                    const LlmAmount& reserved, WallTime now) {
  const Role role = find_rule(job.stage)->role;
  const WallTime today{now.ms - now.ms % k_day_ms};
  const WallTime tomorrow{today.ms + k_day_ms};
  struct Row {
    std::string name;
    const LlmLimits& limits;
    store::LlmScope scope;
  };
  const std::array rows{
      Row{"llm.task_budget", config.llm.task_budget, {.task = job.task, .role = {}, .from = {}, .to = {}}},
      Row{"llm.day_budget", config.llm.day_budget, {.task = {}, .role = {}, .from = today, .to = tomorrow}},
      Row{"roles." + std::string(to_string(role)) + ".day_budget", of_role(config, role),
          {.task = {}, .role = role, .from = today, .to = tomorrow}}};
  for (const Row& row : rows) {
    if (!row.limits.any()) continue;
    ORC_TRY(const LlmAmount spent, reader.llm_spend(row.scope, reserved));
    if (const auto exceeded = first_exceeded(row.limits, spent, reserved)) {
      const std::string renews = row.scope.task ? "" : "; it renews at " + to_iso8601(tomorrow);
      return std::optional(row.name + "." + *exceeded + renews);
    }
  }
  return std::optional<std::string>();
}

void estimate_cost(AgentRun& run, const config::LlmSettings& settings) {
  const auto price = settings.prices.find(run.model);
  if (run.cost_usd || price == settings.prices.end()) return;
  run.cost_usd = cost_at(price->second, run);
  run.cost_estimated = run.cost_usd.has_value();
}

}  // namespace orc::engine
