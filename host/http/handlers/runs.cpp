// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/handlers/handlers.h"
#include "http/handlers/shared.h"
#include "http/views/usage.h"

namespace orc::http {

namespace {

constexpr std::string_view k_week = "168h";
constexpr std::int64_t k_day_ms = 86'400'000;

std::string query_text(const Request& request, const std::string& key, std::string_view otherwise) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string(otherwise) : found->second;
}

std::variant<std::vector<std::string>, Problem> dimensions_of(const Request& request) {
  std::vector<std::string> by = split_csv(query_text(request, "by", "role,stage,model"));
  for (const std::string& name : by) {
    if (!views::is_usage_dimension(name)) {
      return Problem{400, "invalid_parameter", "by: unknown word " + name,
                     "role, stage, model, effort"};
    }
  }
  return by;
}

Result<std::vector<views::BudgetUse>> budgets_today(store::Reader& reader,
                                                    const config::Config& config, WallTime now) {
  const WallTime today{now.ms - now.ms % k_day_ms};
  const LlmAmount unknown{.runs = 1,
                          .tokens = config.llm.reserve_tokens,
                          .cost_micro_usd = config.llm.reserve_cost_micro_usd,
                          .wall_ms = 0};
  store::LlmScope scope{.task = {}, .role = {}, .from = today, .to = WallTime{today.ms + k_day_ms}};
  std::vector<views::BudgetUse> uses;
  if (config.llm.day_budget.any()) {
    ORC_TRY(const LlmAmount spent, reader.llm_spend(scope, unknown));
    uses.push_back({"llm.day_budget", config.llm.day_budget, spent});
  }
  for (const auto& [role, settings] : config.roles) {
    if (!settings.day_budget.any()) continue;
    scope.role = role;
    ORC_TRY(const LlmAmount spent, reader.llm_spend(scope, unknown));
    uses.push_back({"roles." + std::string(to_string(role)) + ".day_budget", settings.day_budget, spent});
  }
  return uses;
}

}  // namespace

Result<Response> list_runs(const Services& services, const Request& request) {
  const auto before = query_number(request, {"before", 0, 0, INT64_MAX});
  if (const auto* problem = std::get_if<Problem>(&before)) return refuse(request, *problem);
  const auto limit = query_number(request, {"limit", k_default_page, 1, k_longest_page});
  if (const auto* problem = std::get_if<Problem>(&limit)) return refuse(request, *problem);
  store::RunFilter filter{.task = {},
                          .job = {},
                          .before = std::get<std::int64_t>(before),
                          .limit = static_cast<int>(std::get<std::int64_t>(limit))};
  ORC_TRY(const auto reader, services.readers.borrow());
  if (const std::string id = query_text(request, "task", ""); !id.empty()) {
    ORC_TRY(const auto task, reader->task(id));
    if (!task) return refuse(request, Problem{404, "task_not_found", "there is no task " + id});
    filter.task = task->id;
  }
  ORC_TRY(const auto runs, reader->runs(filter));
  return json_response(views::run_list(runs, static_cast<int>(runs.size()) == filter.limit));
}

Result<Response> show_run(const Services& services, const Request& request) {
  const JobId id{parse_integer(request.captured.at(0)).value_or(0)};
  ORC_TRY(const auto reader, services.readers.borrow());
  ORC_TRY(const auto job, reader->job(id));
  if (!job) return refuse(request, Problem{404, "run_not_found", "there is no run of that number"});
  ORC_TRY(const auto task, reader->task(job->task));
  ORC_TRY(const auto runs, reader->runs({.task = job->task, .job = id, .before = 0, .limit = k_longest_page}));
  return json_response(views::run_detail(*job, task ? task->work_item : "", runs));
}

Result<Response> llm_usage(const Services& services, const Request& request) {
  const auto by = dimensions_of(request);
  if (const auto* problem = std::get_if<Problem>(&by)) return refuse(request, *problem);
  const auto back = parse_duration_ms(query_text(request, "since", k_week));
  if (!back || *back <= 0) {
    return refuse(request, Problem{400, "invalid_parameter", "since must be a duration such as 24h"});
  }
  ORC_TRY(const engine::StatusPtr status, published_status(services));
  ORC_TRY(const auto reader, services.readers.borrow());
  const WallTime now = wall_now();
  views::Usage usage{.since = WallTime{std::max<std::int64_t>(now.ms - *back, 0)},
                     .by = std::get<std::vector<std::string>>(by),
                     .rows = {},
                     .verdicts = {},
                     .budgets = {}};
  ORC_TRY(usage.rows, reader->llm_usage(usage.since));
  ORC_TRY(usage.verdicts, reader->verdict_counts(usage.since));
  ORC_TRY(usage.budgets, budgets_today(*reader, status->generation->config, now));
  return json_response(views::usage(usage));
}

}  // namespace orc::http
